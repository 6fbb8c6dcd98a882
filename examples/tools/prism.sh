#!/bin/sh
# Answers with the examples of the document; each call is independent of the others.
npx @stoplight/prism-cli mock openapi.yaml --port 4010
