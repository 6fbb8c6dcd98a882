"""The base class of Client and AsyncClient. It converts the requests that flows.py yields to httpx
requests, and httpx responses to answers. It reads every answer up to a limit.

The API key is sent in the header of API calls only. It is never in a repr, a log or an error, and
is not sent to the object store. If an answer repeats the key, it is redacted.
"""

import random as chance
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self, TypeVar

import httpx

from emo_client import limits, settings
from emo_client.decoding import codings
from emo_client.decoding.charset import text_of
from emo_client.errors import ConfigError
from emo_client.exchange import ApiRequest, DownloadRequest, HttpAnswer, NoAnswer, Runtime, Sink
from emo_client.secrecy import Secret

# No connection was made, so nothing was sent.
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)
BROKEN = (httpx.RequestError, httpx.InvalidURL)
TOO_SLOW = httpx.ReadTimeout("the answer came too slowly")
# Extra seconds for a whole exchange. The timeouts of httpx for each step then fire first; they show
# whether anything was sent.
GRACE = 0.1

Http = TypeVar("Http", httpx.Client, httpx.AsyncClient)


class Driver:
    """The settings of a client, and the conversion between httpx and the values of flows.py."""

    def __init__(
        self,
        api_key: str | None,
        base_url: str | None,
        timeout: float,
        clock: Callable[[], float] | None,
        now: Callable[[], float] | None,
        random: Callable[[], float] | None,
    ) -> None:
        self._key = Secret(settings.api_key(api_key))
        self.base_url = settings.base_url(base_url)
        try:
            _ = httpx.URL(self.base_url).host  # httpx decodes the host on access
        except (httpx.InvalidURL, ValueError) as error:  # ValueError: IDNA forbids the host
            raise ConfigError(f"base_url={self.base_url} is not a URL: {error}") from None
        self._timeout = settings.seconds("timeout", timeout)
        self._runtime = Runtime(
            clock=clock or time.monotonic,
            now=now or time.time,
            random=random or chance.random,
            hint=settings.hint(self.base_url),
        )

    def __repr__(self) -> str:
        base_url = getattr(self, "base_url", "not made yet")  # as in a traceback of __init__
        return f"<{type(self).__name__} {base_url}>"

    def _request(
        self, http: httpx.Client | httpx.AsyncClient, step: ApiRequest | DownloadRequest
    ) -> httpx.Request:
        if isinstance(step, DownloadRequest):
            return self._download_request(http, step)
        headers = {
            "Authorization": f"Bearer {self._key.reveal()}",
            "Accept": "application/json",
            "Accept-Encoding": codings.ACCEPTED,
        }
        return http.build_request(
            step.method,
            self.base_url + step.path,
            headers={**headers, **step.headers},
            content=step.body,
            timeout=self._limit(step),
        )

    def _download_request(
        self, http: httpx.Client | httpx.AsyncClient, step: DownloadRequest
    ) -> httpx.Request:
        try:
            limit = self._limit(step)
            request = http.build_request("GET", step.url, headers=step.headers, timeout=limit)
        except (httpx.InvalidURL, ValueError) as error:
            shown = step.url.partition("?")[0]
            raise ConfigError(f"url_or_task={shown!r} is not a URL: {error}") from None
        request.headers.pop("Authorization", None)  # a client given as http= may add one
        return request

    def _limit(self, step: ApiRequest | DownloadRequest) -> float:
        """Seconds for an answer of the API; in a download, for the headers and for each read."""
        return self._timeout if step.within is None else min(self._timeout, step.within)

    def _intake(self, step: ApiRequest | DownloadRequest, response: httpx.Response) -> "Intake":
        head = HttpAnswer(response.status_code, self._clean_headers(response.headers))
        now = self._runtime.clock()
        if isinstance(step, DownloadRequest):
            until = now + step.within
            return Intake(head, step.sink(head), limits.REFUSAL, until, self._runtime.clock)
        return Intake(head, None, limits.ANSWER, now + self._limit(step), self._runtime.clock)

    def _clean_headers(self, headers: httpx.Headers) -> Mapping[str, str]:
        return {name.lower(): self._key.clean(value) for name, value in headers.items()}

    def _answer(self, intake: "Intake") -> HttpAnswer:
        head, (body, is_cut) = intake.head, intake.body()
        body = self._clean_body(body, head.headers.get("content-type", ""))
        return HttpAnswer(head.status, head.headers, body, is_cut)

    def _clean_body(self, body: bytes, content_type: str) -> bytes:
        """The body without the key, as UTF-8 if the key was in it: UTF-16 spells it differently."""
        text = text_of(body, content_type) or ""
        clean = self._key.clean(text)
        if clean != text:
            return clean.encode("utf-8", "replace")
        is_utf8 = text.encode("utf-8", "replace") == body
        return body if is_utf8 else self._key.clean_bytes(body)

    def _no_answer(
        self, error: Exception, step: ApiRequest | DownloadRequest, intake: "Intake | None" = None
    ) -> NoAnswer:
        text = self._key.clean(str(error))
        reason = f"{type(error).__name__}{text and ': '}{text}"
        not_sent = isinstance(error, _NOT_SENT)
        if not_sent and isinstance(step, ApiRequest):
            reason += f" (base_url={self.base_url})"
        body = self._answer(intake).body if intake else b""
        return NoAnswer(reason, may_have_arrived=not not_sent, body=body)


class Intake:
    """Receives the body of one answer and writes it to a sink or keeps it in memory.

    most: bytes to keep in memory, compressed and decompressed. until: the deadline, by the clock.
    """

    def __init__(
        self,
        head: HttpAnswer,
        sink: Sink | None,
        most: int,
        until: float = float("inf"),
        clock: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.head, self.sink, self.memory = head, sink, bytearray()
        self.most, self.until, self.clock = most, until, clock

    def take(self, chunk: bytes) -> bool:
        """Keep a chunk; returns whether more is wanted. Raises ReadTimeout at the deadline."""
        if self.clock() > self.until:
            raise httpx.ReadTimeout(str(TOO_SLOW))
        if self.sink is not None:
            return self.sink.write(chunk)
        self.memory += chunk[: self.most + 1 - len(self.memory)]
        return len(self.memory) <= self.most

    def body(self) -> tuple[bytes, bool]:
        """The decompressed body, and whether it is larger than `most`; then only its beginning."""
        coding = self.head.headers.get("content-encoding", "")
        body, is_cut = codings.unpacked(bytes(self.memory[: self.most]), coding, self.most)
        is_cut = is_cut or len(self.memory) > self.most
        return body[: limits.REFUSAL] if is_cut else body, is_cut

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self.sink is not None:
            self.sink.close()


def new_http_client(make: Callable[[], Http]) -> Http:
    """A client of httpx, which takes proxies and certificates from the environment. Raises
    ConfigError without the text of httpx: a proxy's URL may contain a password.
    """
    proxies = "HTTP_PROXY, HTTPS_PROXY and ALL_PROXY"
    try:
        return make()
    except ImportError:
        problem = f"a proxy is socks://, which needs pip install httpx[socks]; look at {proxies}"
    except (ValueError, httpx.InvalidURL):
        problem = f"a proxy of the environment is not a usable URL; look at {proxies}"
    except OSError as error:
        problem = f"the certificates cannot be read ({error}); look at SSL_CERT_FILE"
    raise ConfigError(problem)


def refuse_both(transport: object, http: object) -> None:
    """Raises ConfigError if both transport= and http= are given."""
    if transport is not None and http is not None:
        raise ConfigError("give transport=… or http=…, not both")
