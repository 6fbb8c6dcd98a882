"""Runs a recorder on a socket until a signal. It decides nothing."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from functools import partial
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from contracts.http1.bounds import Timeouts
from contracts.http1.descriptors import DescriptorWatch
from contracts.http1.protocol import BoundedProtocol

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
    descriptors: DescriptorWatch

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        loop = asyncio.get_running_loop()
        self.descriptors.watch_accepting(loop, self.server_state.connections)
        await super().startup(sockets)
        self.on_started()


def server_of(
    app: ASGIApp,
    timeouts: Timeouts = Timeouts(),  # noqa: B008 (immutable)
    say: Callable[[str], object] = lambda _: None,
) -> RecorderServer:
    """A server for the app; `run(sockets=[…])` runs it. say: is called with what the operator has
    to know."""
    descriptors = DescriptorWatch(say)
    http: Any = partial(BoundedProtocol, timeouts=timeouts, descriptors=descriptors)
    server = RecorderServer(uvicorn.Config(app, http=http, **UVICORN))
    server.descriptors = descriptors
    return server
