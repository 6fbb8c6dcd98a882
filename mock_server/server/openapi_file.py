"""Serves the spec of the fake, as YAML and as JSON. The address that the client called comes first
in `servers`, so that a client generated from it calls the fake. The file is read once."""

from __future__ import annotations

import re
from functools import cached_property

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contracts.spec.loader import Spec
from mock_server.settings import Settings
from mock_server.web.client_origin import OriginOf

# The address in openapi.yaml of a fake started without options.
_DEFAULT = f"http://{Settings().host}:{Settings().port}"
_ENTRY = re.compile(rf"^( *)- url: {re.escape(_DEFAULT)}/.*\n(?:\1  .*\n)*", re.MULTILINE)

PATHS = {"/openapi.yaml": "application/yaml", "/openapi.json": "application/json"}


class _Document:
    """The document of one spec, with the entry of the fake first in `servers`."""

    def __init__(self, spec: Spec) -> None:
        self._source = spec.source_map

    def of(self, path: str, origin: str) -> bytes:
        """The bytes of one of PATHS. origin: `http://HOST:PORT` of the fake, as the client called
        it."""
        text = self._yaml if path == "/openapi.yaml" else self._json
        return text.replace(_DEFAULT.encode(), origin.encode(), 1)

    @cached_property
    def _yaml(self) -> bytes:
        """The file with its comments."""
        text = self._source.path.read_text("utf-8")
        entry = _ENTRY.search(text)
        assert entry, f"openapi.yaml does not list {_DEFAULT} as a server"
        others = text.replace(entry[0], "", 1)
        return others.replace("\nservers:\n", f"\nservers:\n{entry[0]}", 1).encode()

    @cached_property
    def _json(self) -> bytes:
        tree = self._source.root
        servers = sorted(tree["servers"], key=lambda s: not s["url"].startswith(_DEFAULT))
        return msgspec.json.encode({**tree, "servers": servers})


def routes(spec: Spec, origin_of: OriginOf) -> list[Route]:
    """The routes of both files. origin_of: returns the address that a client called."""
    document = _Document(spec)

    async def serve(request: Request) -> Response:
        scope = request.scope
        called = scope.get("client"), scope["scheme"], scope.get("server")
        content = document.of(scope["path"], origin_of(dict(scope["headers"]), *called))
        return Response(content, media_type=PATHS[scope["path"]])

    return [Route(path, serve, methods=["GET", "HEAD"]) for path in PATHS]
