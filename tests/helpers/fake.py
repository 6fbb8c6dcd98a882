"""Helpers for all tests: a service in this process, documented requests, and skip-or-fail."""

from __future__ import annotations

import json
import os
from typing import Any, NamedTuple

import pytest

from contracts.spec.loader import Spec
from mock_server.control.bundle import Bundle, bundling, read
from mock_server.engine.pipeline import Engine
from mock_server.engine.quotas import usage
from mock_server.media import samples
from mock_server.media.audio_length import audio_seconds
from mock_server.scenarios.rule_compile import compile_ruleset
from mock_server.scenarios.rules import Ruleset
from mock_server.settings import Settings
from mock_server.simulation.billing import Used
from mock_server.simulation.call import Call, Reply
from mock_server.simulation.seeds import seeds_of
from mock_server.simulation.task import Task
from mock_server.stores.protocol import Store
from mock_server.stores.records import Tenant

EPOCH = 1_757_572_418.716  # 2025-09-11 14:33:38.716 in UTC+8, as in the documentation
SECONDS = 13.93  # of the video that the documented recording makes (YU)
KEY = "sk-test"
SERVICE = "/api/v1/services/aigc/image2video"


def need(condition: object, what: str) -> None:
    """Skip a test if the machine lacks something; fail it if CI promised that it is there."""
    if not condition:
        if os.environ.get("EMO_NO_SKIPS"):
            pytest.fail(f"{what} must be there, and is not")
        pytest.skip(f"needs {what}")


def video_of(audio_url: str, ratio: str = "1:1") -> bytes:
    """The video that a server with the default seed makes for a recording."""
    seconds = audio_seconds(Spec.load(), "emo-v1", seeds_of(None).content, audio_url)
    return samples.video(ratio, seconds)


class Result(NamedTuple):
    """A Reply with its body decoded."""

    status: int
    body: Any
    reply: Reply

    @property
    def text(self) -> str:
        return self.reply.body.decode()


class Service:
    """The engine with a clock that the test moves: `service.real += 5`. file: the content of the
    server's scenario file. store: default: a new one in memory."""

    def __init__(
        self, spec: Spec, *, file: Any = None, store: Store | None = None, **settings: Any
    ) -> None:
        self.real = EPOCH
        self.spec = spec
        served = Ruleset() if file is None else compile_ruleset(spec, file)
        self.engine = Engine(
            spec,
            settings=Settings(**{"time": "real", "seed": "emo", **settings}),
            store=store,
            real=lambda: self.real,
            file=lambda _: served,
        )

    def tenant(self, key: str = KEY) -> Tenant:
        """The record of a key's tenant."""
        with self.engine.session(self.tenant_id(key)) as session:
            return session.record

    def tenant_id(self, key: str = KEY) -> str:
        return self.engine.tenant_of_headers({b"authorization": f"Bearer {key}".encode()})

    def tasks(self, key: str = KEY) -> list[Task]:
        """The tasks of a key, newest first."""
        with self.engine.session(self.tenant_id(key)) as session:
            return list(session.newest_first())

    def usage(self, key: str = KEY) -> list[Used]:
        """The bill of a key."""
        with self.engine.session(self.tenant_id(key)) as session:
            return usage(self.spec, session, session.record.clock.now(self.real))

    def bundle(self, key: str = KEY) -> Bundle:
        """The bundle of a key's tenant, as the control API gives it."""
        return read("".join(bundling(self.engine, self.tenant_id(key), self.real)).encode())

    def change(self, key: str = KEY, **changes: Any) -> None:
        """Change the record of a key's tenant: `variants=`, `account=`, `clock=`."""
        with self.engine.session(self.tenant_id(key)) as session:
            session.change(**changes)

    def rules(self, *written: Any, key: str = KEY) -> None:
        """The rules of a key's tenant, in place of those that it has."""
        began = self.tenant(key).clock.now(self.real)
        found = compile_ruleset(self.spec, {"scenarios": list(written)}, began)
        self.change(key, rules=found.rules)

    def fired(self, key: str = KEY) -> dict[str, int]:
        """How often each rule of a key's tenant decided, by its name."""
        record = self.tenant(key)
        return {rule.name: record.counters.fired.get(rule.id, 0) for rule in record.rules}

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Result:
        """One call. Keyword arguments are headers: `X_DashScope_Async="enable"`."""
        reply = self.raw(method, path, body, **options)
        return Result(reply.status, json.loads(reply.body), reply)

    def raw(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = KEY,
        query: str = "",
        **headers: str,
    ) -> Reply:
        """The reply to a call, which may have any body."""
        raw = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        sent = {k.replace("_", "-").lower().encode(): v.encode() for k, v in headers.items()}
        if key is not None:
            sent.setdefault(b"authorization", f"Bearer {key}".encode())
        return self.engine.handle(Call(method, path, query, sent, raw))

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
