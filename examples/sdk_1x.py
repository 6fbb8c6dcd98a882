"""Portrait and voice to video.mp4 with the official SDK, 1.x.

The SDK reads DASHSCOPE_HTTP_BASE_URL and DASHSCOPE_API_KEY when it is imported."""

from pathlib import Path

import requests
from dashscope.client.base_api import BaseApi, BaseAsyncApi

SAMPLES = "https://help-static-aliyun-doc.aliyuncs.com/file-manage-files/zh-CN"
IMAGE = f"{SAMPLES}/20250911/yhdvfg/emo-%E5%9B%BE%E7%89%87.png"
AUDIO = f"{SAMPLES}/20250825/aejgyj/input_audio.mp3"
path = {"task_group": "aigc", "task": "image2video"}

found = BaseApi.call(
    model="emo-detect-v1",
    input={"image_url": IMAGE},
    function="face-detect",
    ratio="1:1",
    **path,
)
if found.status_code != 200:
    raise SystemExit(f"detection: {found.code}: {found.message}")
if not found.output["check_pass"]:
    raise SystemExit(f"the portrait was rejected: {found.output}")

created = BaseAsyncApi.async_call(
    model="emo-v1",
    input={
        "image_url": IMAGE,
        "audio_url": AUDIO,
        "face_bbox": found.output["face_bbox"],
        "ext_bbox": found.output["ext_bbox"],
    },
    function="video-synthesis",
    style_level="normal",
    **path,
)
if created.status_code != 200:
    raise SystemExit(f"creation: {created.code}: {created.message}")

done = BaseAsyncApi.wait(created)
if done.status_code != 200:
    raise SystemExit(f"poll: {done.code}: {done.message}")
if done.output["task_status"] != "SUCCEEDED":
    raise SystemExit(f"the task did not succeed: {done.output}")

video = requests.get(done.output["results"]["video_url"], timeout=60)
video.raise_for_status()
Path("video.mp4").write_bytes(video.content)
print(done.output["task_status"], done.usage, "video.mp4")
