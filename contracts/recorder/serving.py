"""Runs a recorder on a socket until a signal. It decides nothing."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from contracts.recorder.upgrades import DecliningProtocol

# Its own lines on stderr would show what is not for the screen; Server and Date are the upstream's.
UVICORN: dict[str, Any] = {
    "log_config": None,
    "log_level": "critical",
    "access_log": False,
    "server_header": False,
    "date_header": False,
    "proxy_headers": False,
    "lifespan": "on",
    "ws": "none",
    "timeout_graceful_shutdown": 2,
}


class RecorderServer(uvicorn.Server):
    """Tells when it answers. `should_exit = True` ends it from any thread."""

    on_started: Callable[[], object] = staticmethod(lambda: None)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.on_started()


def server_of(app: ASGIApp) -> RecorderServer:
    """A server for the app; `run(sockets=[…])` runs it."""
    return RecorderServer(uvicorn.Config(app, http=DecliningProtocol, **UVICORN))
