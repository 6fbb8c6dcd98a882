#!/bin/sh
# It needs Java or Docker; the pip package openapi-generator-cli contains the program.
openapi-generator-cli generate -i openapi.yaml -g python -o emo-python
openapi-generator-cli generate -i openapi.yaml -g typescript-fetch -o emo-typescript
