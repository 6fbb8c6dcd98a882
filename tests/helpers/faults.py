"""Helpers for tests of faults: a server on either event loop, connections as bytes."""

from __future__ import annotations

import itertools
import logging
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from mock_server.server import run
from mock_server.server.waiting import SLICE
from mock_server.settings import Settings
from tests.helpers.http import PLAIN

KEYS = itertools.count()


@contextmanager
def serving(loop: str = "uvloop", app: Any = None) -> Iterator[str]:
    """A real server on that event loop, of an app in place of the fake's; gives its URL."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(run.UVICORN, "loop", loop)
        if app:
            patch.setattr(run, "create_app", lambda _: app)
        with run.running(Settings(port=0, time="skip")) as url:
            logging.getLogger("uvicorn.error").setLevel(logging.WARNING)  # a server hides them
            yield url


class Answer(NamedTuple):
    """The bytes that arrived: first line and headers of the head, and the body."""

    status: bytes
    headers: dict[bytes, bytes]
    body: bytes

    @property
    def length(self) -> int:
        return int(self.headers[b"content-length"])


def answer_of(data: bytes) -> Answer:
    head, _, body = data.partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    return Answer(status, dict(line.split(b": ", 1) for line in lines), body)


class Wire:
    """A connection with a key of its own, on which polls are sent and bytes are read."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.url, self.address = url, (str(parts.hostname), int(parts.port or 80))
        self.unread = b""
        self.key = f"Bearer sk-wire-{next(KEYS)}"
        self.sock = socket.create_connection(self.address, timeout=10)

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *error: object) -> None:
        self.sock.close()

    def send(self, *faults: str, extra: str = "") -> None:
        """A poll for each of the faults, "" for none, in one piece."""
        polls = ""
        for fault in faults or ("",):
            polls += "GET /api/v1/tasks/1 HTTP/1.1\r\nHost: x\r\n"
            polls += f"Authorization: {self.key}\r\n{extra}"
            polls += f"X-Mock-Scenario: {fault}\r\n\r\n" if fault else "\r\n"
        self.sock.sendall(polls.encode())

    def ask(self, fault: str = "", extra: str = "") -> Answer:
        """Send a call and read one answer to the end that its Content-Length gives."""
        self.send(fault, extra=extra)
        return self.answer()

    def answer(self) -> Answer:
        while b"\r\n\r\n" not in self.unread:
            self._more()
        while len((answer := answer_of(self.unread)).body) < answer.length:
            self._more()
        body, self.unread = answer.body[: answer.length], answer.body[answer.length :]
        return answer._replace(body=body)

    def _more(self) -> None:
        data = self.sock.recv(65536)
        assert data, f"the connection ended behind {self.unread!r}"
        self.unread += data

    def rest(self, at_most: int = 1 << 30) -> tuple[bytes, str]:
        """All that still comes, and how it ends: FIN, RST, or more, where `at_most` is reached."""
        data, self.unread = self.unread, b""
        while len(data) < at_most:
            try:
                data += (piece := self.sock.recv(at_most - len(data)))
            except ConnectionResetError:
                return data, "RST"
            if not piece:
                return data, "FIN"
        return data, "more"

    def clock(self, **change: object) -> None:
        """Move the key's clock by the control API."""
        headers = {"Authorization": self.key}
        PLAIN.post(f"{self.url}/__mock__/clock", json=change, headers=headers).raise_for_status()


def are_silent(*wires: Wire) -> bool:
    """Whether nothing comes on any of them for as long as the server needs to look twice."""
    coming = select.select([wire.sock for wire in wires], [], [], 2 * SLICE + 0.02)[0]
    return not coming and not any(wire.unread for wire in wires)
