"""Runs the fake on a real socket: in the foreground until a signal, or in a thread."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from errno import EADDRINUSE
from functools import partial
from typing import Any

import uvicorn

from contracts.http1.descriptors import DescriptorWatch, raise_limit
from contracts.http1.sweep import Sweep
from contracts.recordings.server import SignaledServer
from mock_server.server.app import FakeApp, create_app
from mock_server.server.fast_path import Protocol
from mock_server.settings import Settings

# The access log of uvicorn costs up to half of the throughput. The headers server and date are
# those of the service. A client must not change the scheme of URLs in answers by X-Forwarded-Proto.
UVICORN: dict[str, Any] = {
    "log_config": None,
    "log_level": "critical",
    "access_log": False,
    "server_header": False,
    "date_header": False,
    "proxy_headers": False,
    "lifespan": "off",
    "ws": "none",
    "timeout_graceful_shutdown": 2,
    "backlog": 2048,
}


class AddressError(OSError):
    """The server cannot listen on the address. The text has the reason and the next step."""


def listen(settings: Settings) -> socket.socket:
    """Bind a socket and listen. Raises AddressError, with a text of one line."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    sock = _reusing(family)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    where = f"{host}:{settings.port}"
    try:
        sock.bind((settings.host, settings.port))
        sock.listen(2048)
    except (OSError, UnicodeError, TypeError) as error:
        sock.close()
        why = getattr(error, "strerror", None) or error
        in_use = getattr(error, "errno", None) == EADDRINUSE
        way_on = "; --port 0 picks a free one" if in_use else ""
        raise AddressError(f"cannot listen on {where}: {why}{way_on}") from error
    return sock


def _reusing(family: int) -> socket.socket:
    """A socket that can take over a port which still has connections of an earlier socket. It names
    TCP as its protocol: otherwise asyncio keeps Nagle's algorithm on, which costs 40 ms an
    answer."""
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return sock


def base_url(sock: socket.socket) -> str:
    """`http://HOST:PORT` of a bound socket, with loopback in place of an address for all
    interfaces."""
    host, port = sock.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (not a bind)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(SignaledServer):
    """A server that can refuse new connections for some time."""

    on_started: Callable[[], object] | None = None
    descriptors: DescriptorWatch | None = None
    _reopens_at = 0.0  # by the event loop's time
    _reopening: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.lifespan.state["refuse"] = self.refuse  # so that it is in the scope of each call
        if self.descriptors is not None:
            loop = asyncio.get_running_loop()
            self.descriptors.watch_accepting(loop, self.server_state.connections)
        await super().startup(sockets)
        if self.on_started:
            self.on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._reopening is not None:
            self._reopening.cancel()
            await asyncio.wait([self._reopening])
        await super().shutdown(sockets)

    def refuse(self, seconds: float) -> None:
        """Refuse all new connections for so many seconds. Accepted connections stay."""
        loop = asyncio.get_running_loop()
        self._reopens_at = max(self._reopens_at, loop.time() + seconds)
        if self._reopening is None or self._reopening.done():
            self._reopening = loop.create_task(self._listen_again(self._stop_listening()))

    def _stop_listening(self) -> list[socket.socket]:
        """Replace the listening sockets by bound ones, which keep the ports and refuse
        connections."""
        bound = [(s.family, s.getsockname()) for server in self.servers for s in server.sockets]
        for server in self.servers:
            server.close()
        sockets = [_reusing(family) for family, _ in bound]
        for sock, (_, address) in zip(sockets, bound, strict=True):
            sock.bind(address)
        return sockets

    async def _listen_again(self, sockets: list[socket.socket]) -> None:
        loop = asyncio.get_running_loop()
        try:
            while (seconds := self._reopens_at - loop.time()) > 0:
                await asyncio.sleep(seconds)
            await super().startup(sockets)
        except asyncio.CancelledError:
            for sock in sockets:
                sock.close()
            raise


def _server(app: FakeApp, descriptors: DescriptorWatch | None = None) -> _Server:
    timeouts = app.engine.settings.timeouts
    http: Any = partial(Protocol, timeouts=timeouts, sweep=Sweep(), descriptors=descriptors)
    server = _Server(uvicorn.Config(app, http=http, **UVICORN))
    server.descriptors = descriptors
    return server


def serve(
    app: FakeApp,
    sock: socket.socket,
    on_started: Callable[[], object],
    notify: Callable[[str], object],
) -> None:
    """Serve until SIGINT or SIGTERM. on_started: called when the server answers. notify: called
    with messages for the operator."""
    raise_limit()
    server = _server(app, DescriptorWatch(notify))

    def started() -> None:
        # Objects of the start stay: scanning them again and again would delay the slowest answers.
        gc.collect()
        gc.freeze()
        gc.enable()
        on_started()

    server.on_started = started
    server.run(sockets=[sock])


@contextmanager
def running(settings: Settings, app: FakeApp | None = None) -> Iterator[str]:
    """Run a server in a thread while the block runs. Yields its base URL, `http://HOST:PORT`. app:
    default from the settings."""
    app = app or create_app(settings)
    sock = listen(settings)
    server = _server(app)
    ready = threading.Event()
    server.on_started = ready.set
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    try:
        while not ready.wait(0.05):
            if not thread.is_alive():
                raise RuntimeError("the server ended before it answered")
        yield base_url(sock)
    finally:
        server.should_exit = True
        thread.join()
        sock.close()
