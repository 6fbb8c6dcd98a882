#!/bin/sh
set -e
npx openapi-typescript openapi.yaml --output emo.d.ts
npx @hey-api/openapi-ts --input openapi.yaml --output emo-hey-api --no-log-file
npx orval --input openapi.yaml --output emo-orval.ts --client fetch
