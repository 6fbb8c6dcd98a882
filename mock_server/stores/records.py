"""The record of a tenant, and how records and tasks are written as JSON.

The JSON is for people too: its fields are those of the structs. JSON has no infinity: the time of a
task that never comes is null. FORMAT rises with every change of a field, because an older version
would ignore a new field in silence."""

from __future__ import annotations

from math import inf
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, convert

from mock_server.scenarios.rules import Counters, Rule
from mock_server.simulation.billing import Account
from mock_server.simulation.clock import Clock
from mock_server.simulation.queue import Queue
from mock_server.simulation.rate_limit import Bucket
from mock_server.simulation.task import Task

FORMAT = 1
_NEVER = ("scheduled", "ended")  # the times of a task that may be infinite
_WAY_ON = "start with an empty store"
T = TypeVar("T")


class Tenant(Struct, frozen=True, gc=False):
    """The state of one API key, except for its tasks.

    queues: by model. began: the tenant's time of its first call. rules, variants: set by the
    control API. rule_bytes: size of the rules as JSON. counters: of calls by rule. buckets: rate
    limits, by operation."""

    clock: Clock
    queues: dict[str, Queue] = {}
    began: float = 0.0
    rules: tuple[Rule, ...] = ()
    rule_bytes: int = 0
    counters: Counters = Counters()
    variants: dict[str, str] = {}
    buckets: dict[str, Bucket] = {}
    account: Account = Account()


class RecordError(ValueError):
    """A stored record or task cannot be read. The text names it, the reason and the way on."""


class _Versioned(Struct):
    format: int


class _TenantDocument(_Versioned):
    number: int
    record: Tenant | None


class _TaskDocument(_Versioned):
    task: Task


_encode = msgspec.json.Encoder().encode


def encode_tenant(record: Tenant | None, number: int) -> bytes:
    """The JSON of a tenant. record: None if it has none yet. number: the latest that was drawn."""
    return _encode(_TenantDocument(FORMAT, number, record))


def decode_tenant(tenant_id: str, data: bytes) -> tuple[Tenant | None, int]:
    """The record and the number of a tenant. Raises RecordError."""
    document = _read(f"the record of tenant {tenant_id!r}", data, _TenantDocument)
    return document.record, document.number


def encode_task(task: Task) -> bytes:
    """The JSON of a task."""
    return _encode(_TaskDocument(FORMAT, task))


def decode_task(task_id: str, data: bytes) -> Task:
    """The task. Raises RecordError."""
    return _read(f"the task {task_id!r}", data, _TaskDocument).task


def _read(name: str, data: bytes, kind: type[T]) -> T:
    try:
        value = msgspec.json.decode(data)
        version = convert(value, _Versioned).format
        if version == FORMAT:
            return convert(_with_inf(value), kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError(f"{name} is broken: {error}; {_WAY_ON}") from None
    age = "a newer" if version > FORMAT else "another"
    raise RecordError(
        f"{name} was written by {age} version (format {version}; this version reads {FORMAT}): "
        f"use that version; or {_WAY_ON}"
    )


def _with_inf(value: dict[str, Any]) -> dict[str, Any]:
    """The document with the times of its task that never come."""
    task = value.get("task")
    if isinstance(task, dict):
        for name in _NEVER:
            if task.get(name, 0) is None:
                task[name] = inf
    return value
