"""The bare server: Starlette routes that read the body and send a fixed answer.

    python -m benchmarks.bare PORT SETTINGS ANSWERS

SETTINGS are the uvicorn settings of `emo serve`, as JSON. Garbage is collected as in `emo serve`.
ANSWERS is a JSON list of `[method, path, status, [[name, value], …], body]`."""

from __future__ import annotations

import gc
import json
import sys
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def route(method: str, path: str, status: int, headers: list[tuple[str, str]], body: str) -> Route:
    content, named = body.encode(), dict(headers)

    async def answer(request: Request) -> Response:
        if method != "GET":
            await request.body()
        return Response(content, status, named)

    return Route(path, answer, methods=[method])


def main(port: int, settings: dict[str, Any], answers: list[Any]) -> None:
    app = Starlette(routes=[route(*answer) for answer in answers])
    gc.collect()
    gc.freeze()
    uvicorn.run(app, port=port, **settings)


if __name__ == "__main__":
    main(int(sys.argv[1]), json.loads(sys.argv[2]), json.loads(sys.argv[3]))
