#!/bin/sh
openapi-python-client generate --path openapi.yaml --output-path emo-client
