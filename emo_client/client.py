"""Client: runs the flows with httpx. The flows make all decisions; AsyncClient runs the same."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
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
from emo_client.time_limit import TimeLimit, TooSlow, run_within

T = TypeVar("T")


class Client(Driver):
    """A client of the EMO API. A context manager.

    api_key: the API key; default: the variable DASHSCOPE_API_KEY.
    base_url: the URL with /api/v1; default: DASHSCOPE_HTTP_BASE_URL, else the service in Beijing.
    timeout: seconds for one whole request and its answer (each request runs in its own thread, so
        that it can be abandoned); in a download, seconds for the headers and for each read. An
        answer of more than 4 MiB, compressed or not, raises UnexpectedAnswer.
    http: an httpx client to use; close() does not close it. transport: an httpx transport to use.
    sleep, clock, now, random: for tests: a function that sleeps, a monotonic clock in s, the time
        since 1970 in s, and random numbers in [0, 1).

    Raises ConfigError for an invalid key or base URL. Each operation may raise ConnectionFailed,
    APIError or UnexpectedAnswer. httpx takes proxies from the environment.
    """

    def __init__(
        self,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
        http: httpx.Client | None = None,
        sleep: Callable[[float], object] | None = None,
        clock: Callable[[], float] | None = None,
        now: Callable[[], float] | None = None,
        random: Callable[[], float] | None = None,
    ) -> None:
        super().__init__(api_key, base_url, timeout, clock, now, random)
        refuse_both(transport, http)
        self._http = http or new_http_client(lambda: httpx.Client(transport=transport))
        self._own = http is None
        self._sleep = sleep or time.sleep

    def detect(
        self, image_url: str, ratio: str | None = "1:1", *, model: str = DETECT_MODEL
    ) -> Face:
        """Find the face in a picture. Charged even if the picture is rejected (PRICE).

        image_url: http, https or oss; JPG, JPEG, PNG, BMP or WEBP, sides of 400 to 7000 px (DET-2).
        ratio: ratio of ext_bbox: `1:1` (head) or `3:4` (half body).
        Raises FaceRejected for a rejected picture: a 200 without check_pass (DET-2), or a 400 as a
        sibling model sends (S2VT).
        """
        return self._run(flows.detect(self._runtime, image_url, ratio, model=model))

    def create(
        self,
        image_url: str,
        audio_url: str,
        face_bbox: Sequence[int],
        ext_bbox: Sequence[int],
        style_level: str | None = None,
        *,
        model: str = VIDEO_MODEL,
    ) -> TaskCreated:
        """Create a task that makes a video. The price depends on the seconds of video (PRICE).

        audio_url: WAV or MP3, at most 15 MB and 60 s (EMO-3). face_bbox, ext_bbox: the boxes from
        detect(). style_level: `normal`, `calm` or `active`; None uses the default of the service.
        The request is repeated only if it certainly did not reach the service. After
        ConnectionFailed with may_have_arrived, check list() before you create again. If an
        unusable answer contains the id of the task, the error has it as task_id.
        """
        boxes = face_bbox, ext_bbox
        flow = flows.create(self._runtime, image_url, audio_url, *boxes, style_level, model=model)
        return self._run(flow)

    def get(self, task_id: str) -> TaskAnswer:
        """Return a task in its current state, FAILED and UNKNOWN included (CNB)."""
        return self._run(flows.get(self._runtime, task_id))

    def wait(
        self, task_id: str, timeout: float = 1800.0, on_update: OnUpdate | None = None
    ) -> TaskAnswer:
        """Poll a task until it SUCCEEDED, and return it with output.results.video_url.

        timeout: seconds, finite and above 0. on_update: called after each answered poll with the
        task and the seconds since the wait began. Pauses grow from 0.5 to 15 s (S2V). Until the
        deadline the wait retries lost connections, 408, 429 and 5xx, and up to three answers in a
        row that are not JSON. It respects Retry-After.
        Raises TaskFailed, TaskCanceled, TaskUnknown or TaskTimeout. After TaskTimeout the task
        goes on.
        """
        return self._run(flows.wait(self._runtime, task_id, timeout, on_update))

    def cancel(self, task_id: str) -> CancelAnswer:
        """Cancel a PENDING task. Raises InvalidRequest for any other state (TASK, CNB)."""
        return self._run(flows.cancel(self._runtime, task_id))

    def list(
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
        """Return a page of the tasks of the last 24 h, newest first.

        start_time, end_time: `YYYYMMDDhhmmss` in UTC+8, at most 24 h apart (TASK). page_no: from 1.
        """
        filters = {"task_id": task_id, "start_time": start_time, "end_time": end_time}
        filters |= {"model_name": model_name, "status": status, "region": region}
        pages = {"api_key_id": api_key_id, "page_no": page_no, "page_size": page_size}
        return self._run(flows.list_tasks(self._runtime, **filters, **pages))

    def generate(
        self,
        image_url: str,
        audio_url: str,
        ratio: str = "1:1",
        style_level: str | None = None,
        timeout: float = 1800.0,
        on_update: OnUpdate | None = None,
    ) -> TaskAnswer:
        """Call detect(), create() and wait(). timeout: seconds for the wait."""
        options = style_level, timeout, on_update
        return self._run(flows.generate(self._runtime, image_url, audio_url, ratio, *options))

    def download(
        self,
        url_or_task: str | TaskAnswer,
        path: str | PathLike[str],
        *,
        timeout: float = limits.DOWNLOAD,
        max_bytes: int = limits.VIDEO,
    ) -> Path:
        """Download a video to a file, completely or not at all, and return the path.

        The service keeps a video for 24 h (EMO-3). path: a file in an existing folder. An existing
        file is replaced at the end; a symlink is followed; anything but a regular file is refused.
        timeout: seconds for the whole download. max_bytes: a larger video is refused, before its
        first byte if its length is known. The download continues after a broken connection and
        after an unfinished earlier call. It ends after four tries in a row that each bring less
        than 64 KiB (or less than 1 % of a small video). At most 5 redirects are followed, none from
        https to http. The API key is not sent.
        Raises ResultExpired, DownloadFailed, and OSError if the file cannot be written; then no
        partial file is left.
        """
        flow = download(self._runtime, url_or_task, path, timeout=timeout, max_bytes=max_bytes)
        return self._run(flow)

    def close(self) -> None:
        """Close the connections. A client given as http=… stays open."""
        if self._own:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
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
                if isinstance(step, Sleep):
                    self._sleep(step.seconds)
                else:
                    outcome = self._exchange(step)

    def _exchange(self, step: ApiRequest | DownloadRequest) -> Outcome:
        limit = TimeLimit(self._limit(step) + GRACE)
        try:
            return run_within(limit, partial(self._answered, step, limit))
        except BROKEN as error:
            return self._no_answer(error, step)
        except TooSlow:
            return self._no_answer(TOO_SLOW, step)

    def _answered(self, step: ApiRequest | DownloadRequest, limit: TimeLimit) -> Outcome:
        request = self._request(self._http, step)
        response = self._http.send(request, stream=True, auth=None, follow_redirects=False)
        with closing(response):
            if isinstance(step, DownloadRequest):
                limit.restart(step.within + GRACE)
            with self._intake(step, response) as intake:
                try:
                    # The response of a mock transport is read and decompressed already.
                    is_read = response.is_stream_consumed
                    for chunk in response.iter_bytes() if is_read else response.iter_raw():
                        if limit.is_given_up or not intake.take(chunk):
                            break
                except BROKEN as error:
                    return self._no_answer(error, step, intake)
                return self._answer(intake)
