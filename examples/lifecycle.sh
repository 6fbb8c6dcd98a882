#!/bin/sh
# Portrait and voice to video.mp4 with curl and sed.
set -eu
base=${DASHSCOPE_HTTP_BASE_URL:-http://127.0.0.1:8787/api/v1}
key=${DASHSCOPE_API_KEY:-sk-local}
samples=https://help-static-aliyun-doc.aliyuncs.com/file-manage-files/zh-CN
image=$samples/20250911/yhdvfg/emo-%E5%9B%BE%E7%89%87.png
audio=$samples/20250825/aejgyj/input_audio.mp3

call() { curl -sS -H "Authorization: Bearer $key" -H 'Content-Type: application/json' "$@"; }
text() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
box() { sed -n "s/.*\"$1\":\(\[[^]]*\]\).*/\1/p"; }

# 1. Detect the face. This call answers at once and must not have X-DashScope-Async.
found=$(call "$base/services/aigc/image2video/face-detect" \
  -d '{"model":"emo-detect-v1","input":{"image_url":"'"$image"'"},"parameters":{"ratio":"1:1"}}')
echo "$found"
face=$(echo "$found" | box face_bbox)
ext=$(echo "$found" | box ext_bbox)

# 2. Create the task. This call must have X-DashScope-Async.
created=$(call "$base/services/aigc/image2video/video-synthesis" \
  -H 'X-DashScope-Async: enable' \
  -d '{"model":"emo-v1","input":{"image_url":"'"$image"'","audio_url":"'"$audio"'","face_bbox":'"$face"',"ext_bbox":'"$ext"'},"parameters":{"style_level":"normal"}}')
echo "$created"
task=$(echo "$created" | text task_id)

# 3. Poll until the task has ended.
while :; do
  answer=$(call "$base/tasks/$task")
  echo "$answer"
  case $(echo "$answer" | text task_status) in
    PENDING | RUNNING) sleep 2 ;;
    SUCCEEDED) break ;;
    *) exit 1 ;;
  esac
done

# 4. Download the video; its URL is signed and needs no key.
curl -sS -o video.mp4 "$(echo "$answer" | text video_url)"
