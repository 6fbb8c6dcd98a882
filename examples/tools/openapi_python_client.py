"""The client that openapi-python-client makes, from a portrait and a voice to a video."""

import os

from dash_scope_emo_client import AuthenticatedClient
from dash_scope_emo_client.api.emo import create_video_task, detect_face, get_task
from dash_scope_emo_client.api.tasks import list_tasks
from dash_scope_emo_client.models import (
    CreateRequest,
    CreateVideoTaskXDashScopeAsync,
    DetectRequest,
    TaskStatus,
)

base, key = os.environ["DASHSCOPE_HTTP_BASE_URL"], os.environ["DASHSCOPE_API_KEY"]
PORTRAIT = "https://example.com/portrait.png"
VOICE = "https://example.com/voice.wav"
ENABLE = CreateVideoTaskXDashScopeAsync.ENABLE

with AuthenticatedClient(base_url=base, token=key) as client:
    ask = DetectRequest.from_dict({"model": "emo-detect-v1", "input": {"image_url": PORTRAIT}})
    found = detect_face.sync(client=client, body=ask).output
    boxes = {"face_bbox": found.face_bbox, "ext_bbox": found.ext_bbox}
    media = {"image_url": PORTRAIT, "audio_url": VOICE, **boxes}
    order = CreateRequest.from_dict({"model": "emo-v1", "input": media})
    task = create_video_task.sync(client=client, body=order, x_dash_scope_async=ENABLE).output
    while task.task_status in (TaskStatus.PENDING, TaskStatus.RUNNING):
        task = get_task.sync(task.task_id, client=client).output
    print(task.task_status.value, task.results.video_url)
    print(list_tasks.sync(client=client, page_size=1).data[0].gmt_create, "ms since 1970")
