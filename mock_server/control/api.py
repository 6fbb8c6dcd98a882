"""The control API under /__mock__/: shows and changes the state of one API key. The service has no
such API.

The API key in `Authorization` names the tenant, as in every call. Answers are JSON; errors are
`{"error": …}` with a 4xx."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from contracts.files.user_file import FileError, text_of
from contracts.text.printable import in_json
from mock_server.control import journal, scenarios, state
from mock_server.control.access import missing
from mock_server.control.export import Exports
from mock_server.control.request import ControlAnswer, ControlError, ControlRequest, Export
from mock_server.engine.pipeline import Engine
from mock_server.journal.redact import without_secrets
from mock_server.simulation import json_body
from mock_server.simulation.call import Call
from mock_server.stages import ANONYMOUS, Refused
from mock_server.web.client_origin import OriginOf, origin_of

MAX_BODY = 1 << 20
HEALTH = "/health"  # contains no secret, so any probe may call it
NEEDS_NO_KEY = {HEALTH, "/metrics", "/explain", "/explain/{id}"}
# Without `sk-`: redaction would hide it in a message that repeats a part of the request.
NO_KEY = "send the API key of the tenant in the header Authorization, as `Bearer KEY`"
CONTROLS: list[tuple[str, str, Callable[[ControlRequest], ControlAnswer]]] = [
    ("GET", HEALTH, state.health),
    ("GET", "/state", state.state),
    ("GET", "/clock", state.clock),
    ("POST", "/clock", state.set_clock),
    ("POST", "/reset", state.reset),
    ("GET", "/scenarios", scenarios.scenarios),
    ("POST", "/scenarios", scenarios.add_scenarios),
    ("PUT", "/scenarios", scenarios.set_scenarios),
    ("DELETE", "/scenarios", scenarios.drop_scenarios),
    ("GET", "/variants", scenarios.variants),
    ("PUT", "/variants", scenarios.set_variants),
    ("GET", "/account", scenarios.account),
    ("PUT", "/account", scenarios.set_account),
    ("GET", "/usage", scenarios.usage),
    ("GET", "/journal", journal.journal),
    ("GET", "/explain", journal.explain_last),
    ("GET", "/explain/{id}", journal.explain),
    ("GET", "/bundle", journal.bundle),
    ("GET", "/metrics", journal.metrics),
]
NEEDS_KEY = {path for _, path, _ in CONTROLS} - NEEDS_NO_KEY


def control_app(engine: Engine) -> ASGIApp:
    """The routes of the control API, with its access checks."""
    settings, exports = engine.settings, Exports()
    reached = origin_of(settings.public_url, settings.forwarded_allow_ips)
    routes = [
        Route(
            path,
            _handler(engine, control, path not in NEEDS_NO_KEY, reached, exports),
            methods=[method],
        )
        for method, path, control in CONTROLS
    ]
    router = Router(routes, default=_not_found, redirect_slashes=False)

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _route(scope) != HEALTH:
            request = Request(scope)
            why = _refusal(engine, request)
            if why:
                await _error(403, why, request)(scope, receive, send)
                return
        await router(scope, receive, send)

    return guarded


def _refusal(engine: Engine, request: Request) -> str:
    """Every reason for a refusal at once, so that a user need not mend one after the other; "" if
    the call is allowed."""
    lacks = missing(engine.settings, request.client and request.client.host, request.headers)
    if lacks and _route(request.scope) in NEEDS_KEY and not _has_key(engine, request):
        lacks.append(NO_KEY)
    if len(lacks) < 2:
        return "".join(lacks)
    numbered = "; ".join(f"({number}) {text}" for number, text in enumerate(lacks, 1))
    return f"{len(lacks)} reasons for refusing this control call: {numbered}"


def _route(scope: Scope) -> str:
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _has_key(engine: Engine, request: Request) -> bool:
    try:
        engine.tenant_of_headers(dict(request.scope["headers"]))
    except Refused:
        return False
    return True


def act(engine: Engine, tenant_id: str, real: float, method: str, path: str, body: bytes) -> None:
    """Repeat a control call of a journal. Raises ControlError."""
    control = {(m, p): c for m, p, c in CONTROLS}[method, path.removeprefix("/__mock__")]
    control(ControlRequest(engine, tenant_id, real, _read(body)))


def _handler(
    engine: Engine,
    control: Callable[[ControlRequest], ControlAnswer],
    needs_key: bool,
    reached: OriginOf,
    exports: Exports,
) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        headers = dict(request.scope["headers"])
        try:
            tenant_id = engine.tenant_of_headers(headers)
        except Refused:
            if needs_key:
                return _error(401, NO_KEY)
            tenant_id = ANONYMOUS
        try:
            raw = await _body(request)
            given = {**request.query_params, **request.path_params}
            real = engine.real()
            sent = headers.get(b"authorization", b"")
            control_request = ControlRequest(engine, tenant_id, real, _read(raw), given, sent)
            answer = control(control_request)
            if isinstance(answer, Export):
                return await exports.answer(answer, request.scope)
        except ControlError as error:
            return _error(error.status, str(error), request)
        if request.method not in ("GET", "HEAD"):
            key = engine.callers.of(headers).key
            engine.note(tenant_id, real, _call(request, raw, reached), key)
        if isinstance(answer, tuple):
            return Response(answer[1], media_type=answer[0])
        return _Json(answer)

    return handle


class _Json(JSONResponse):
    """JSON without control characters: it may contain text of strangers, and curl shows it on a
    terminal."""

    def render(self, content: Any) -> bytes:
        return in_json(json.dumps(content, ensure_ascii=False, separators=(",", ":"))).encode()


def _call(request: Request, raw: bytes, reached: OriginOf) -> Call:
    url, scope, headers = request.url, request.scope, dict(request.scope["headers"])
    origin = reached(headers, scope.get("client"), scope["scheme"], scope.get("server"))
    return Call(request.method, url.path, url.query, headers, raw, origin)


async def _body(request: Request) -> bytes:
    raw = b""
    async for part in request.stream():
        raw += part
        if len(raw) > MAX_BODY:
            raise ControlError(f"the body is larger than {MAX_BODY} bytes", 413)
    return raw


def _read(raw: bytes) -> Any:
    try:
        return json_body.decode(text_of(raw).encode()) if raw.strip() else {}
    except FileError as error:
        raise ControlError(f"the body {error}") from None
    except ValueError as error:
        raise ControlError(f"the body is not JSON: {error}") from None


async def _not_found(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        known = ", ".join(f"{method} {path[1:]}" for method, path, _ in CONTROLS)
        await _error(404, f"unknown control route; the routes are {known}")(scope, receive, send)


def _error(status: int, text: str, request: Request | None = None) -> Response:
    """An error answer. It may repeat a part of the request, without its secrets."""
    if request is not None:
        headers = dict(request.scope["headers"])
        text = without_secrets(text, headers, request.url.query)
    return _Json({"error": text}, status)
