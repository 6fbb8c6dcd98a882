"""AsyncClient: runs the same flows as Client, with httpx and asyncio."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import aclosing, closing
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import httpx

from emo_client import flows
from emo_client.downloads.download import download
from emo_client.driver import Driver, describe
from emo_client.exchange import Flow, Outcome, Runtime
from emo_client.intake import BROKEN, Intake
from emo_client.time_limit import too_slow
from emo_client.waiting import wait

T = TypeVar("T")
Arguments = ParamSpec("Arguments")


def operation(
    flow: Callable[Concatenate[Runtime, Arguments], Flow[T]],
) -> Callable[Concatenate["AsyncClient", Arguments], Coroutine[Any, Any, T]]:
    """A coroutine method of AsyncClient that runs this flow."""

    async def method(self: "AsyncClient", /, *args: Arguments.args, **named: Arguments.kwargs) -> T:
        return await self._run(flow(self._runtime, *args, **named))

    describe(method, flow)
    return method


class AsyncClient(
    Driver[httpx.AsyncClient, httpx.AsyncBaseTransport, Callable[[float], Awaitable[object]]]
):
    """A client for asyncio, with the arguments and operations of Client as coroutines.

    sleep: a coroutine function. timeout: for one whole request and its answer, connecting included.
    It belongs to the event loop of its first call: make one for each asyncio.run(). A download
    writes its file from the event loop, chunk by chunk.
    """

    _kind = httpx.AsyncClient
    _default_sleep = staticmethod(asyncio.sleep)

    detect = operation(flows.detect)
    create = operation(flows.create)
    get = operation(flows.get)
    wait = operation(wait)
    cancel = operation(flows.cancel)
    list = operation(flows.list_tasks)
    generate = operation(flows.generate)
    download = operation(download)

    async def close(self) -> None:
        """Close the connections. A client given as http=… stays open."""
        if self._own:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
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
                if isinstance(step, httpx.Request):
                    outcome = await self._exchange(step)
                else:
                    await self._sleep(step)

    async def _exchange(self, request: httpx.Request) -> Outcome:
        intake = Intake(self._runtime, request)
        limit = asyncio.timeout(intake.left())
        try:
            async with limit:
                await self._receive(intake, limit)
        except BROKEN as error:
            return intake.failure(error)
        except TimeoutError:
            if not limit.expired():
                raise
            return intake.failure(too_slow())
        return intake.answer()

    async def _receive(self, intake: Intake, limit: asyncio.Timeout) -> None:
        http = self._http
        response = await http.send(intake.request, stream=True, auth=None, follow_redirects=False)
        async with aclosing(response):
            with closing(intake):
                intake.begin(response)
                limit.reschedule(asyncio.get_running_loop().time() + intake.left())
                # The response of a mock transport is read and decompressed already.
                is_read = response.is_stream_consumed
                async for chunk in response.aiter_bytes() if is_read else response.aiter_raw():
                    if not intake.take(chunk):
                        break
