#!/bin/sh
# Saves a run in a file, and repeats it with the same answers in another process, without the fake.
set -eu
export DASHSCOPE_HTTP_BASE_URL="${DASHSCOPE_HTTP_BASE_URL:-http://127.0.0.1:8787/api/v1}"
export DASHSCOPE_API_KEY="${DASHSCOPE_API_KEY:-sk-local}"
base=$DASHSCOPE_HTTP_BASE_URL
mock=${base%/api/v1}
mock=${mock%/qwen}/__mock__

call() { curl -sS -H "Authorization: Bearer $DASHSCOPE_API_KEY" -H 'Content-Type: application/json' "$@"; }

call -o reset.json -X POST "$mock/reset" # the run begins here
call -o scenarios.json -X PUT "$mock/scenarios" -d '{"operation":"getTask","nth":2,"do":"truncated"}'
task=$(emo create --image https://example.com/portrait.png --audio https://example.com/voice.mp3 \
  --face 302,286,610,593 --ext 71,9,840,778)
for poll in 1 2 3; do
  call -o "poll-$poll.json" "$base/tasks/$task"
done

call -o run.json "$mock/bundle"
emo reproduce run.json

# If the first poll had been answered differently, emo reproduce would report it.
sed 's/"status":200/"status":500/4' run.json > other.json
emo reproduce other.json || echo "exit code $?"
