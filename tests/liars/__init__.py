"""Liars: servers that break the contract in one way each. Each liar is the fake with one change,
and names the check that has to find it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NamedTuple

import httpx

from contracts.spec.loader import Spec
from mock_server.engine.pipeline import Engine
from mock_server.server.app import FakeApp
from mock_server.server.httpx_transport import InProcess
from mock_server.server.run import running
from mock_server.settings import Settings
from mock_server.simulation.call import Call, Reply
from mock_server.simulation.clock import RealTime, real_time

Honest = Callable[[Call], Reply]
Lie = Callable[[Call, Honest], Reply]
ROOMS = ("keys", "paths", "bodies", "unknown", "lists", "envelopes", "detection", "creation",
         "lives", "ends")  # fmt: skip


class Liar(NamedTuple):
    """A named liar. check: the id of the check that finds it. make: returns the function that
    changes the calls or answers; it may keep state."""

    name: str
    check: str
    make: Callable[[], Lie]


LIARS: dict[str, Liar] = {}


def liar(check: str) -> Callable[[Callable[[], Lie]], Callable[[], Lie]]:
    """Register a function that makes a liar with state; the function's name is the liar's name."""

    def register(make: Callable[[], Lie]) -> Callable[[], Lie]:
        name = make.__name__.strip("_")
        assert name not in LIARS, name
        LIARS[name] = Liar(name, check, make)
        return make

    return register


def lies(check: str) -> Callable[[Lie], Lie]:
    """Register a liar without state."""

    def register(lie: Lie) -> Lie:
        name = lie.__name__.strip("_")
        assert name not in LIARS, name
        LIARS[name] = Liar(name, check, lambda: lie)
        return lie

    return register


def all_liars() -> dict[str, Liar]:
    for room in ROOMS:
        import_module(f"{__name__}.{room}")
    return LIARS


@contextmanager
def lying(spec: Spec, lie: Lie | None = None, **settings: Any) -> Iterator[str]:
    """Run a server with that liar for the time of the block; gives its base URL."""
    app = _app(spec, lie, settings)
    with running(app.engine.settings, app) as url:
        yield url


@contextmanager
def lying_here(
    spec: Spec, lie: Lie | None = None, real: RealTime = real_time, **settings: Any
) -> Iterator[httpx.Client]:
    """The same without a socket: gives a client whose calls it answers, for any host."""
    with httpx.Client(transport=InProcess(_app(spec, lie, settings, real))) as http:
        yield http


def _app(
    spec: Spec, lie: Lie | None, settings: dict[str, Any], real: RealTime = real_time
) -> FakeApp:
    told = Settings(**{"port": 0, "time": "fast", **settings})
    app = FakeApp(Engine(spec, settings=told, real=real))
    honest = app.engine.handle
    if lie is not None:
        app.engine.handle = lambda call: lie(call, honest)  # type: ignore[method-assign]
    return app


# What lies are made of


def is_poll(call: Call) -> bool:
    return call.method == "GET" and "/tasks/" in call.path


def is_cancel(call: Call) -> bool:
    return call.path.rstrip("/").endswith("/cancel")


def is_list(call: Call) -> bool:
    return call.path.rstrip("/").endswith("/tasks")


def is_create(call: Call) -> bool:
    return call.method == "POST" and "video-synthesis" in call.path


def is_detect(call: Call) -> bool:
    return call.method == "POST" and "face-detect" in call.path


def task_of(call: Call) -> str:
    """The task_id in a path."""
    return call.path.removesuffix("/").removesuffix("/cancel").rpartition("/")[2]


def said(reply: Reply) -> Any:
    return json.loads(reply.body)


def state_of(reply: Reply) -> str:
    return said(reply).get("output", {}).get("task_status", "")


def saying(reply: Reply, value: Any, status: int | None = None) -> Reply:
    """The same answer with another JSON body."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return with_body(reply, body)._replace(status=status or reply.status)


def with_body(reply: Reply, body: bytes) -> Reply:
    length = (b"content-length", b"%d" % len(body))
    headers = [length if name == length[0] else (name, value) for name, value in reply.headers]
    return reply._replace(body=body, headers=headers)


def with_header(reply: Reply, name: bytes, value: bytes | None) -> Reply:
    """The same answer with another value of a header; None removes the header."""
    headers = [(n, v) for n, v in reply.headers if n != name]
    return reply._replace(headers=headers if value is None else [*headers, (name, value)])


def changed(reply: Reply, change: Callable[[Any], object]) -> Reply:
    """The same answer after a function changed its JSON body in place."""
    value = said(reply)
    change(value)
    return saying(reply, value)


def error(reply: Reply, status: int, code: str, message: str) -> Reply:
    value = {"code": code, "message": message, "request_id": said(reply)["request_id"]}
    return saying(reply, value, status)


def succeeding(call: Call, honest: Honest, change: Callable[[Any], object]) -> Reply:
    """The honest answer; a poll of a SUCCEEDED task is changed."""
    reply = honest(call)
    done = is_poll(call) and reply.status == 200 and state_of(reply) == "SUCCEEDED"
    return changed(reply, change) if done else reply
