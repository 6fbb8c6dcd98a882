"""Helpers for tests on a real socket: clients, a task created over HTTP, and raw requests."""

from __future__ import annotations

import atexit
import itertools
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from urllib.parse import urlsplit

import httpx
import pytest

from contracts.spec.loader import Spec
from tests.helpers.fake import SERVICE, request

Serve = Callable[..., AbstractContextManager[str]]


# Creating a client takes 80 ms: all tests share one with a key and one without.
PLAIN = httpx.Client()
KEYED = httpx.Client()
KEYS = itertools.count()
atexit.register(PLAIN.close)
atexit.register(KEYED.close)


@pytest.fixture(name="http")
def http_client(url: str) -> httpx.Client:
    """A client of the module's server; each test has its own key."""
    KEYED.base_url = url
    KEYED.headers["Authorization"] = f"Bearer sk-{next(KEYS)}"
    return KEYED


def create(http: httpx.Client, spec: Spec) -> str:
    answer = http.post(
        f"{SERVICE}/video-synthesis",
        json=request(spec, "createVideoTask"),
        headers={"X-DashScope-Async": "enable"},
    )
    return answer.json()["output"]["task_id"]


def exchange(target: str, data: bytes) -> bytes:
    """Send bytes on a new connection; returns the bytes of one answer."""
    parts = urlsplit(target)
    with socket.create_connection((str(parts.hostname), int(parts.port or 80)), timeout=10) as sock:
        sock.sendall(data)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += sock.recv(65536) or b"\r\n\r\n"
        head, _, body = answer.partition(b"\r\n\r\n")
        length = next(int(h.split(b":")[1]) for h in head.split(b"\r\n") if b"content-length" in h)
        while len(body) < length:
            body += sock.recv(65536)
    return head + b"\r\n\r\n" + body
