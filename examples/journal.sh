#!/bin/sh
# Shows why a call was refused, which states of a task its polls saw, and the calls themselves.
set -eu
export DASHSCOPE_HTTP_BASE_URL="${DASHSCOPE_HTTP_BASE_URL:-http://127.0.0.1:8787/api/v1}"
export DASHSCOPE_API_KEY="${DASHSCOPE_API_KEY:-sk-local}"
base=$DASHSCOPE_HTTP_BASE_URL
mock=${base%/api/v1}
mock=${mock%/qwen}/__mock__

call() { curl -sS -H "Authorization: Bearer $DASHSCOPE_API_KEY" -H 'Content-Type: application/json' "$@"; }

echo '# Why was this call refused?'
call -w '\n' "$base/services/aigc/image2video/face-detect" \
  -d '{"model":"emo-detect-v1","input":{"image_url":"https://example.com/portrait.png"},"parameters":{"ratio":"4:3"}}'
emo explain

echo '# The second poll of this task is answered 429.'
call -o scenarios.json -X PUT "$mock/scenarios" \
  -d '{"name":"busy","operation":"getTask","nth":2,"do":"Throttling.RateQuota"}'
task=$(emo create --image https://example.com/portrait.png --audio https://example.com/voice.mp3 \
  --face 302,286,610,593 --ext 71,9,840,778)
for poll in 1 2 3; do
  call -o "poll-$poll.json" "$base/tasks/$task"
done
emo journal --task "$task"

echo '# The refused calls; one of them sent again; all calls, for a browser.'
emo journal --status 4xx
emo journal --operation getTask --status 4xx --curl > again.sh
sh again.sh > again.json
emo journal --har -o journal.har
