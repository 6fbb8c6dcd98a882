"""The client that openapi-generator makes, from a portrait and a voice to a video."""

import os

from openapi_client import ApiClient, Configuration, EmoApi, TasksApi, TaskStatus

base, key = os.environ["DASHSCOPE_HTTP_BASE_URL"], os.environ["DASHSCOPE_API_KEY"]
PORTRAIT = "https://example.com/portrait.png"
VOICE = "https://example.com/voice.wav"

with ApiClient(Configuration(host=base, access_token=key)) as client:
    emo, tasks = EmoApi(client), TasksApi(client)
    found = emo.detect_face({"model": "emo-detect-v1", "input": {"image_url": PORTRAIT}}).output
    boxes = {"face_bbox": found.face_bbox, "ext_bbox": found.ext_bbox}
    body = {"model": "emo-v1", "input": {"image_url": PORTRAIT, "audio_url": VOICE, **boxes}}
    task = emo.create_video_task("enable", body).output
    while task.task_status in (TaskStatus.PENDING, TaskStatus.RUNNING):
        task = emo.get_task(task.task_id).output
    print(task.task_status.value, task.results.video_url)
    print(tasks.list_tasks(page_size=1).data[0].gmt_create, "ms since 1970")
