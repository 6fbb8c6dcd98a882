"""Runs a server on a socket until a signal arrives."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from contracts.http1.bounds import Timeouts
from contracts.http1.descriptors import DescriptorWatch
from contracts.http1.protocol import BoundedProtocol
from contracts.http1.sweep import Sweep

SIGNALS = (signal.SIGINT, signal.SIGTERM)
# No logs on stderr, since they could show secrets; Server and Date are those of the upstream.
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


class SignaledServer(uvicorn.Server):
    """Stops at SIGINT or SIGTERM in the main thread, without raising them again. A second signal
    ends the process at once: after the first one they have no handlers. In any thread, `should_exit
    = True` stops it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._stop) for number in SIGNALS}
        try:
            yield
        finally:
            if not self.should_exit:
                for number, handler in before.items():
                    signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.should_exit = True
        for each in SIGNALS:
            signal.signal(each, signal.SIG_DFL)


class RecorderServer(SignaledServer):
    """Calls `on_started` when it accepts connections."""

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
    warn: Callable[[str], object] = lambda _: None,
) -> RecorderServer:
    """A server for the app; `run(sockets=[…])` runs it. warn: is called with warnings for the
    operator."""
    descriptors = DescriptorWatch(warn)
    http: Any = partial(BoundedProtocol, timeouts=timeouts, sweep=Sweep(), descriptors=descriptors)
    server = RecorderServer(uvicorn.Config(app, http=http, **UVICORN))
    server.descriptors = descriptors
    return server
