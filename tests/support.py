"""What the tests share: a service in this process, documented requests, skip-or-fail."""

from __future__ import annotations

import json
import os
from typing import Any, NamedTuple

import pytest

from contracts.spec import Spec
from mock_server.call import Call, Reply
from mock_server.engine import Engine
from mock_server.settings import Settings

EPOCH = 1_757_572_418.716  # 2025-09-11 14:33:38.716 in UTC+8, as in the documentation
KEY = "sk-test"
SERVICE = "/api/v1/services/aigc/image2video"


def need(condition: object, what: str) -> None:
    """Skip a test that needs something of the machine; fail it where CI promised to have it."""
    if not condition:
        if os.environ.get("EMO_NO_SKIPS"):
            pytest.fail(f"{what} must be there, and is not")
        pytest.skip(f"needs {what}")


class Result(NamedTuple):
    """A Reply with its body decoded."""

    status: int
    body: Any
    reply: Reply

    @property
    def text(self) -> str:
        return self.reply.body.decode()


class Service:
    """The engine with a hand on the machine's time: `service.real += 5`."""

    def __init__(self, spec: Spec, **settings: Any) -> None:
        self.real = EPOCH
        self.spec = spec
        self.engine = Engine(
            spec, settings=Settings(**{"time": "real", **settings}), real=lambda: self.real
        )

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = KEY,
        query: str = "",
        **headers: str,
    ) -> Result:
        """One call. Keyword arguments are headers: `X_DashScope_Async="enable"`."""
        raw = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        sent = {k.replace("_", "-").lower().encode(): v.encode() for k, v in headers.items()}
        if key is not None:
            sent.setdefault(b"authorization", f"Bearer {key}".encode())
        reply = self.engine.handle(Call(method, path, query, sent, raw))
        return Result(reply.status, json.loads(reply.body), reply)

    def detect(self, body: Any = None, **options: Any) -> Result:
        return self.call(
            "POST", f"{SERVICE}/face-detect", body or request(self.spec, "detectFace"), **options
        )

    def create(self, body: Any = None, **options: Any) -> Result:
        options.setdefault("X_DashScope_Async", "enable")
        body = body or request(self.spec, "createVideoTask")
        return self.call("POST", f"{SERVICE}/video-synthesis", body, **options)

    def task_id(self, body: Any = None, **options: Any) -> str:
        created = self.create(body, **options)
        assert created.status == 200, created.text
        return created.body["output"]["task_id"]

    def get(self, task_id: str, **options: Any) -> Result:
        return self.call("GET", f"/api/v1/tasks/{task_id}", **options)

    def status(self, task_id: str, **options: Any) -> str:
        return self.get(task_id, **options).body["output"]["task_status"]

    def cancel(self, task_id: str, **options: Any) -> Result:
        return self.call("POST", f"/api/v1/tasks/{task_id}/cancel", **options)

    def list(self, query: str = "", **options: Any) -> Result:
        return self.call("GET", "/api/v1/tasks", query=query, **options)


def request(spec: Spec, operation: str, name: str = "documentation") -> Any:
    """A fresh copy of a request example of the spec."""
    return json.loads(json.dumps(spec.operations[operation].requests[name]))
