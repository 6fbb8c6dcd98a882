"""The answer to a create is lost on its way. How many tasks are there, and who pays for them?

The SDK reads DASHSCOPE_HTTP_BASE_URL and DASHSCOPE_API_KEY when it is imported."""

import os

import httpx
from dashscope.client.base_api import BaseAsyncApi

from emo_client import Client, ConnectionFailed

BASE_URL, KEY = os.environ["DASHSCOPE_HTTP_BASE_URL"], os.environ["DASHSCOPE_API_KEY"]
IMAGE, AUDIO = "https://example.com/portrait.png", "https://example.com/voice.mp3"
FACE, AREA = [302, 286, 610, 593], [71, 9, 840, 778]
fake = httpx.Client(
    base_url=httpx.URL(BASE_URL).join("/"), headers={"Authorization": f"Bearer {KEY}"}
)


def lose_the_first_answer() -> None:
    """The first create is carried out; then its connection is reset before the answer."""
    fake.post("/__mock__/reset").raise_for_status()
    rule = {"operation": "createVideoTask", "first": 1, "do": "lost"}
    fake.put("/__mock__/scenarios", json={"scenarios": [rule]}).raise_for_status()


def print_bill(client: str) -> None:
    """A video is charged when its task has succeeded, so an hour passes first."""
    fake.post("/__mock__/clock", json={"advance": 3600}).raise_for_status()
    tasks = fake.get("/api/v1/tasks").json()["total"]
    bill = fake.get("/__mock__/usage").json()
    print(f"{client}; tasks: {tasks}, cost: {bill['total']} {bill['currency']}")


with fake, Client() as client:
    lose_the_first_answer()
    created = BaseAsyncApi.async_call(
        model="emo-v1",
        input={"image_url": IMAGE, "audio_url": AUDIO, "face_bbox": FACE, "ext_bbox": AREA},
        task_group="aigc",
        task="image2video",
        function="video-synthesis",
    )
    print_bill(f"dashscope 1.x answers {created.status_code}")

    lose_the_first_answer()
    try:
        client.create(IMAGE, AUDIO, FACE, AREA)
    except ConnectionFailed as error:
        print_bill(f"emo_client raises {type(error).__name__}")
