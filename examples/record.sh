#!/bin/sh
# Records a task, compares the recording with the spec and the fake, and answers from it.
set -eu
export DASHSCOPE_API_KEY="${DASHSCOPE_API_KEY:-sk-local}"
ready() { until grep -q http "$1"; do sleep 0.1; done; }
make_video() {
  task=$(emo create --image https://example.com/portrait.png --audio https://example.com/voice.mp3 \
    --face 302,286,610,593 --ext 71,9,840,778)
  emo wait "$task"
}

# The fake in place of the service, so that it costs nothing. For the service give the recorder
# --base-url https://dashscope.aliyuncs.com/api/v1
emo serve --port 8787 --time skip 2> fake.log &
fake=$!
trap 'kill $fake' EXIT
ready fake.log

emo contract record --base-url http://127.0.0.1:8787 --port 8788 -o task.json 2> record.log &
recorder=$!
ready record.log
DASHSCOPE_HTTP_BASE_URL=http://127.0.0.1:8788/api/v1 make_video
kill $recorder
wait $recorder
tail -n 1 record.log

emo contract drift task.json

kill $fake
wait $fake
emo serve --port 8787 --time skip --replay task.json 2> fake.log &
fake=$!
ready fake.log
DASHSCOPE_HTTP_BASE_URL=http://127.0.0.1:8787/api/v1 make_video
