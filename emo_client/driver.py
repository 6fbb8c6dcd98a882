"""What Client and AsyncClient share: requests out of steps, outcomes out of what httpx does. No
answer is read beyond a limit.

The key lives here and goes nowhere but into the header of calls of the API: not into a repr, a log
or an error, and not to where results are kept. Answers that echo it are cleaned of it.
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
# Seconds that a whole exchange has beyond its limit, so that the limits of httpx for each step of
# it, which know whether anything was sent, are heard first.
GRACE = 0.1

Http = TypeVar("Http", httpx.Client, httpx.AsyncClient)


class Driver:
    """The settings of a client, and the values between httpx and the flows."""

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
            _ = httpx.URL(self.base_url).host  # decoded when it is asked for
        except (httpx.InvalidURL, ValueError) as error:  # the latter of a host that IDNA forbids
            raise ConfigError(f"base_url={self.base_url} is no URL: {error}") from None
        self._timeout = settings.seconds("timeout", timeout)
        self._runtime = Runtime(
            clock=clock or time.monotonic,
            now=now or time.time,
            random=random or chance.random,
            hint=settings.hint(self.base_url),
        )

    def __repr__(self) -> str:
        base_url = getattr(self, "base_url", "not made yet")  # a traceback shows one without
        return f"<{type(self).__name__} {base_url}>"

    def _request(
        self, http: httpx.Client | httpx.AsyncClient, step: ApiRequest | DownloadRequest
    ) -> httpx.Request:
        if isinstance(step, DownloadRequest):
            return self._fetching(http, step)
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

    def _fetching(
        self, http: httpx.Client | httpx.AsyncClient, step: DownloadRequest
    ) -> httpx.Request:
        try:
            limit = self._limit(step)
            request = http.build_request("GET", step.url, headers=step.headers, timeout=limit)
        except (httpx.InvalidURL, ValueError) as error:
            shown = step.url.partition("?")[0]
            raise ConfigError(f"url_or_task={shown!r} is no URL: {error}") from None
        request.headers.pop("Authorization", None)  # of an http= that has one of its own
        return request

    def _limit(self, step: ApiRequest | DownloadRequest) -> float:
        """Seconds for an answer of the API; of a download for its head, and for each read."""
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
        """In UTF-8 where the key had to be taken out: in UTF-16 its bytes are others."""
        text = text_of(body, content_type) or ""
        clean = self._key.clean(text)
        if clean != text:
            return clean.encode("utf-8", "replace")
        is_the_same = text.encode("utf-8", "replace") == body
        return body if is_the_same else self._key.clean_bytes(body)

    def _no_answer(
        self, error: Exception, step: ApiRequest | DownloadRequest, intake: "Intake | None" = None
    ) -> NoAnswer:
        said = self._key.clean(str(error))
        reason = f"{type(error).__name__}{said and ': '}{said}"
        not_sent = isinstance(error, _NOT_SENT)
        if not_sent and isinstance(step, ApiRequest):
            reason += f" (base_url={self.base_url})"
        body = self._answer(intake).body if intake else b""
        return NoAnswer(reason, may_have_arrived=not not_sent, body=body)


class Intake:
    """Takes in the body of one answer: into a sink, or into memory.

    most: bytes that are kept in memory, packed and unpacked. until: by the clock.
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
        """Keep it. Whether more is wanted."""
        if self.clock() > self.until:
            raise httpx.ReadTimeout(str(TOO_SLOW))
        if self.sink is not None:
            return self.sink.write(chunk)
        self.memory += chunk[: self.most + 1 - len(self.memory)]
        return len(self.memory) <= self.most

    def body(self) -> tuple[bytes, bool]:
        """What is in memory, without the coding that the head names, and whether there was more;
        then only the beginning is returned."""
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
    """A client of httpx, which takes proxies and certificates from the environment.

    What it says of them is not repeated, for a proxy may have a password.
    """
    proxies = "HTTP_PROXY, HTTPS_PROXY and ALL_PROXY"
    try:
        return make()
    except ImportError:
        problem = f"a proxy is socks://, which needs pip install httpx[socks]; look at {proxies}"
    except (ValueError, httpx.InvalidURL):
        problem = f"a proxy of the environment is no URL that can be used; look at {proxies}"
    except OSError as error:
        problem = f"the certificates cannot be read ({error}); look at SSL_CERT_FILE"
    raise ConfigError(problem)


def refuse_both(transport: object, http: object) -> None:
    """A client is made on a transport, or is made already."""
    if transport is not None and http is not None:
        raise ConfigError("give transport=… or http=…, not both")
