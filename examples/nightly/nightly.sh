#!/bin/sh
# Each night: does the provider still keep the contract? Reads EMO_PROVIDER, the URL without /api/v1,
# DASHSCOPE_API_KEY, and PORTRAIT_URL and VOICE_URL, which a real provider must be able to fetch.
# The exit code is not 0 when something differs.
set -u
mkdir -p reports
code=0

# 1. Every check that the budget allows; known differences are accepted.
emo contract verify "$EMO_PROVIDER" --budget "${EMO_BUDGET:-1}" \
  --baseline emo-baseline.json --ledger emo-ledger.json \
  --report html=reports/contract.html --report junit=reports/contract.xml || code=$?

# 2. One video through the recorder, then the recording against the spec and the fake.
emo contract record --base-url "$EMO_PROVIDER" --port 8788 --force -o reports/night.json \
  2> reports/recorder.log &
recorder=$!
until grep -q http reports/recorder.log || ! kill -0 $recorder; do sleep 0.2; done
DASHSCOPE_HTTP_BASE_URL=http://127.0.0.1:8788/api/v1 emo generate -o reports/night.mp4 \
  --image "${PORTRAIT_URL:-https://example.com/portrait.png}" \
  --audio "${VOICE_URL:-https://example.com/voice.mp3}" || code=$?
kill $recorder
wait $recorder || code=$?
emo contract drift reports/night.json || code=$?
exit $code
