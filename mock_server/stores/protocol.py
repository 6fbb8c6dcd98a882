"""The interface of a store for tenants and tasks. A store does not use time, HTTP or task
states."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from msgspec import Struct

from mock_server.scenarios.rules import Counters, Rule
from mock_server.simulation.billing import Account
from mock_server.simulation.clock import Clock
from mock_server.simulation.queue import Queue
from mock_server.simulation.rate_limit import Bucket
from mock_server.simulation.task import Task


class Tenant(Struct, frozen=True, gc=False):
    """The state of one API key, except for its tasks.

    began: the tenant's time of its first call. rules, variants: set by the control API. rule_bytes:
    size of the rules as JSON. counters: of calls by rule. buckets: rate limits, by operation."""

    clock: Clock
    queue: Queue
    began: float = 0.0
    rules: tuple[Rule, ...] = ()
    rule_bytes: int = 0
    counters: Counters = Counters()
    variants: dict[str, str] = {}
    buckets: dict[str, Bucket] = {}
    account: Account = Account()


class Store(Protocol):
    """A store of tenants and tasks. Only one thread may write at a time.

    Arguments `tenant` are ids from `ids.tenant_of`, never API keys. kind: the kind of storage;
    `memory` is lost when the process ends. max_tenants: the most tenants. evicted: the number of
    tenants with data that were dropped since the start to make room."""

    kind: str
    max_tenants: int
    evicted: int

    def tenant(self, tenant: str) -> Tenant | None:
        """The tenant's record, or None before the first `save`."""

    def save(self, tenant: str, record: Tenant) -> None:
        """Save the tenant's record."""

    def rule_bytes(self) -> int:
        """The size of the rules of all tenants, in bytes of JSON."""

    def next_number(self, tenant: str) -> int:
        """The next number of this tenant, from 1; no number is returned twice before `reset`."""

    def task(self, tenant: str, task_id: str) -> Task | None:
        """The tenant's task with this id, or None."""

    def put(self, tenant: str, tasks: Iterable[Task]) -> None:
        """Save tasks: new ones become the newest, changed ones keep their position."""

    def newest_first(self, tenant: str) -> Iterator[Task]:
        """The tenant's tasks, newest first."""

    def task_count(self, tenant: str) -> int:
        """The number of the tenant's tasks."""

    def forget(self, tenant: str, expired: float) -> list[Task]:
        """Drop and return the oldest tasks whose `expires` is `expired` or earlier."""

    def counts(self) -> tuple[int, int]:
        """The number of tenants, and of tasks."""

    def reset(self, tenant: str) -> None:
        """Drop the tenant and its tasks."""
