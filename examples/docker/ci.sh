#!/bin/sh
# A CI job on any system: sh ci.sh COMMAND runs the tests beside the fake, and shows the calls when
# the tests fail. Needs the fake (pip install) and curl.
set -eu
emo serve --port 8787 --time skip --log text 2> fake.log &
fake=$!
trap 'kill $fake' EXIT
curl --silent --show-error --fail --output health.json --retry 50 --retry-delay 1 \
  --retry-connrefused http://127.0.0.1:8787/__mock__/health

export DASHSCOPE_HTTP_BASE_URL=http://127.0.0.1:8787/api/v1 DASHSCOPE_API_KEY=sk-ci
"$@" || {
  code=$?
  trap - EXIT
  kill $fake
  wait $fake || true  # only then is its log complete
  cat fake.log
  exit $code
}
