#!/bin/sh
# Moves the clock of one key, shows its tasks and deletes them, by the control API.
set -eu
base=${DASHSCOPE_HTTP_BASE_URL:-http://127.0.0.1:8787/api/v1}
key=${DASHSCOPE_API_KEY:-sk-local}
mock=${base%/api/v1}
mock=${mock%/qwen}/__mock__

call() { curl -sS -w '\n' -H "Authorization: Bearer $key" -H 'Content-Type: application/json' "$@"; }
text() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
create() {
  call "$base/services/aigc/image2video/video-synthesis" -H 'X-DashScope-Async: enable' \
    -d '{"model":"emo-v1","input":{"image_url":"https://example.com/portrait.png","audio_url":"https://example.com/voice.mp3","face_bbox":[302,286,610,593],"ext_bbox":[71,9,840,778]}}' |
    text task_id
}

call "$mock/reset" -d '{}'              # this key's tasks are gone, its clock is new
call "$mock/clock" -d '{"freeze":true}' # its time stands still

# Only a PENDING task can be canceled; with the clock frozen it stays PENDING.
task=$(create)
call -X POST "$base/tasks/$task/cancel"
call "$base/tasks/$task"

# Take a task through all its states without waiting.
task=$(create)
call "$mock/clock" -d '{"next_event":true}' # it starts
call "$base/tasks/$task"
call "$mock/clock" -d '{"next_event":true}' # it ends
call "$base/tasks/$task"
call "$mock/state"

# A day later the task is UNKNOWN.
call "$mock/clock" -d '{"advance":86400}'
call "$base/tasks/$task"
call "$mock/reset" -d '{}'
