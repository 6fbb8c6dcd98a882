"""A reverse proxy that keeps what passes. Bodies pass byte for byte and as they come, both ways; it
changes nothing but the headers of the connection and Accept-Encoding, of which it passes on what it
can read, follows no redirect and adds no header."""

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

# What the proxy says to the next server itself, and what it has answered already.
_OURS = {b"host", b"expect"}
_ENCODINGS = {b"gzip", b"x-gzip", b"deflate", b"identity"}
_CONTROL = re.compile(rb"[^\t -~\x80-\xff]")
_HOPS = {name.encode() for name in HOP_BY_HOP}

MISTAKE = "a mistake of the recorder itself; its stderr has the trace"
# Reports an exception of our own code: the exception, at what, the headers and query of the call.
Report = Callable[[Exception, str, Mapping[bytes, bytes], str], object]


class RecordingProxy:
    """One upstream, one tape. upstream: `https://HOST`. http: sends. report: is called with each
    exception of our own code; where only the keeping of a call failed, the client gets its answer
    all the same. changed: is called when there is something new on the tape."""

    def __init__(
        self,
        upstream: str,
        tape: Recording,
        http: httpx.AsyncClient,
        report: Report,
        changed: Callable[[], object] = lambda: None,
    ) -> None:
        self._upstream = httpx.URL(upstream)
        self._tape = tape
        self._http = http
        self._report = report
        self._backlog = Backlog(self._keep_now, changed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a call on, and its answer back."""
        request = Request(scope, receive)
        sent = _sent(request, self._tape.clock())
        try:
            response = await self._response(request, sent)
        except Exception as error:  # noqa: BLE001 (it is reported)
            self._mistake(error, sent)
            response = JSONResponse({"code": "RecorderFailed", "message": MISTAKE}, 500)
        try:
            await response(scope, receive, send)
        except (BrokenOff, ClientDisconnect):
            raise
        except Exception as error:
            self._mistake(error, sent)
            raise

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep calls as long as the block runs, and then all that wait; leave the upstream."""
        keeping = asyncio.create_task(self._backlog.run())
        yield
        self._backlog.end()
        await keeping
        await self._http.aclose()

    async def _response(self, request: Request, sent: RawRequest) -> Response:
        why = refusal(request)
        return JSONResponse({"error": why}, 403) if why else await self._answered(request, sent)

    async def _answered(self, request: Request, sent: RawRequest) -> Response:
        wait = _Wait(self._http.timeout.read)
        try:
            async with wait.limit:
                answer = await self._http.send(self._outgoing(request, sent, wait), stream=True)
        except TimeoutError:
            return self._unreached(sent, "no answer in time")
        except ClientDisconnect:
            self._keep(sent, note="the client left before its request was whole")
            return Response(status_code=499)  # to nobody
        except asyncio.CancelledError:
            self._keep(sent, note="the recorder was stopped before an answer came")
            raise
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return self._unreached(sent, _why(error))
        if answer.status_code > 599:
            await answer.aclose()
            return self._unreached(sent, f"the status {answer.status_code} is none of HTTP's")
        return _Passing(self._passing(sent, answer), answer)

    def _outgoing(self, request: Request, sent: RawRequest, wait: _Wait) -> httpx.Request:
        """Made by hand: a client's own would add headers that nobody sent."""
        target = sent.path.encode("latin-1")
        if sent.query:
            target += b"?" + sent.query.encode("latin-1")
        has_path = target.startswith(b"/")  # `OPTIONS *` has none
        url = self._upstream.copy_with(raw_path=target) if has_path else self._upstream
        headers = [_readable(n, v) for n, v in _onward(sent.headers) if n not in _OURS]
        has_body = any(n in (b"content-length", b"transfer-encoding") for n, _ in sent.headers)
        content = _uploading(request, sent.body, wait) if has_body else None
        return httpx.Request(
            sent.method,
            url,
            headers=[(b"host", url.netloc), *headers],
            content=content,
            # The target as it came: httpx would quote some of it again.
            extensions={"timeout": self._http.timeout.as_dict(), "target": target},
        )

    async def _passing(self, sent: RawRequest, answer: httpx.Response) -> AsyncIterator[bytes]:
        """The answer's body as it comes, still in its Content-Encoding; kept when it is over."""
        copy, note = BodyCopy.empty(), "the client left before the answer was whole"
        try:
            async for part in answer.aiter_raw():
                copy.add(part)
                yield part
            note = _left_out(answer)
        except httpx.HTTPError as error:
            note = f"the answer broke off after {copy.size} bytes: {_why(error)}"
            raise BrokenOff from None  # so that the client's connection breaks too
        finally:
            self._keep(sent, answer.status_code, _onward(answer.headers.raw), copy, note)

    def _unreached(self, sent: RawRequest, why: str) -> Response:
        self._keep(sent, note=f"no answer: {why}")
        proxy = proxy_of(str(self._upstream))
        through = f" through the proxy {proxy}" if proxy else ""
        text = f"{self._upstream} did not answer the recorder{through}: {why}"
        told = {"code": "UpstreamUnreachable", "message": text, "request_id": ""}
        return JSONResponse(told, 502)

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
            self._tape.keep(call.sent, call.status, call.headers, call.body, call.note)
        except Exception as error:  # noqa: BLE001 (the answer may be paid for: it is passed on)
            self._mistake(error, call.sent, "; the call is not in the recording")

    def _mistake(self, error: Exception, sent: RawRequest, effect: str = "") -> None:
        self._report(error, f"{sent.method} {sent.path}{effect}", dict(sent.headers), sent.query)


class BrokenOff(Exception):
    """The upstream ended in the middle of its answer."""


class _Passing(StreamingResponse):
    """An answer on its way; what it comes from is closed, even where nothing of it was sent."""

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
    """The recorder as an ASGI app, whose file is written while it runs and once more at its end."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        writing = asyncio.create_task(writer.run())
        async with recorder.running():
            yield
        writer.end()
        await writing

    rest = Starlette(lifespan=lifespan)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        """Every path and method there is goes to the upstream."""
        await (recorder if scope["type"] == "http" else rest)(scope, receive, send)

    return app


class _Wait:
    """How long the head of an answer is waited for: so many seconds, None for ever, from when the
    request is sent. httpx bounds each read alone: a head that comes byte by byte never ends."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self.limit = asyncio.timeout(seconds)

    def stop(self) -> None:
        """The client is sending; how long it may take is for the server to decide."""
        self.limit.reschedule(None)

    def begin(self) -> None:
        """All was sent."""
        if self.seconds is not None:
            self.limit.reschedule(asyncio.get_running_loop().time() + self.seconds)


async def _uploading(request: Request, copy: BodyCopy, wait: _Wait) -> AsyncIterator[bytes]:
    wait.stop()
    async for part in request.stream():
        if part:
            copy.add(part)
            yield part
    wait.begin()


def _sent(request: Request, at: float) -> RawRequest:
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


def _onward(headers: RawHeaders) -> RawHeaders:
    """The headers without those of the connection, and those that it names as such."""
    headers = [(name.lower(), value) for name, value in headers]
    named = {
        name.strip().lower() for n, v in headers if n == b"connection" for name in v.split(b",")
    }
    return [(n, v) for n, v in headers if n not in _HOPS and n not in named]


def _sendable(answer: httpx.Response) -> RawHeaders:
    """The headers of an answer without those that no server may send: with a control character in
    it, or a length beside Transfer-Encoding, which is the one that counts (RFC 9112, 6.3)."""
    chunked = "transfer-encoding" in answer.headers
    return [
        (name, value)
        for name, value in _onward(answer.headers.raw)
        if not _CONTROL.search(value) and not (chunked and name == b"content-length")
    ]


def _left_out(answer: httpx.Response) -> str:
    """A note of the headers that the client did not get."""
    names = [n.decode("latin-1") for n, v in _onward(answer.headers.raw) if _CONTROL.search(v)]
    return f"not passed on, for control characters in it: {', '.join(names)}" if names else ""


def _readable(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """A header; of the encodings that a client takes, those in which an answer can be kept."""
    if name != b"accept-encoding":
        return name, value
    known = [one for one in value.split(b",") if one.partition(b";")[0].strip() in _ENCODINGS]
    return name, b",".join(known).strip() or b"identity"


def _why(error: Exception) -> str:
    """What went wrong, in words, however little the exception says."""
    kinds = {
        httpx.ConnectTimeout: "no connection in time",
        httpx.ReadTimeout: "no answer in time",
        httpx.WriteTimeout: "it did not take the request in time",
        httpx.PoolTimeout: "too many calls at a time",
        httpx.ReadError: "the connection was lost",
        httpx.RemoteProtocolError: "what it sent is no HTTP",
    }
    words = [words for kind, words in kinds.items() if isinstance(error, kind)]
    said = error.strerror if isinstance(error, OSError) else None  # without the name of a file
    said = " ".join((said or str(error)).split())
    return ": ".join(dict.fromkeys(filter(None, [*words, said]))) or type(error).__name__
