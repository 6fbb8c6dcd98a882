#!/bin/sh
set -e
npx redocly lint openapi.yaml
echo 'extends: spectral:oas' > spectral.yaml
npx spectral lint openapi.yaml --ruleset spectral.yaml --fail-severity hint
