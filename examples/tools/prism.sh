#!/bin/sh
# Answers with the examples of the document; each call stands alone.
npx @stoplight/prism-cli mock openapi.yaml --port 4010
