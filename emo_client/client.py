"""Client: runs the flows with httpx. The flows make all decisions; AsyncClient runs the same."""

import time
from collections.abc import Callable
from contextlib import closing
from typing import Concatenate, ParamSpec, Self, TypeVar

import httpx

from emo_client import flows
from emo_client.downloads.download import download
from emo_client.driver import Driver, describe
from emo_client.exchange import Flow, Outcome, Runtime
from emo_client.intake import BROKEN, Intake
from emo_client.time_limit import bound_reads, time_limit
from emo_client.waiting import wait

T = TypeVar("T")
Arguments = ParamSpec("Arguments")


def operation(
    flow: Callable[Concatenate[Runtime, Arguments], Flow[T]],
) -> Callable[Concatenate["Client", Arguments], T]:
    """A method of Client that runs this flow."""

    def method(self: "Client", /, *args: Arguments.args, **named: Arguments.kwargs) -> T:
        return self._run(flow(self._runtime, *args, **named))

    describe(method, flow)
    return method


class Client(Driver[httpx.Client, httpx.BaseTransport, Callable[[float], object]]):
    """A client of the EMO API. A context manager.

    api_key: the API key; default: the variable DASHSCOPE_API_KEY.
    base_url: the URL with /api/v1; default: DASHSCOPE_HTTP_BASE_URL, else the service in Beijing.
    timeout: seconds for one whole request and its answer (0.1 s more at most), also if they come
        byte by byte; in a download, seconds for the headers and for each read. Two things are not
        bounded by the whole: looking up the name of the host, which the system limits, and
        connecting, which may take that long for each address of the host. An answer of more than
        4 MiB, compressed or not, raises UnexpectedAnswer.
    http: an httpx client to use; close() does not close it. A connection that it opened for its
        owner is bounded for each read only. transport: an httpx transport to use.
    sleep, clock, now, random: for tests: a function that sleeps, a monotonic clock in s, the time
        since 1970 in s, and random numbers in [0, 1).

    Raises ConfigError for an invalid key or base URL. Each operation may raise ConnectionFailed,
    APIError or UnexpectedAnswer. httpx takes proxies from the environment.
    """

    _kind = httpx.Client
    _default_sleep = staticmethod(time.sleep)

    detect = operation(flows.detect)
    create = operation(flows.create)
    get = operation(flows.get)
    wait = operation(wait)
    cancel = operation(flows.cancel)
    list = operation(flows.list_tasks)
    generate = operation(flows.generate)
    download = operation(download)

    def close(self) -> None:
        """Close the connections. A client given as http=… stays open."""
        if self._own:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, flow: Flow[T]) -> T:
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
                    outcome = self._exchange(step)
                else:
                    self._sleep(step)

    def _exchange(self, request: httpx.Request) -> Outcome:
        intake = Intake(self._runtime, request)
        request.extensions["trace"] = bound_reads
        try:
            with time_limit(intake.left):
                self._receive(intake)
        except BROKEN as error:
            return intake.failure(error)
        return intake.answer()

    def _receive(self, intake: Intake) -> None:
        http = self._http
        response = http.send(intake.request, stream=True, auth=None, follow_redirects=False)
        with closing(response), closing(intake):
            intake.begin(response)
            # The response of a mock transport is read and decompressed already.
            is_read = response.is_stream_consumed
            for chunk in response.iter_bytes() if is_read else response.iter_raw():
                if not intake.take(chunk):
                    break
