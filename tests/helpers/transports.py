"""The official SDK, unmodified, behind one interface: each class uses one of its transports as a
user would and returns an Answer. Only sleeping is replaced; see `without_sleep`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import dashscope
import pytest
from dashscope.aigc.video_synthesis import AioVideoSynthesis
from dashscope.client.base_api import BaseAioApi, BaseApi, BaseAsyncAioApi, BaseAsyncApi
from dashscope.v2.errors import check_response
from dashscope.v2.resources._jobs import AsyncJobs, Jobs

IMAGE = (
    "https://help-static-aliyun-doc.aliyuncs.com/file-manage-files/zh-CN/20250911/yhdvfg/"
    "emo-%E5%9B%BE%E7%89%87.png"
)
AUDIO = (
    "https://help-static-aliyun-doc.aliyuncs.com/file-manage-files/zh-CN/20250825/aejgyj/"
    "input_audio.mp3"
)
BOXES = {"face_bbox": [302, 286, 610, 593], "ext_bbox": [71, 9, 840, 778]}
INPUT = {"image_url": IMAGE, "audio_url": AUDIO, **BOXES}
FAILING = {**INPUT, "image_url": IMAGE + "?emo-scenario=FAILED.InvalidURL"}

PATH = {"task_group": "aigc", "task": "image2video"}
DETECT_PATH = "/services/aigc/image2video/face-detect"
JOBS_SERVICE = "aigc/image2video/video-synthesis"


class Answer(NamedTuple):
    """An answer as the SDK returns it. `code` and `message` are those of the top level; a failed
    task has its own in `output`."""

    status: int
    code: str
    message: str
    output: Any
    usage: Any
    request_id: str


def without_sleep(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Replace sleeping in all modules of the SDK; returns the list of the seconds that they would
    have slept. `time` and `asyncio` themselves are unchanged, because the server runs in this
    process."""
    slept: list[float] = []

    async def asleep(seconds: float) -> None:
        slept.append(seconds)

    clock = SimpleNamespace(time=time.time, monotonic=time.monotonic, sleep=slept.append)
    for module in ("client.base_api", "v2.resources._jobs", "v2.transport.http"):
        monkeypatch.setattr(f"dashscope.{module}.time", clock)
        monkeypatch.setattr(f"dashscope.{module}.asyncio", SimpleNamespace(sleep=asleep))
    return slept


class Requests:
    """1.x on requests: BaseApi and BaseAsyncApi."""

    detector: Any = BaseApi
    api: Any = BaseAsyncApi

    def __init__(self, base_url: str, key: str | None) -> None:
        self.base_url, self.key = base_url, key

    def detect(self, image_url: str = IMAGE, ratio: str = "1:1") -> Answer:
        return self._ask(
            lambda: self.detector.call(
                model="emo-detect-v1",
                input={"image_url": image_url},
                function="face-detect",
                ratio=ratio,
                **PATH,
            )
        )

    def create(self, inputs: dict[str, Any] = INPUT, **parameters: Any) -> Answer:
        return self._ask(lambda: self._create(inputs, parameters))

    def _create(self, inputs: dict[str, Any], parameters: dict[str, Any]) -> Any:
        return self.api.async_call(
            model="emo-v1", input=inputs, function="video-synthesis", **PATH, **parameters
        )

    def wait(self, task_id: str) -> Answer:
        return self._ask(lambda: self.api.wait(task_id))

    def fetch(self, task_id: str) -> Answer:
        return self._ask(lambda: self.api.fetch(task_id))

    def cancel(self, task_id: str) -> Answer:
        return self._ask(lambda: self.api.cancel(task_id))

    def list(self, **query: Any) -> Answer:
        return self._ask(lambda: self.api.list(**query))

    def close(self) -> None:
        dashscope.close_shared_sync_session()

    def _ask(self, call: Callable[[], Any]) -> Answer:
        dashscope.base_http_api_url, dashscope.api_key = self.base_url, self.key
        return self._answer(call())

    @staticmethod
    def _answer(response: Any) -> Answer:
        return Answer(
            response.status_code,
            response.code or "",
            response.message or "",
            response.output,
            response.usage,
            response.request_id,
        )


class Video(Requests):
    """1.x on requests: VideoSynthesis, which adds fields of its own to the input."""

    api = dashscope.VideoSynthesis

    def _create(self, inputs: dict[str, Any], parameters: dict[str, Any]) -> Any:
        extra = {name: value for name, value in inputs.items() if name != "audio_url"}
        return self.api.async_call(
            model="emo-v1",
            task="image2video",
            audio_url=inputs["audio_url"],
            extra_input=extra,
            **parameters,
        )


class Aiohttp(Requests):
    """1.x on aiohttp: BaseAioApi and BaseAsyncAioApi."""

    detector = BaseAioApi
    api = BaseAsyncAioApi

    def __init__(self, base_url: str, key: str | None) -> None:
        super().__init__(base_url, key)
        self._runner = asyncio.Runner()

    def close(self) -> None:
        self._runner.run(dashscope.close_shared_aio_session())
        self._runner.close()
        super().close()

    def _ask(self, call: Callable[[], Any]) -> Answer:
        async def ask() -> Any:
            return await call()

        return super()._ask(lambda: self._runner.run(ask()))


class AioVideo(Aiohttp):
    """1.x on aiohttp: AioVideoSynthesis."""

    api = AioVideoSynthesis
    _create = Video._create


class Httpx(Requests):
    """2.x on httpx: dashscope.Client and Jobs. Its exceptions are returned as an Answer."""

    def __init__(self, base_url: str, key: str | None) -> None:
        super().__init__(base_url, key)
        self.client = dashscope.Client(api_key=key, base_url=base_url)
        self.jobs = Jobs(self.client, JOBS_SERVICE, "aigc")

    def detect(self, image_url: str = IMAGE, ratio: str = "1:1") -> Answer:
        return self._ask(lambda: self._detect(image_url, ratio))

    def _detect(self, image_url: str, ratio: str) -> Any:
        body = {"model": "emo-detect-v1", "input": {"image_url": image_url}}
        body["parameters"] = {"ratio": ratio}
        response = self.client.transport.request("POST", DETECT_PATH, json=body)
        check_response(response)
        return response.json()

    def _create(self, inputs: dict[str, Any], parameters: dict[str, Any]) -> Any:
        return self.jobs.create(model="emo-v1", input=inputs, parameters=parameters or None)

    def wait(self, task_id: str) -> Answer:
        return self._ask(lambda: self.jobs.wait(task_id))

    def fetch(self, task_id: str) -> Answer:
        return self._ask(lambda: self.jobs.fetch(task_id))

    def cancel(self, task_id: str) -> Answer:
        return self._ask(lambda: self.jobs.cancel(task_id))

    def list(self, **query: Any) -> Answer:
        return self._ask(lambda: self.jobs.list(**query))

    def close(self) -> None:
        self.client.close()

    def _ask(self, call: Callable[[], Any]) -> Answer:
        try:
            response = call()
        except dashscope.v2.DashScopeError as error:
            response = {**(error.body or {}), "status": error.status_code}
            response.setdefault("request_id", error.request_id)
        if not isinstance(response, dict):
            dumped = response.model_dump()
            usage = response.usage.model_dump(exclude_none=True) if dumped.get("usage") else None
            output = getattr(response, "output", dumped)
            return Answer(
                200, response.code or "", response.message or "", output, usage, response.request_id
            )
        return Answer(
            response.get("status", 200),
            response.get("code", ""),
            response.get("message", ""),
            response.get("output"),
            response.get("usage"),
            response["request_id"],
        )


class AsyncHttpx(Httpx):
    """2.x on httpx: dashscope.AsyncClient and AsyncJobs."""

    def __init__(self, base_url: str, key: str | None) -> None:
        self._runner = asyncio.Runner()
        self.client = dashscope.AsyncClient(api_key=key, base_url=base_url)
        self.jobs = AsyncJobs(self.client, JOBS_SERVICE, "aigc")

    async def _detect(self, image_url: str, ratio: str) -> Any:
        body = {"model": "emo-detect-v1", "input": {"image_url": image_url}}
        body["parameters"] = {"ratio": ratio}
        response = await self.client.transport.request("POST", DETECT_PATH, json=body)
        check_response(response)
        return response.json()

    def close(self) -> None:
        self._runner.run(self.client.aclose())
        self._runner.close()

    def _ask(self, call: Callable[[], Any]) -> Answer:
        return super()._ask(lambda: self._runner.run(call()))


TRANSPORTS = (Requests, Video, Aiohttp, AioVideo, Httpx, AsyncHttpx)
