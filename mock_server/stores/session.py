"""A unit of work on one tenant. A store adds how a tenant is read, excluded and written."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import chain, takewhile
from types import TracebackType
from typing import Any, Self

from msgspec.structs import replace

from mock_server.simulation.clock import Clock
from mock_server.simulation.task import Task
from mock_server.stores.records import Tenant

# The record of a tenant without one: its clock shows the machine's time.
NO_RECORD = Tenant(Clock(0.0, 0.0))
NOTHING_WRITTEN: dict[str, Task] = {}


class Session(ABC):
    """`with store.tenant(tenant_id) as session`: the tenant is loaded once, nobody else changes it
    while the session is open, and all changes are committed once, at the end. An exception discards
    them. Reads see the changes of the session. One thread has at most one open session.

    tenant_id: from `ids.tenant_of`, never an API key. record: the tenant's record; assign another
    one to change it. number: the latest number that was drawn. written: new and changed tasks by
    id. forgotten: the ids of dropped tasks; one in `written` too was saved again, as a new task.
    is_deleted: everything of the tenant is dropped."""

    __slots__ = ("forgotten", "is_deleted", "number", "record", "tenant_id", "written")

    def __init__(self, tenant_id: str) -> None:
        self.tenant_id = tenant_id
        self.record = NO_RECORD
        self.number = 0
        self.written = NOTHING_WRITTEN
        self.forgotten: frozenset[str] = frozenset()
        self.is_deleted = False

    @property
    def is_new(self) -> bool:
        """Whether the tenant has no record yet."""
        return self.record is NO_RECORD

    def change(self, **changes: Any) -> None:
        """Change fields of the record."""
        self.record = replace(self.record, **changes)

    def next_number(self) -> int:
        """The next number of this tenant, from 1. No number is drawn twice before `delete`."""
        self.number += 1
        return self.number

    def task(self, task_id: str) -> Task | None:
        """The tenant's task with this id, or None."""
        found = self.written.get(task_id) if self.written else None
        if found is not None:
            return found
        return None if task_id in self.forgotten else self._stored(task_id)

    def put(self, *tasks: Task) -> None:
        """Save tasks: new ones become the newest, changed ones keep their position."""
        self.written = {**self.written, **{task.id: task for task in tasks}}

    def newest_first(self) -> Iterator[Task]:
        """The tenant's tasks, newest first. To be used while the session is open."""
        stored = self._current(self._stored_newest_first())
        return chain(reversed(self._new()), stored) if self.written else stored

    def task_count(self) -> int:
        """The number of the tenant's tasks."""
        return self._stored_count() - len(self.forgotten) + len(self._new())

    def forget(self, expired: float) -> list[Task]:
        """Drop and return the oldest tasks whose `expires` is `expired` or earlier."""
        oldest = next(self._stored_oldest_first(), None)
        if not self.written and (oldest is None or oldest.expires > expired):
            return []  # each create call asks, and few find such a task
        oldest_first = chain(self._current(self._stored_oldest_first()), self._new())
        gone = list(takewhile(lambda task: task.expires <= expired, oldest_first))
        for task in gone:
            self.written.pop(task.id, None)
            if self._stored(task.id) is not None:
                self.forgotten |= {task.id}
        return gone

    def delete(self) -> None:
        """Drop the tenant: its record, numbers and tasks. It is new again after the session."""
        self.is_deleted = True

    @abstractmethod
    def __enter__(self) -> Self:
        """Wait until no other session of the tenant is open, and load its record and number. Raises
        RuntimeError if this thread has an open session: it would wait for itself."""

    @abstractmethod
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        """Commit the changes unless an exception ends the session, and let others in."""

    @abstractmethod
    def _stored(self, task_id: str) -> Task | None:
        """A task as it was before the session."""

    @abstractmethod
    def _stored_newest_first(self) -> Iterator[Task]: ...

    @abstractmethod
    def _stored_oldest_first(self) -> Iterator[Task]: ...

    @abstractmethod
    def _stored_count(self) -> int: ...

    def _current(self, stored: Iterator[Task]) -> Iterator[Task]:
        """Stored tasks with the changes of the session."""
        if not (self.written or self.forgotten):
            return stored
        kept = (task for task in stored if task.id not in self.forgotten)
        return (self.written.get(task.id, task) for task in kept)

    def _new(self) -> list[Task]:
        """The tasks that the session added, oldest first."""
        gone, stored = self.forgotten, self._stored
        return [task for id, task in self.written.items() if id in gone or stored(id) is None]
