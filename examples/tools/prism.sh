#!/bin/sh
# Answers with the examples of the document; each call stands alone.
npx prism mock openapi.yaml --port 4010
