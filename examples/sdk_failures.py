"""How each generation of the official SDK reports a failed task and a refused call."""

import dashscope
from dashscope.client.base_api import BaseAsyncApi
from dashscope.v2.resources._jobs import Jobs

AUDIO = "https://example.com/voice.mp3"
BOXES = {"face_bbox": [302, 286, 610, 593], "ext_bbox": [71, 9, 840, 778]}
EMO = {"task_group": "aigc", "task": "image2video", "function": "video-synthesis"}


def portrait(scenario: str) -> dict[str, object]:
    """An input whose picture URL asks for a scenario; the service ignores that part of a URL."""
    image = f"https://example.com/portrait.png?emo-scenario={scenario}"
    return {"image_url": image, "audio_url": AUDIO, **BOXES}


# 1.x returns both; a failed task is a 200 with its reason in `output`.
created = BaseAsyncApi.async_call(model="emo-v1", input=portrait("FAILED.InvalidURL"), **EMO)
failed = BaseAsyncApi.wait(created)
print("1.x task:", failed.status_code, failed.output["task_status"], failed.output["code"])

refused = BaseAsyncApi.async_call(model="emo-v1", input=portrait("Throttling.RateQuota"), **EMO)
print("1.x call:", refused.status_code, refused.code)

# 2.x raises both; it first repeats a call that was refused with a 429 or a 5xx.
with dashscope.Client(max_retries=0) as client:
    jobs = Jobs(client, "aigc/image2video/video-synthesis")
    try:
        jobs.wait(jobs.create(model="emo-v1", input=portrait("FAILED.InvalidURL")))
    except dashscope.v2.DashScopeError as error:
        print("2.x task:", error.status_code, error.code)
    try:
        jobs.create(model="emo-v1", input=portrait("Throttling.RateQuota"))
    except dashscope.v2.DashScopeError as error:
        print("2.x call:", error.status_code, error.code)
