"""The ASGI app: turns HTTP into a Call, and a Reply into HTTP. It puts the whole fake together.

A call takes one of two ways to `answer`: the fast path calls it directly, and any other call comes
through `__call__`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from math import inf

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from contracts.http1.head import field_bytes
from contracts.http1.refused import RequestRefused
from contracts.spec.loader import Spec
from mock_server import page
from mock_server.control.api import control_app
from mock_server.engine.failed import failed
from mock_server.engine.pipeline import Engine
from mock_server.journal.redact import without_secrets
from mock_server.page import documents
from mock_server.scenarios.rules import Ruleset, no_file
from mock_server.server import openapi_file
from mock_server.server.cors import Cors
from mock_server.server.delivery import deliver_on_socket, make_stale
from mock_server.server.delivery_in_process import deliver_in_process
from mock_server.server.fast_path_app import FastPathApp
from mock_server.server.sample_files import sample
from mock_server.server.waiting import Sleep, Waiting
from mock_server.settings import Settings
from mock_server.simulation.call import Call, Reply
from mock_server.simulation.clock import RealTime, real_time
from mock_server.stores.protocol import Store
from mock_server.web.client_origin import origin_of
from mock_server.web.connection import transport_of

CONTROL = "/__mock__/"
OWN_PATHS = (CONTROL, "/samples/", documents.PREFIX)
OWN_ROUTES = (documents.FOLDER, *openapi_file.PATHS)
OWN_FILES = {page.ROOT, *page.ICONS, *OWN_ROUTES}
LONGEST_OWN = 3 * max(map(len, (*OWN_PATHS, *OWN_ROUTES)))  # with each letter percent-encoded
# bytes read beyond the limit, so that a client that only writes gets its answer
DRAIN_BYTES = 64 << 20


def create_app(
    settings: Settings | None = None,
    *,
    spec: Spec | None = None,
    store: Store | None = None,
    real: RealTime = real_time,
    sleep: Sleep = asyncio.sleep,
    notify: Callable[[str], object] = lambda _: None,
) -> FakeApp:
    """The fake as an ASGI app. Raises SpecError, VariantError or ScenarioError if it cannot start.
    real, sleep: the machine's time in epoch seconds, and what a late answer waits with; together
    they can be those of a virtual clock, if its sleep lets other tasks run. notify: called with a
    message when the scenario file has changed."""
    spec, settings = spec or Spec.load(), settings or Settings()
    file = no_file if settings.scenario is None else _file(spec, settings.scenario, notify)
    return FakeApp(Engine(spec, settings=settings, store=store, real=real, file=file), sleep)


def _file(spec: Spec, where: str, notify: Callable[[str], object]) -> Callable[[float], Ruleset]:
    from mock_server.scenarios.rule_file import RulesFile  # imported late: 40 ms

    return RulesFile(spec, where, notify)


class FakeApp(Starlette, FastPathApp):
    """The fake's own paths are routes of Starlette. Every other path belongs to the service or its
    object store, and goes to the engine directly: middleware and routing would cost a third of the
    throughput."""

    def __init__(self, engine: Engine, sleep: Sleep = asyncio.sleep) -> None:
        self.origin = origin_of(engine.settings.public_url, engine.settings.forwarded_allow_ips)
        super().__init__(
            routes=[
                Mount("/__mock__", app=control_app(engine)),
                Route("/samples/{name:path}", sample, methods=["GET", "HEAD"]),
                *openapi_file.routes(engine.spec, self.origin),
                *documents.routes(),
            ],
            exception_handlers={HTTPException: _own_error, Exception: _own_mistake},
        )
        self.router.redirect_slashes = False
        self.engine = engine
        self._sleep = sleep
        self._cors = Cors(engine.settings.cors) if engine.settings.cors else None
        self._own_cors = self._own if self._cors is None else self._cors.around(self._own)
        self._page = page.page_app(engine, self.origin)
        self._limit = engine.spec.limits["body-bytes"]

    def refused(self, refused: RequestRefused) -> Reply:
        """Answer a request that is not valid HTTP."""
        return self.engine.refused(refused)

    def answers_at_once(self, method: str, path: str) -> bool:
        """Whether the engine answers this call: any path of the service or its object store. Not
        for HEAD, which has its own rules, and not for a percent-encoded path, which may be the
        fake's own."""
        return (
            method != "HEAD"
            and "%" not in path[:LONGEST_OWN]
            and not path.startswith(OWN_PATHS)
            and path not in OWN_FILES
        )

    def answer(self, call: Call) -> Reply:
        """The engine's answer to a call. An exception is a mistake of the fake; `failed` makes the
        answer then."""
        cors = self._cors
        if cors is None:
            return self.engine.handle(call)
        preflight = cors.preflight(call.method, call.headers)
        return preflight or cors.opened(self.engine.handle(call), call.headers)

    def failed(self, call: Call, error: Exception) -> Reply:
        """The answer to a call for which `answer` raised."""
        reply = failed(self.engine, call, error)
        return reply if self._cors is None else self._cors.opened(reply, call.headers)

    def mistaken(self, error: Exception, where: str) -> None:
        """Report a mistake of the fake outside of any answer."""
        self.engine.recorder.mistakes.report(error, where)

    def delivering(self, reply: Reply) -> ASGIApp:
        """An ASGI app that delivers this reply."""

        async def app(scope: Scope, _receive: Receive, send: Send) -> None:
            await self._deliver(reply, scope, send)

        return app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(CONTROL):
            await self._own(scope, receive, send)
            return
        if scope["path"].startswith(OWN_PATHS) or scope["path"] in OWN_ROUTES:
            await self._own_cors(scope, receive, send)
            return
        if page.wants_page(scope):
            with self._reporting(scope):
                await self._page(scope, receive, send)
            return
        body = await self._read(receive)
        if body is None:
            return  # the client disconnected before the body was complete
        call = self._call(scope, body)
        try:
            reply = self.answer(call)
        except Exception as error:
            await self._deliver(self.failed(call, error), scope, send)
            if transport_of(scope) is None:
                raise  # for a test that calls in this process
        else:
            await self._deliver(reply, scope, send)

    def _call(self, scope: Scope, body: bytes) -> Call:
        raw = scope.get("raw_path") or scope["path"].encode()
        path, query = raw.decode("latin-1"), scope["query_string"].decode("latin-1")
        headers = dict(scope["headers"])
        origin = self.origin(headers, scope.get("client"), scope["scheme"], scope.get("server"))
        size = field_bytes(path, query, scope["headers"])
        return Call(scope["method"], path, query, headers, body, origin, size)

    async def _own(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._reporting(scope):
            await super().__call__(scope, receive, send)

    @contextmanager
    def _reporting(self, scope: Scope) -> Iterator[None]:
        """Report a mistake of the fake. A client that disconnects is not one."""
        try:
            yield
        except ClientDisconnect:
            return
        except Exception as error:
            where = f"{scope.get('method', scope['type'])} {scope.get('path', '')}"
            query = scope.get("query_string", b"").decode("latin-1")
            mistakes, headers = self.engine.recorder.mistakes, dict(scope.get("headers", ()))
            mistakes.report(error, where, headers, query)
            raise

    async def _deliver(self, reply: Reply, scope: Scope, send: Send) -> None:
        if reply.delivery is not None and not await self._is_next(reply, scope, send):
            return
        await send(
            {"type": "http.response.start", "status": reply.status, "headers": reply.headers}
        )
        await send({"type": "http.response.body", "body": reply.body})
        if reply.delivery is not None:
            make_stale(reply.delivery, scope)

    async def _is_next(self, reply: Reply, scope: Scope, send: Send) -> bool:
        """Carry out the delivery of a reply until it is sent as usual. Returns False if that does
        not come, since a fault has ended the connection. Raises the exception of httpx in
        process."""
        assert reply.delivery is not None
        left = partial(self.engine.real_left, reply.delivery.tenant)
        if transport_of(scope) is None:
            # A transport of httpx can have its own sleep, and knows how long its client waits.
            state = scope.get("state") or {}
            wait = Waiting(left, state.get("sleep", self._sleep), state.get("patience", inf))
            await deliver_in_process(reply, scope["method"], wait)
            return True
        with self._reporting(scope):
            return await deliver_on_socket(reply, scope, send, Waiting(left, self._sleep))

    async def _read(self, receive: Receive) -> bytes | None:
        """The body, cut after the limit; the rest is read and discarded. None if the client
        disconnected before the body was complete."""
        size, parts, more = 0, [], True
        while more and size < DRAIN_BYTES:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            part = message.get("body", b"")
            if size <= self._limit:
                parts.append(part)
            size += len(part)
            more = message.get("more_body", False)
        return parts[0] if len(parts) == 1 else b"".join(parts)


async def _own_error(request: Request, error: Exception) -> Response:
    """Answer a wrong path or method under one of the fake's own prefixes."""
    assert isinstance(error, HTTPException)
    text = f"{request.method} {request.url.path}: {error.detail}"
    text = without_secrets(text, dict(request.scope["headers"]), request.url.query)
    return JSONResponse({"error": text}, error.status_code, headers=error.headers)


async def _own_mistake(request: Request, error: Exception) -> Response:
    """Answer 500 in place of a page or an answer of the control API. The log has the traceback."""
    del error
    text = f"{request.method} {request.url.path}: a mistake of the fake; its log has the traceback"
    text = without_secrets(text, dict(request.scope["headers"]), request.url.query)
    return JSONResponse({"error": text}, 500)
