"""Portrait and voice to video.mp4 with the official SDK, 2.x.

Client() reads DASHSCOPE_BASE_URL or DASHSCOPE_HTTP_BASE_URL, and DASHSCOPE_API_KEY."""

from pathlib import Path

import dashscope
import httpx
from dashscope.v2.resources._jobs import Jobs

SAMPLES = "https://help-static-aliyun-doc.aliyuncs.com/file-manage-files/zh-CN"
INPUT = {
    "image_url": f"{SAMPLES}/20250911/yhdvfg/emo-%E5%9B%BE%E7%89%87.png",
    "audio_url": f"{SAMPLES}/20250825/aejgyj/input_audio.mp3",
    "face_bbox": [302, 286, 610, 593],
    "ext_bbox": [71, 9, 840, 778],
}

with dashscope.Client() as client:
    jobs = Jobs(client, "aigc/image2video/video-synthesis")
    job = jobs.create(model="emo-v1", input=INPUT, parameters={"style_level": "normal"})
    job = jobs.wait(job)  # raises when the task failed or was canceled
    if not job.succeeded:
        raise SystemExit(f"the task did not succeed: {job.output}")

video = httpx.get(job.output["results"]["video_url"], timeout=60).raise_for_status()
Path("video.mp4").write_bytes(video.content)
print(job.status, job.usage.video_duration, "video.mp4")
