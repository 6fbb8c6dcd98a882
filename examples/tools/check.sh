#!/bin/sh
set -e
npx @redocly/cli lint openapi.yaml
echo 'extends: spectral:oas' > spectral.yaml
npx @stoplight/spectral-cli lint openapi.yaml --ruleset spectral.yaml --fail-severity hint
