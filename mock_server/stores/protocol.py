"""Where tenants and tasks are kept. A store knows nothing of time, HTTP or what a task means."""

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
    """What belongs to one API key, besides its tasks.

    began: its time when it was first seen. rules, variants: set by the control API. rule_bytes: of
    the rules, as JSON. buckets: what is left of its rates, by operation."""

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
    """One writer at a time. `tenant` is an id from `ids.tenant_of`, never an API key. kind: where
    things are kept: `memory` ends with the process. max_tenants: how many there may be. evicted:
    how many had to make room since the start that had something to lose."""

    kind: str
    max_tenants: int
    evicted: int

    def tenant(self, tenant: str) -> Tenant | None:
        """The record, or None before the first `save`."""

    def save(self, tenant: str, record: Tenant) -> None:
        """Keep the record."""

    def rule_bytes(self) -> int:
        """Bytes of the rules of all tenants, as JSON."""

    def next_number(self, tenant: str) -> int:
        """The next number of this tenant, from 1 on; each is given out once, until `reset`."""

    def task(self, tenant: str, task_id: str) -> Task | None:
        """The task, or None when this tenant has none of that id."""

    def put(self, tenant: str, tasks: Iterable[Task]) -> None:
        """Keep new tasks behind the present ones, and changed ones in their place."""

    def newest_first(self, tenant: str) -> Iterator[Task]:
        """The tenant's tasks, latest `put` first."""

    def task_count(self, tenant: str) -> int:
        """How many tasks the tenant has."""

    def forget(self, tenant: str, expired: float) -> list[Task]:
        """Drop, and return, the tasks at the old end whose `expires` is `expired` or before."""

    def counts(self) -> tuple[int, int]:
        """How many tenants and tasks there are."""

    def reset(self, tenant: str) -> None:
        """Drop all that belongs to the tenant."""
