"""Downloads a video, completely or not at all. The API key is never sent to the object store.

The missing part is requested again as long as answers bring new bytes; partial_file.py keeps the
received bytes. Time, bytes, redirects and tries of a download are limited.
"""

import os
from pathlib import Path

import httpx

from emo_client import errors, limits, retry
from emo_client.downloads import video
from emo_client.downloads.address import address_of, bare, forbidden, joined, unsigned
from emo_client.downloads.object_store import Refusal, is_over, way_on
from emo_client.downloads.partial_file import PartialFile
from emo_client.downloads.target import target_of
from emo_client.exchange import Flow, Outcome, Runtime
from emo_client.models import TaskAnswer
from emo_client.settings import at_least_1, seconds

# Statuses of object stores and caches that refuse the rest of a video. Then all of it is requested.
_NO_REST = (304, 412, 416)
_REDIRECTS = (301, 302, 303, 307, 308)
# Seconds for the last try, at the deadline.
_LAST_TRY = 1.0


def download(
    runtime: Runtime,
    url_or_task: str | TaskAnswer,
    path: str | os.PathLike[str],
    *,
    timeout: float = limits.DOWNLOAD,
    max_bytes: int = limits.VIDEO,
) -> Flow[Path]:
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
    url, target = address_of(url_or_task), target_of(path)
    limit, most = seconds("timeout", timeout), at_least_1("max_bytes", max_bytes)
    fetch = _Fetch(runtime, url, PartialFile(target, url, most), limit)
    while True:
        outcome = yield from fetch.attempt()
        if fetch.is_whole(outcome):
            fetch.part.finish()
            return Path(path)
        yield fetch.pause(outcome)


class _Fetch:
    """The state of a download: the current URL, the partial file and the result of the last try.

    problem: why the last try failed; "" if its answer is an error with its own text. end: why there
    is no further try; "" if there may be one. late: text for the error after the deadline, else "".
    """

    def __init__(self, runtime: Runtime, url: str, part: PartialFile, timeout: float) -> None:
        self.runtime, self.part, self.timeout = runtime, part, timeout
        self.urls = [url]  # the last one is requested; each before it redirected
        self.deadline = runtime.clock() + timeout
        self.failures, self.brought = 0, part.size()
        self.expected: int | None = None
        self.accepted = False
        self.kind = self.problem = self.end = self.late = ""

    def attempt(self) -> Flow[Outcome]:
        """Request the missing part, and follow redirects."""
        while True:
            self.problem, self.accepted = "", False
            outcome: Outcome = yield self._request(self.urls[-1])
            self.part.check()
            if not self._is_redirected(outcome):
                return outcome

    def _request(self, url: str) -> httpx.Request:
        """The request for the missing part, without the key. Raises ConfigError."""
        within = max(self._left(), _LAST_TRY)
        try:
            request = self.runtime.http.build_request(
                "GET",
                url,
                headers=self._headers(),
                timeout=min(self.runtime.timeout, within),
                extensions={"sink": self._sink, "within": within},
            )
        except (httpx.InvalidURL, ValueError) as error:
            shown = url.partition("?")[0]
            raise errors.ConfigError(f"url_or_task={shown!r} is not a URL: {error}") from None
        request.headers.pop("Authorization", None)  # a client given as http= may add one
        return request

    def is_whole(self, outcome: Outcome) -> bool:
        """Whether the video is complete. If not, sets `problem` or `end`."""
        if self.accepted and self.part.is_too_large():
            self.end = self._too_large("it has")
        elif self.accepted and self._has_end(outcome):
            self.problem = video.wrong_content(self.part.path, self.kind)
            if not self.problem:
                return True
            self.part.discard()
        elif isinstance(outcome, errors.ConnectionFailed):
            self.problem = self.problem or outcome.reason
        elif self.accepted:
            self.problem = f"{self.part.size()} of {self.expected} bytes came"
            if self.part.size() > (self.expected or 0):
                self.part.discard()
        return False

    def _has_end(self, outcome: Outcome) -> bool:
        """Whether the last byte arrived; without a known length, whether the answer ended."""
        if self.expected is None:
            return isinstance(outcome, httpx.Response)
        return self.expected == self.part.size()

    def pause(self, outcome: Outcome) -> float:
        """Seconds until the next try. Raises DownloadFailed if there is none."""
        now = self.runtime.now()
        if not self.end:
            self._count()
            again = outcome
            if self.problem or _may_appear(outcome, self.urls[0], now):
                again = errors.ConnectionFailed("", self.problem, may_have_arrived=True)
            wait = retry.delay(self.failures, again, self.runtime.random, now=now)
            if wait is not None and wait < self._left():
                return wait
            if wait is not None:
                self.late = f"; it was not complete after {self.timeout:g} s: raise timeout=…"
        raise _failure(outcome, self, now)

    def _count(self) -> None:
        """Count the tries in a row that brought too few bytes. With one byte per try a download
        would never end."""
        size = self.part.size()
        least = min(limits.PROGRESS, (self.expected or limits.PROGRESS * 100) // 100)
        if size - self.brought >= max(least, 1):
            self.failures, self.brought = 1, size
        else:
            self.failures += 1

    def _left(self) -> float:
        return self.deadline - self.runtime.clock()

    def _headers(self) -> dict[str, str]:
        """Headers that request the rest of the same video, uncompressed: a compressed body cannot
        be continued."""
        headers, size = {"Accept-Encoding": "identity"}, self.part.size()
        if size:
            headers["Range"] = f"bytes={size}-"
        if size and self.part.etag:
            headers["If-Range"] = f'"{self.part.etag}"'
        return headers

    def _sink(self, head: httpx.Response) -> PartialFile | None:
        """The file for the body of this answer; None if the body is not a part of the video."""
        size = self.part.size()
        if size and head.status_code in _NO_REST:
            self.problem = f"the request for the rest was answered {head.status_code}"
            self.part.discard()
        if self.problem or head.status_code not in (200, 206):
            return None
        self.problem = video.wrong_type(head)
        if self.problem:
            return None  # a later try may continue the partial file
        is_rest = head.status_code == 206
        self.problem = self._wrong_rest(head) if is_rest else video.wrong_length(head)
        if self.problem or self._is_beyond(head):
            self.part.discard()
            return None
        self.accepted, self.kind = True, video.type_of(head)
        if size and is_rest:
            self.part.go_on()
        else:
            self.part.begin(video.strong_etag(head))
        return self.part

    def _wrong_rest(self, head: httpx.Response) -> str:
        """Why a 206 cannot continue the partial file; "" if it can."""
        given, size = video.range_of(head), self.part.size()
        if given is None or given[0] != size:
            shown = head.headers.get("content-range", "no range")[:60]
            return f"the video from byte {size} on was requested, but the answer has {shown}"
        etag = video.strong_etag(head)
        is_other = bool(etag and self.part.etag and etag != self.part.etag)
        is_longer = size > 0 and self.expected not in (None, given[1])
        return "the video changed during the download" if is_other or is_longer else ""

    def _is_beyond(self, head: httpx.Response) -> bool:
        """Set the expected length. Ends the download if that is more than the limit."""
        whole = video.range_of(head) if head.status_code == 206 else None
        self.expected = whole[1] if whole else video.length_of(head)
        if self.expected is not None and self.expected > self.part.most:
            self.end = self._too_large(f"it has {self.expected} bytes,")
        return bool(self.end)

    def _too_large(self, found: str) -> str:
        self.part.discard()
        return f"{found} more than {self.part.most} bytes: raise max_bytes=…"

    def _is_redirected(self, outcome: Outcome) -> bool:
        """Whether the answer redirects to another URL. A forbidden redirect ends the download."""
        if not isinstance(outcome, httpx.Response) or outcome.status_code not in _REDIRECTS:
            return False
        location = joined(self.urls[-1], outcome.headers.get("location", ""))
        self.end = forbidden(location, self.urls)
        self.urls += [] if self.end else [location]
        return not self.end


def _may_appear(answer: Outcome, url: str, now: float) -> bool:
    """Whether the store may get the object soon: a task may end shortly before its video exists."""
    if isinstance(answer, errors.ConnectionFailed):
        return False
    return Refusal.of(answer).is_missing() and not is_over(url, answer, now)


def _failure(outcome: Outcome, fetch: _Fetch, now: float) -> errors.DownloadFailed:
    """The error for the last try, from the answer of the object store or from the failure."""
    url = fetch.urls[0]
    summary = f"the video at {bare(url)} could not be downloaded"
    if isinstance(outcome, errors.ConnectionFailed) or fetch.problem or fetch.end:
        kept = "; call again to download the rest" if fetch.part.size() and not fetch.end else ""
        problem = unsigned(fetch.end or fetch.problem, fetch.urls)
        return errors.DownloadFailed(f"{summary}: {problem}{fetch.late}{kept}")
    refusal = Refusal.of(outcome)
    code, message = (unsigned(one, fetch.urls) for one in (refusal.code, refusal.message))
    reason = ": ".join(filter(None, [code, message])) or "no reason given"
    over = refusal.has_expired() or is_over(url, outcome, now)
    advice = "a video is kept for 24 h, so it must be made again" if over else way_on(refusal, url)
    kind = errors.ResultExpired if over else errors.DownloadFailed
    text = "; ".join(filter(None, [f"{summary}: {refusal.status} {reason}", advice])) + fetch.late
    named = refusal.request_id
    return kind(text, status=refusal.status, code=code, message=message, request_id=named)
