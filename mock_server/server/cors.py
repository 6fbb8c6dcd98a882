"""CORS: lets pages of other origins call the mocked API and read its answers. The service allows
none, so this is off unless origins are given. It never opens the control API."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.text.hosts import is_loopback
from mock_server.simulation.call import Reply
from mock_server.web.origins import LOCALHOST, UrlError, page_origin

Header = tuple[bytes, bytes]
MAX_AGE = b"600"  # seconds; Chromium keeps no preflight longer than 7200
METHOD = b"access-control-request-method"
OURS = b"access-control-"
VARY = (b"vary", b"Origin")
# Every page may read these headers anyway (Fetch, CORS-safelisted response-header name).
SAFE = {
    b"cache-control", b"content-language", b"content-length", b"content-type", b"expires",
    b"last-modified", b"pragma",
}  # fmt: skip
_NAMES = re.compile(rb"[\w!#$%&'*+.^`|~ ,-]+")


class Cors:
    """The allowed origins, and the headers for them."""

    def __init__(self, allowed: Iterable[str]) -> None:
        origins = set(map(page_origin, allowed))
        self._loopback = LOCALHOST in origins
        self._origins = origins - {LOCALHOST}
        self.allows = lru_cache(maxsize=1024)(self._allows)

    def preflight(self, method: str, headers: Mapping[bytes, bytes]) -> Reply | None:
        """The answer to a CORS preflight of an allowed page; None for any other call. Every method
        and header is allowed: the API itself refuses wrong ones."""
        origin, wanted = headers.get(b"origin", b""), headers.get(METHOD, b"")
        if method != "OPTIONS" or not _NAMES.fullmatch(wanted) or not self.allows(origin):
            return None
        answer = [*_allowed(origin), (b"access-control-allow-methods", wanted)]
        names = headers.get(b"access-control-request-headers", b"")
        if _NAMES.fullmatch(names):
            answer.append((b"access-control-allow-headers", names))
        if headers.get(b"access-control-request-private-network") == b"true":
            answer.append((b"access-control-allow-private-network", b"true"))
        return Reply(204, [*answer, (b"access-control-max-age", MAX_AGE)], b"", "")

    def added(self, request: Mapping[bytes, bytes], answer: Iterable[Header]) -> list[Header]:
        """The headers of an answer, with those that let an allowed page read all of them. CORS
        headers of a recorded answer are replaced."""
        kept = [(n, value) for n, value in answer if not n.lower().startswith(OURS)]
        origin = request.get(b"origin", b"")
        if not self.allows(origin):
            return [*kept, VARY]
        names = dict.fromkeys(name.lower() for name, _ in kept)
        shown = b", ".join(name for name in names if name not in SAFE)
        return [*kept, *_allowed(origin), (b"access-control-expose-headers", shown)]

    def opened(self, reply: Reply, headers: Mapping[bytes, bytes]) -> Reply:
        """A reply with these headers. The list of the engine stays unchanged, since the journal and
        bundles contain it."""
        return reply._replace(headers=self.added(headers, reply.headers))

    def around(self, app: ASGIApp) -> ASGIApp:
        """Wrap an ASGI app: answers preflights and adds the headers."""

        async def opened(scope: Scope, receive: Receive, send: Send) -> None:
            headers = dict(scope["headers"])
            reply = self.preflight(scope["method"], headers)

            async def adding(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message = {**message, "headers": self.added(headers, message["headers"])}
                await send(message)

            if reply is None:
                await app(scope, receive, adding)
                return
            await send(
                {"type": "http.response.start", "status": reply.status, "headers": reply.headers}
            )
            await send({"type": "http.response.body", "body": b""})

        return opened

    def _allows(self, origin: bytes) -> bool:
        text = origin.decode("latin-1")
        return text in self._origins or (self._loopback and _is_loopback(text))


def _allowed(origin: bytes) -> list[Header]:
    """Allow credentials, since clients may send them. The fake reads no cookies."""
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        VARY,
    ]


def _is_loopback(origin: str) -> bool:
    """Whether a page of this origin is on this machine, by http or https."""
    try:
        is_origin = page_origin(origin) == origin
    except UrlError:
        return False
    parts = urlsplit(origin)
    name = parts.hostname or ""
    return (
        is_origin
        and parts.scheme in ("http", "https")
        and (is_loopback(name) or name.endswith(f".{LOCALHOST}"))
    )
