#!/bin/sh
# Passes calls on to the fake and refuses those, and answers, that break the document.
npx @stoplight/prism-cli proxy openapi.yaml http://127.0.0.1:8787/api/v1 --port 4011 --errors
