"""Client: acts out what the flows decide, over httpx. It decides nothing; nor does AsyncClient."""

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
from emo_client.time_limit import TimeLimit, TooSlow, within

T = TypeVar("T")


class Client(Driver):
    """The EMO API, called and waited for. A context manager.

    api_key: else the variable DASHSCOPE_API_KEY.
    base_url: with its /api/v1; else DASHSCOPE_HTTP_BASE_URL, else the service in Beijing.
    timeout: seconds for the whole of one exchange with the API, which is made on a thread of its
        own to keep to it; of a download, for its head and for each read. An answer of more than
        4 MiB, as it comes or unpacked, is UnexpectedAnswer.
    http: an httpx client to use, not closed here. transport: an httpx transport to use instead.
    sleep, clock, now, random: what to wait with, a monotonic clock in s, the time since 1970 in s
        and chance in [0, 1). Defaults serve users, arguments serve tests.

    Raises ConfigError for a key or base URL that cannot work. Any call may raise ConnectionFailed,
    APIError and UnexpectedAnswer. Proxies are as httpx takes them from the environment.
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
        """Find the face in a picture. Synchronous; charged whether or not it passes (PRICE).

        image_url: http, https or oss; JPG, JPEG, PNG, BMP or WEBP, sides of 400 to 7000 px (DET-2).
        ratio: of ext_bbox, `1:1` (head) or `3:4` (half body).
        Raises FaceRejected, for a 200 without check_pass (DET-2) as for a 400 (S2VT).
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
        """Create a task that makes a video. Charged by the second of a video that is made (PRICE).

        audio_url: WAV or MP3, not over 15 MB and 60 s (EMO-3). face_bbox, ext_bbox: as detect
        answered them. style_level: `normal`, `calm` or `active`; None leaves it to the service.
        Never sent twice unless the first surely did not arrive; after ConnectionFailed with
        may_have_arrived, look at list() first. Where an answer that cannot be used names the task,
        its id is in the error, as task_id.
        """
        boxes = face_bbox, ext_bbox
        flow = flows.create(self._runtime, image_url, audio_url, *boxes, style_level, model=model)
        return self._run(flow)

    def get(self, task_id: str) -> TaskAnswer:
        """Ask how a task is. In any state, FAILED and UNKNOWN too, it is returned (CNB)."""
        return self._run(flows.get(self._runtime, task_id))

    def wait(
        self, task_id: str, timeout: float = 1800.0, on_update: OnUpdate | None = None
    ) -> TaskAnswer:
        """Poll a task until it SUCCEEDED and return it, with output.results.video_url.

        timeout: seconds, finite and above 0. on_update: called after each answered poll with the
        task and the seconds since the wait began. Pauses grow from 0.5 to 15 s (S2V). Lost
        connections, 408, 429 and 5xx are outlasted until the deadline, and three answers in a row
        that are not JSON; Retry-After is kept to.
        Raises TaskFailed, TaskCanceled, TaskUnknown or TaskTimeout; the last one ends the wait,
        not the task.
        """
        return self._run(flows.wait(self._runtime, task_id, timeout, on_update))

    def cancel(self, task_id: str) -> CancelAnswer:
        """Cancel a task that is PENDING; in another state it is InvalidRequest (TASK, CNB)."""
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
        """A page of the tasks of the last 24 h, newest first.

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
        """Detect, create and wait, as those do. timeout: seconds for the wait."""
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
        """Fetch a video to a file, whole or not at all, and return its path. Lives 24 h (EMO-3).

        path: a file in a folder that exists; one that is there is replaced at the end, a symlink is
        followed, and what is no regular file is refused. timeout: seconds for the whole download.
        max_bytes: a larger video is refused, before its first byte where its length is known.
        What a broken connection or an earlier call left is continued; four tries in a row that each
        bring less than 64 KiB (of a small video: less than a hundredth) end the download. At most
        5 redirects are followed, none from https to http. The key is not sent.
        Raises ResultExpired, DownloadFailed; OSError when the file cannot be written, of which
        nothing is left then.
        """
        flow = download(self._runtime, url_or_task, path, timeout=timeout, max_bytes=max_bytes)
        return self._run(flow)

    def close(self) -> None:
        """Close the connections, unless http=… was given."""
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
            return within(limit, partial(self._answered, step, limit))
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
                    # The response of a mock was read, and unpacked, already.
                    is_read = response.is_stream_consumed
                    for chunk in response.iter_bytes() if is_read else response.iter_raw():
                        if limit.is_given_up or not intake.take(chunk):
                            break
                except BROKEN as error:
                    return self._no_answer(error, step, intake)
                return self._answer(intake)
