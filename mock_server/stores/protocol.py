"""The interface of a store. A store does not use time, HTTP or task states."""

from __future__ import annotations

from typing import Protocol

from mock_server.stores.session import Session


class Store(Protocol):
    """A store of tenants and tasks, for any number of engines and threads.

    kind: the kind of storage; `memory` is lost when the process ends. max_tenants: the most
    tenants. evicted: the number of tenants with data that were dropped since the start to make
    room."""

    kind: str
    max_tenants: int
    evicted: int

    def tenant(self, tenant_id: str) -> Session:
        """A unit of work on one tenant, for a `with` block."""

    def rule_bytes(self) -> int:
        """The size of the rules of all tenants, in bytes of JSON."""

    def counts(self) -> tuple[int, int]:
        """The number of tenants, and of tasks."""
