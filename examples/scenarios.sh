#!/bin/sh
# Three ways to ask for a scenario. `emo scenarios` lists the names.
set -eu
base=${DASHSCOPE_HTTP_BASE_URL:-http://127.0.0.1:8787/api/v1}
key=${DASHSCOPE_API_KEY:-sk-local}

call() { curl -sS -w '\n' -H "Authorization: Bearer $key" -H 'Content-Type: application/json' "$@"; }
detection() { echo '{"model":"emo-detect-v1","input":{"image_url":"'"$1"'"}}'; }

# By a header: for this call only.
call "$base/services/aigc/image2video/face-detect" -H 'X-Mock-Scenario: Throttling.RateQuota' \
  -d "$(detection https://example.com/portrait.png)"

# By the URL of the picture: works with clients that cannot set headers.
call "$base/services/aigc/image2video/face-detect" \
  -d "$(detection 'https://example.com/portrait.png?emo-scenario=InvalidFile.FacePose')"

# By the key: for every call of that key to which the name applies, here every poll.
key=sk-local+getTask:InternalError
call "$base/tasks/a8532587-fa8c-4ef8-82be-3a1b7c5d9e20"

# An unknown name gets a 400 that lists similar names.
key=sk-local+Throtling
call "$base/tasks"
