"""A service with a fixed sequence of answers, and a client of it with a simulated clock. It keeps
the requests and checks nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx

from emo_client import Client

BASE = "https://emo.test/api/v1"
FACE, EXT = [302, 286, 610, 593], [71, 9, 840, 778]
CALLS: dict[str, Callable[[Client], Any]] = {
    "detectFace": lambda emo: emo.detect("https://x/p.png"),
    "createVideoTask": lambda emo: emo.create("https://x/p.png", "https://x/v.mp3", FACE, EXT),
    "listTasks": lambda emo: emo.list(),
    "getTask": lambda emo: emo.get("t"),
    "cancelTask": lambda emo: emo.cancel("t"),
}


class Scripted:
    """`Scripted(value).call("getTask")`: the client's result for this answer. The last of several
    values repeats; each has the headers."""

    def __init__(self, *values: Any, headers: dict[str, str] | None = None, status: int = 200):
        self.values, self.status = list(values), status
        self.headers = {"content-type": "application/json", **(headers or {})}
        self.present = 0.0
        self.sent: list[httpx.Request] = []

    def call(self, operation: str) -> Any:
        """A plain call of an operation."""
        return self.run(CALLS[operation])

    def run(self, act: Callable[[Client], Any]) -> Any:
        """Call the function with a client of this service; returns its result."""
        with Client(
            # Digits in order are common in random answers, where the client would hide them.
            api_key="sk-qXvWzKjPyTmRgLbN",
            base_url=BASE,
            transport=httpx.MockTransport(self._answer),
            sleep=self._sleep,
            clock=lambda: self.present,
            now=lambda: self.present,
            random=lambda: 0.0,
        ) as emo:
            return act(emo)

    def _sleep(self, seconds: float) -> None:
        self.present += seconds

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        value = self.values.pop(0) if len(self.values) > 1 else self.values[0]
        body = json.dumps(value).encode()
        return httpx.Response(self.status, content=body, headers=self.headers)
