"""Portrait and voice to video.mp4 with the official SDK, 1.x on asyncio.

The SDK reads DASHSCOPE_HTTP_BASE_URL and DASHSCOPE_API_KEY when it is imported."""

import asyncio
from pathlib import Path

import aiohttp
import dashscope
from dashscope.client.base_api import BaseAsyncAioApi

SAMPLES = "https://help-static-aliyun-doc.aliyuncs.com/file-manage-files/zh-CN"
INPUT = {
    "image_url": f"{SAMPLES}/20250911/yhdvfg/emo-%E5%9B%BE%E7%89%87.png",
    "audio_url": f"{SAMPLES}/20250825/aejgyj/input_audio.mp3",
    "face_bbox": [302, 286, 610, 593],
    "ext_bbox": [71, 9, 840, 778],
}


async def main() -> None:
    done = await BaseAsyncAioApi.call(
        model="emo-v1",
        input=INPUT,
        task_group="aigc",
        task="image2video",
        function="video-synthesis",
        style_level="normal",
    )
    await dashscope.close_shared_aio_session()
    if done.status_code != 200:
        raise SystemExit(f"{done.code}: {done.message}")
    if done.output["task_status"] != "SUCCEEDED":
        raise SystemExit(f"the task did not succeed: {done.output}")
    async with (
        aiohttp.ClientSession(trust_env=True, raise_for_status=True) as session,
        session.get(done.output["results"]["video_url"]) as video,
    ):
        Path("video.mp4").write_bytes(await video.read())
    print(done.output["task_status"], done.usage, "video.mp4")


asyncio.run(main())
