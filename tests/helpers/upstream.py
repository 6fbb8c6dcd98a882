"""Helpers for tests of the recorder: an upstream server with many kinds of answers, and a recorder
in front of it."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.recordings import Cassette, load
from contracts.recordings.bodies import LONGEST
from contracts.spec.loader import Spec
from tests.helpers.cassette import client, recording

PLAIN = b"answer"


class Upstream(BaseHTTPRequestHandler):
    """A server that keeps its requests and answers as the path demands."""

    protocol_version = "HTTP/1.1"
    got: list[dict[str, Any]]
    gate: threading.Event
    came: threading.Event

    def do_GET(self) -> None:
        length = int(self.headers.get("content-length", 0))
        body = self._chunked() if "transfer-encoding" in self.headers else self.rfile.read(length)
        self.got.append({"path": self.path, "headers": self.headers.items(), "body": body})
        getattr(self, self.path.strip("/").partition("?")[0].partition("/")[0], self.plain)()

    do_POST = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = do_GET  # noqa: N815

    def _chunked(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _head(self, status: int = 200, **headers: str) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def controls(self) -> None:
        self._head(X_Bad="\x1b[31m", X_Good="1", Content_Length=str(len(PLAIN)))
        self.wfile.write(PLAIN)

    def two_lengths(self) -> None:
        self._head(Content_Length="2", Transfer_Encoding="chunked")
        self.wfile.write(b"5\r\nhello\r\n0\r\n\r\n")

    def plain(self) -> None:
        self._head(Content_Length=str(len(PLAIN)), X_Kept="1", Keep_Alive="timeout=5",
                   Connection="keep-alive, X-Hop", X_Hop="1", Set_Cookie="a=secret")  # fmt: skip
        if self.command != "HEAD":
            self.wfile.write(PLAIN)

    def zipped(self) -> None:
        body = gzip.compress(json.dumps({"a": 1}).encode(), mtime=0)
        self._head(Content_Encoding="gzip", Content_Length=str(len(body)))
        self.wfile.write(body)

    def drips(self) -> None:
        self._head(Transfer_Encoding="chunked")
        for part in (b"first", b"second"):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            if part == b"first":
                assert self.gate.wait(20)
        self.wfile.write(b"0\r\n\r\n")

    def long(self) -> None:
        self._head(Content_Length=str(2 * LONGEST), Content_Type="video/mp4")
        self.wfile.write(bytes(2 * LONGEST))

    def breaks(self) -> None:
        self._head(Content_Length="100")
        self.wfile.write(b"half")
        self.close_connection = True

    def breaks_chunked(self) -> None:
        self._head(Transfer_Encoding="chunked")
        self.wfile.write(b"4\r\nhalf\r\n")
        self.close_connection = True

    def garbles(self) -> None:
        self.wfile.write(b"\0\1\2 no HTTP\r\n\r\n")
        self.close_connection = True

    def silent(self) -> None:
        self.came.set()
        self.gate.wait(20)
        self.close_connection = True

    def continues(self) -> None:
        """100 Continue until the recorder disconnects."""
        with suppress(OSError):
            while not self.gate.wait(0.05):
                self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.close_connection = True

    def odd(self) -> None:
        self._head(999, Content_Length="0")

    def moved(self) -> None:
        self._head(302, Location="/elsewhere", Content_Length="0")

    def log_message(self, *_: Any) -> None:
        """Nothing on stderr."""


@contextmanager
def upstream() -> Iterator[tuple[str, type[Upstream]]]:
    events = {name: threading.Event() for name in ("gate", "came")}
    handler = type("Handler", (Upstream,), {"got": [], **events})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", handler
    finally:
        handler.gate.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(name="record")
def recorder_of_upstream(spec: Spec, tmp_path: Path) -> Callable[..., AbstractContextManager[Any]]:
    """`with record() as (http, handler):` a client of a recorder in front of an upstream."""

    @contextmanager
    def record(**options: Any) -> Iterator[tuple[httpx.Client, type[Upstream]]]:
        with (
            upstream() as (url, handler),
            recording(spec, url, tmp_path / "c.json", **options) as base,
            client(base) as http,
        ):
            yield http, handler

    return record


@pytest.fixture(name="cassette")
def recorded_cassette(spec: Spec, tmp_path: Path) -> Callable[[], Cassette]:
    return lambda: load(tmp_path / "c.json", spec)
