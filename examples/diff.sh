#!/bin/sh
# Compares two versions of a small API. Needs no server and no network.
set -eu
cat > v1.yaml << 'END'
openapi: 3.1.0
paths:
  /videos:
    post:
      operationId: createVideo
      requestBody: {content: {application/json: {schema: {properties: {style: {enum: [calm, active]}}}}}}
      responses: {'200': {content: {application/json: {schema: {properties: {state: {enum: [WAITING, DONE]}}}}}}}
END
sed -e 's/active/active, wild/' -e 's/WAITING/WAITING, PAUSED/' v1.yaml > v2.yaml

emo contract diff v1.yaml v2.yaml || echo "exit code $?"
