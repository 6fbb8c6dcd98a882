"""AsyncClient: runs the same flows as Client, with httpx and asyncio."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing, closing
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import httpx

from emo_client import flows, limits
from emo_client.downloads.download import download
from emo_client.driver import BROKEN, GRACE, TOO_SLOW, Driver, new_http_client, refuse_both
from emo_client.exchange import ApiRequest, DownloadRequest, Flow, Outcome, Sleep
from emo_client.flows import Face, OnUpdate
from emo_client.models import (
    DETECT_MODEL,
    VIDEO_MODEL,
    CancelAnswer,
    TaskAnswer,
    TaskCreated,
    TaskList,
)

T = TypeVar("T")


class AsyncClient(Driver):
    """A client for asyncio, with the arguments and operations of Client as coroutines.

    sleep: a coroutine function. A download writes its file from the event loop, chunk by chunk.
    """

    def __init__(
        self,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float = 30.0,
        transport: httpx.AsyncBaseTransport | None = None,
        http: httpx.AsyncClient | None = None,
        sleep: Callable[[float], Awaitable[object]] | None = None,
        clock: Callable[[], float] | None = None,
        now: Callable[[], float] | None = None,
        random: Callable[[], float] | None = None,
    ) -> None:
        super().__init__(api_key, base_url, timeout, clock, now, random)
        refuse_both(transport, http)
        self._http = http or new_http_client(lambda: httpx.AsyncClient(transport=transport))
        self._own = http is None
        self._sleep = sleep or asyncio.sleep

    async def detect(
        self, image_url: str, ratio: str | None = "1:1", *, model: str = DETECT_MODEL
    ) -> Face:
        """See Client.detect."""
        return await self._run(flows.detect(self._runtime, image_url, ratio, model=model))

    async def create(
        self,
        image_url: str,
        audio_url: str,
        face_bbox: Sequence[int],
        ext_bbox: Sequence[int],
        style_level: str | None = None,
        *,
        model: str = VIDEO_MODEL,
    ) -> TaskCreated:
        """See Client.create."""
        boxes = face_bbox, ext_bbox
        flow = flows.create(self._runtime, image_url, audio_url, *boxes, style_level, model=model)
        return await self._run(flow)

    async def get(self, task_id: str) -> TaskAnswer:
        """See Client.get."""
        return await self._run(flows.get(self._runtime, task_id))

    async def wait(
        self, task_id: str, timeout: float = 1800.0, on_update: OnUpdate | None = None
    ) -> TaskAnswer:
        """See Client.wait."""
        return await self._run(flows.wait(self._runtime, task_id, timeout, on_update))

    async def cancel(self, task_id: str) -> CancelAnswer:
        """See Client.cancel."""
        return await self._run(flows.cancel(self._runtime, task_id))

    async def list(
        self,
        task_id: str | None = None,
        start_time: str | None = None,
        end_time: str | None = None,
        model_name: str | None = None,
        status: str | None = None,
        region: str | None = None,
        api_key_id: str | None = None,
        page_no: int = 1,
        page_size: int = 10,
    ) -> TaskList:
        """See Client.list."""
        filters = {"task_id": task_id, "start_time": start_time, "end_time": end_time}
        filters |= {"model_name": model_name, "status": status, "region": region}
        pages = {"api_key_id": api_key_id, "page_no": page_no, "page_size": page_size}
        return await self._run(flows.list_tasks(self._runtime, **filters, **pages))

    async def generate(
        self,
        image_url: str,
        audio_url: str,
        ratio: str = "1:1",
        style_level: str | None = None,
        timeout: float = 1800.0,
        on_update: OnUpdate | None = None,
    ) -> TaskAnswer:
        """See Client.generate."""
        options = style_level, timeout, on_update
        return await self._run(flows.generate(self._runtime, image_url, audio_url, ratio, *options))

    async def download(
        self,
        url_or_task: str | TaskAnswer,
        path: str | PathLike[str],
        *,
        timeout: float = limits.DOWNLOAD,
        max_bytes: int = limits.VIDEO,
    ) -> Path:
        """See Client.download."""
        flow = download(self._runtime, url_or_task, path, timeout=timeout, max_bytes=max_bytes)
        return await self._run(flow)

    async def close(self) -> None:
        """See Client.close."""
        if self._own:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self.close()

    async def _run(self, flow: Flow[T]) -> T:
        outcome: Outcome | None = None
        with closing(flow):
            while True:
                try:
                    step = flow.send(outcome)
                except StopIteration as end:
                    result: T = end.value
                    return result
                outcome = None
                if isinstance(step, Sleep):
                    await self._sleep(step.seconds)
                else:
                    outcome = await self._exchange(step)

    async def _exchange(self, step: ApiRequest | DownloadRequest) -> Outcome:
        limit = asyncio.timeout(self._limit(step) + GRACE)
        try:
            async with limit:
                return await self._answered(step, limit)
        except BROKEN as error:
            return self._no_answer(error, step)
        except TimeoutError:
            if not limit.expired():
                raise
            return self._no_answer(TOO_SLOW, step)

    async def _answered(
        self, step: ApiRequest | DownloadRequest, limit: asyncio.Timeout
    ) -> Outcome:
        request = self._request(self._http, step)
        sent = self._http.send(request, stream=True, auth=None, follow_redirects=False)
        response = await sent
        async with aclosing(response):
            if isinstance(step, DownloadRequest):
                limit.reschedule(asyncio.get_running_loop().time() + step.within + GRACE)
            with self._intake(step, response) as intake:
                try:
                    # The response of a mock transport is read and decompressed already.
                    is_read = response.is_stream_consumed
                    chunks = response.aiter_bytes() if is_read else response.aiter_raw()
                    async for chunk in chunks:
                        if not intake.take(chunk):
                            break
                except BROKEN as error:
                    return self._no_answer(error, step, intake)
                return self._answer(intake)
