#!/bin/sh
# Forwards calls to the fake, and refuses calls and answers that do not match the document.
npx @stoplight/prism-cli proxy openapi.yaml http://127.0.0.1:8787/api/v1 --port 4011 --errors
