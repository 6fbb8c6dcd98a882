"""A reverse proxy that records. Bodies pass unchanged and without delay in both directions. Only
headers of the connection change, and Accept-Encoding, which keeps only the codings that the
recorder can decode. It follows no redirects and adds no headers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from contracts.provider.network import proxy_of
from contracts.recordings.backlog import Backlog, FinishedCall
from contracts.recordings.control_access import refusal
from contracts.recordings.recording import BodyCopy, RawHeaders, RawRequest, Recording
from contracts.recordings.scrubber import HOP_BY_HOP
from contracts.recordings.writer import Writer

# Host is set for the upstream, and Expect has been answered already.
_NOT_FORWARDED = {b"host", b"expect"}
_ENCODINGS = {b"gzip", b"x-gzip", b"deflate", b"identity"}
_CONTROL = re.compile(rb"[^\t -~\x80-\xff]")
_HOP_BY_HOP = {name.encode() for name in HOP_BY_HOP}

MISTAKE = "a bug of the recorder itself; its stderr has the traceback"
# Reports an exception of our own code: the exception, the call, its headers and its query.
Report = Callable[[Exception, str, Mapping[bytes, bytes], str], object]


class RecordingProxy:
    """Forwards calls to one upstream and records them.

    upstream: `https://HOST`. http: sends the calls. report: is called with each exception of our
    own code; if only recording failed, the client still receives its answer. changed: is called
    after the recording has changed."""

    def __init__(
        self,
        upstream: str,
        recording: Recording,
        http: httpx.AsyncClient,
        report: Report,
        changed: Callable[[], object] = lambda: None,
    ) -> None:
        self._upstream = httpx.URL(upstream)
        self._recording = recording
        self._http = http
        self._report = report
        self._backlog = Backlog(self._keep_now, changed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward a call, and return its answer."""
        request = Request(scope, receive)
        sent = _raw_request(request, self._recording.clock())
        try:
            response = await self._response(request, sent)
        except Exception as error:  # noqa: BLE001 (it is reported)
            self._report_bug(error, sent)
            response = JSONResponse({"code": "RecorderFailed", "message": MISTAKE}, 500)
        try:
            await response(scope, receive, send)
        except (UpstreamDisconnected, ClientDisconnect):
            raise
        except Exception as error:
            self._report_bug(error, sent)
            raise

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Record calls while the block runs, then the queued ones, and close the connections to the
        upstream."""
        keeping = asyncio.create_task(self._backlog.run())
        yield
        self._backlog.end()
        await keeping
        await self._http.aclose()

    async def _response(self, request: Request, sent: RawRequest) -> Response:
        why = refusal(request)
        return JSONResponse({"error": why}, 403) if why else await self._forward(request, sent)

    async def _forward(self, request: Request, sent: RawRequest) -> Response:
        wait = _HeadTimeout(self._http.timeout.read)
        try:
            async with wait.limit:
                answer = await self._http.send(self._outgoing(request, sent, wait), stream=True)
        except TimeoutError:
            return self._bad_gateway(sent, "no answer in time")
        except ClientDisconnect:
            self._keep(sent, note="the client disconnected before its request was complete")
            return Response(status_code=499)  # nobody receives it
        except asyncio.CancelledError:
            self._keep(sent, note="the recorder was stopped before an answer arrived")
            raise
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return self._bad_gateway(sent, _reason(error))
        if answer.status_code > 599:
            await answer.aclose()
            return self._bad_gateway(sent, f"{answer.status_code} is not a status of HTTP")
        return _ForwardedAnswer(self._forwarded_body(sent, answer), answer)

    def _outgoing(self, request: Request, sent: RawRequest, wait: _HeadTimeout) -> httpx.Request:
        """The request to the upstream. It is built by hand, because httpx would add headers that
        the client did not send."""
        target = sent.path.encode("latin-1")
        if sent.query:
            target += b"?" + sent.query.encode("latin-1")
        has_path = target.startswith(b"/")  # `OPTIONS *` has none
        url = self._upstream.copy_with(raw_path=target) if has_path else self._upstream
        headers = [
            _readable(n, v) for n, v in _forwarded_headers(sent.headers) if n not in _NOT_FORWARDED
        ]
        has_body = any(n in (b"content-length", b"transfer-encoding") for n, _ in sent.headers)
        content = _uploading(request, sent.body, wait) if has_body else None
        return httpx.Request(
            sent.method,
            url,
            headers=[(b"host", url.netloc), *headers],
            content=content,
            # The target as received: httpx would escape some of it again.
            extensions={"timeout": self._http.timeout.as_dict(), "target": target},
        )

    async def _forwarded_body(
        self, sent: RawRequest, answer: httpx.Response
    ) -> AsyncIterator[bytes]:
        """The body of the answer as it arrives, still in its Content-Encoding; recorded at its
        end."""
        copy, note = BodyCopy.empty(), "the client disconnected before the answer was complete"
        try:
            async for part in answer.aiter_raw():
                copy.add(part)
                yield part
            note = _left_out(answer)
        except httpx.HTTPError as error:
            note = f"the answer broke off after {copy.size} bytes: {_reason(error)}"
            raise UpstreamDisconnected from None  # so that the client's connection is closed too
        finally:
            self._keep(sent, answer.status_code, _forwarded_headers(answer.headers.raw), copy, note)

    def _bad_gateway(self, sent: RawRequest, why: str) -> Response:
        self._keep(sent, note=f"no answer: {why}")
        proxy = proxy_of(str(self._upstream))
        through = f" through the proxy {proxy}" if proxy else ""
        text = f"{self._upstream} did not answer the recorder{through}: {why}"
        error = {"code": "UpstreamUnreachable", "message": text, "request_id": ""}
        return JSONResponse(error, 502)

    def _keep(
        self,
        sent: RawRequest,
        status: int | None = None,
        headers: RawHeaders | None = None,
        body: BodyCopy | None = None,
        note: str = "",
    ) -> None:
        self._backlog.add(FinishedCall(sent, status, headers, body, note))

    def _keep_now(self, call: FinishedCall) -> None:
        try:
            self._recording.keep(call.sent, call.status, call.headers, call.body, call.note)
        except Exception as error:  # noqa: BLE001 (the client still receives its answer)
            self._report_bug(error, call.sent, "; the call is not in the recording")

    def _report_bug(self, error: Exception, sent: RawRequest, effect: str = "") -> None:
        self._report(error, f"{sent.method} {sent.path}{effect}", dict(sent.headers), sent.query)


class UpstreamDisconnected(Exception):
    """The upstream disconnected in the middle of its answer."""


class _ForwardedAnswer(StreamingResponse):
    """Sends an answer to the client. The upstream's answer is closed, even if nothing of it was
    sent."""

    def __init__(self, parts: AsyncIterator[bytes], answer: httpx.Response) -> None:
        super().__init__(parts, answer.status_code)
        self.raw_headers = _sendable(answer)
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._answer.aclose()


def recording_app(recorder: RecordingProxy, writer: Writer) -> ASGIApp:
    """The recorder as an ASGI app. Its file is written while it runs and once more at the end."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        writing = asyncio.create_task(writer.run())
        async with recorder.running():
            yield
        writer.end()
        await writing

    rest = Starlette(lifespan=lifespan)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        """Every path and method goes to the upstream."""
        await (recorder if scope["type"] == "http" else rest)(scope, receive, send)

    return app


class _HeadTimeout:
    """The time limit for the head of an answer, from when the request was sent; None for no limit.
    httpx limits each read alone, so a head that arrives byte by byte would never time out."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self.limit = asyncio.timeout(seconds)

    def stop(self) -> None:
        """Stop the clock: the client is sending, and the server limits that time."""
        self.limit.reschedule(None)

    def begin(self) -> None:
        """Start the clock: the request is complete."""
        if self.seconds is not None:
            self.limit.reschedule(asyncio.get_running_loop().time() + self.seconds)


async def _uploading(request: Request, copy: BodyCopy, wait: _HeadTimeout) -> AsyncIterator[bytes]:
    wait.stop()
    async for part in request.stream():
        if part:
            copy.add(part)
            yield part
    wait.begin()


def _raw_request(request: Request, at: float) -> RawRequest:
    scope = request.scope
    path = scope.get("raw_path") or scope["path"].encode()
    return RawRequest(
        at,
        scope["method"],
        path.decode("latin-1"),
        scope["query_string"].decode("latin-1"),
        [(name.lower(), value) for name, value in scope["headers"]],
        BodyCopy.empty(),
    )


def _forwarded_headers(headers: RawHeaders) -> RawHeaders:
    """The headers without hop-by-hop headers, and without those that Connection names."""
    headers = [(name.lower(), value) for name, value in headers]
    named = {
        name.strip().lower() for n, v in headers if n == b"connection" for name in v.split(b",")
    }
    return [(n, v) for n, v in headers if n not in _HOP_BY_HOP and n not in named]


def _sendable(answer: httpx.Response) -> RawHeaders:
    """The headers of an answer that a server can send: without control characters, and without
    Content-Length beside Transfer-Encoding, which has precedence (RFC 9112, 6.3)."""
    chunked = "transfer-encoding" in answer.headers
    return [
        (name, value)
        for name, value in _forwarded_headers(answer.headers.raw)
        if not _CONTROL.search(value) and not (chunked and name == b"content-length")
    ]


def _left_out(answer: httpx.Response) -> str:
    """A note of the headers that were not forwarded to the client."""
    names = [
        n.decode("latin-1") for n, v in _forwarded_headers(answer.headers.raw) if _CONTROL.search(v)
    ]
    return f"not forwarded, because of control characters: {', '.join(names)}" if names else ""


def _readable(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """A header; for Accept-Encoding only the codings that a recording can decode."""
    if name != b"accept-encoding":
        return name, value
    known = [one for one in value.split(b",") if one.partition(b";")[0].strip() in _ENCODINGS]
    return name, b",".join(known).strip() or b"identity"


def _reason(error: Exception) -> str:
    """The reason of a failed call in words, even if the exception has no text."""
    kinds = {
        httpx.ConnectTimeout: "no connection in time",
        httpx.ReadTimeout: "no answer in time",
        httpx.WriteTimeout: "it did not read the request in time",
        httpx.PoolTimeout: "too many calls at once",
        httpx.ReadError: "the connection was lost",
        httpx.RemoteProtocolError: "its answer is not HTTP",
    }
    words = [words for kind, words in kinds.items() if isinstance(error, kind)]
    text = error.strerror if isinstance(error, OSError) else None  # without a file name
    text = " ".join((text or str(error)).split())
    return ": ".join(dict.fromkeys(filter(None, [*words, text]))) or type(error).__name__
