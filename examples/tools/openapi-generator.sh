#!/bin/sh
# Java or Docker runs it; pip's package openapi-generator-cli brings the program.
openapi-generator-cli generate -i openapi.yaml -g python -o emo-python
openapi-generator-cli generate -i openapi.yaml -g typescript-fetch -o emo-typescript
