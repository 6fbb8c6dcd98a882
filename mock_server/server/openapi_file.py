"""Serves openapi.yaml, as YAML and as JSON. The address that the client called comes first in
`servers`, so that a client generated from it calls the fake. The file is read once."""

from __future__ import annotations

import re
from functools import cache

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contracts.spec.document import default_path, read
from mock_server.settings import Settings
from mock_server.web.client_origin import OriginOf

# The address in openapi.yaml of a fake started without options.
_DEFAULT = f"http://{Settings().host}:{Settings().port}"
_ENTRY = re.compile(rf"^  - url: {re.escape(_DEFAULT)}/.*\n(    .*\n)*", re.MULTILINE)


def as_yaml(origin: str) -> bytes:
    """The file with its comments. origin: `http://HOST:PORT` of the fake, as the client called
    it."""
    return _yaml().replace(_DEFAULT.encode(), origin.encode(), 1)


def as_json(origin: str) -> bytes:
    """The same document as JSON."""
    return _json().replace(_DEFAULT.encode(), origin.encode(), 1)


PATHS = {
    "/openapi.yaml": (as_yaml, "application/yaml"),
    "/openapi.json": (as_json, "application/json"),
}


def routes(origin_of: OriginOf) -> list[Route]:
    """The routes of both files. origin_of: returns the address that a client called."""

    async def serve(request: Request) -> Response:
        scope = request.scope
        called = scope.get("client"), scope["scheme"], scope.get("server")
        write, media_type = PATHS[scope["path"]]
        return Response(write(origin_of(dict(scope["headers"]), *called)), media_type=media_type)

    return [Route(path, serve, methods=["GET", "HEAD"]) for path in PATHS]


@cache
def _yaml() -> bytes:
    text = default_path().read_text("utf-8")
    entry = _ENTRY.search(text)
    assert entry, f"openapi.yaml does not list {_DEFAULT} as a server"
    others = text.replace(entry[0], "", 1)
    return others.replace("\nservers:\n", f"\nservers:\n{entry[0]}", 1).encode()


@cache
def _json() -> bytes:
    tree = read(default_path())
    servers = sorted(tree["servers"], key=lambda s: not s["url"].startswith(_DEFAULT))
    return msgspec.json.encode({**tree, "servers": servers})
