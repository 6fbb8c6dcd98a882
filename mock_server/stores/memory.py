"""Tenants and tasks in this process: fast, bounded, gone with it."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator

from mock_server.simulation.billing import Account
from mock_server.simulation.task import Task
from mock_server.stores.protocol import Tenant

MAX_TASKS = 1_000_000
# A list, a bill and a cancellation look at all tasks of a tenant: 0.1 s for so many.
MAX_TASKS_OF_TENANT = 100_000
MAX_TENANTS = 10_000
IDLE_SHARE = 10  # tenants with nothing to lose have such a part of all places for themselves


class _Room:
    """One tenant's things."""

    __slots__ = ("number", "order", "record", "tasks")

    def __init__(self) -> None:
        self.record: Tenant | None = None
        self.number = 0
        self.tasks: dict[str, Task] = {}
        self.order: deque[str] = deque()  # a dict alone walks over its graves to find its oldest


class MemoryStore:
    """At most `max_tasks` tasks and `max_tenants` tenants in all. When there are more, the tenant
    that was silent longest goes: of tenants, one of those with no task, rule, variant or account
    (whoever sends any key makes such a tenant), while these have a tenth of all places. A tenant
    with more than `max_tasks_of_tenant` tasks, or that fills
    the store alone, loses its oldest ones, so one tenant that creates without end drops no other.
    """

    kind = "memory"

    def __init__(
        self,
        max_tasks: int = MAX_TASKS,
        max_tenants: int = MAX_TENANTS,
        max_tasks_of_tenant: int = MAX_TASKS_OF_TENANT,
    ) -> None:
        self._rooms: OrderedDict[str, _Room] = OrderedDict()
        self._idle: OrderedDict[str, None] = OrderedDict()  # the rooms with nothing to lose
        self._max_tasks = max_tasks
        self._max_tasks_of_tenant = max_tasks_of_tenant
        self.max_tenants = max_tenants
        self.evicted = 0
        self._tasks = 0

    def tenant(self, tenant: str) -> Tenant | None:
        room = self._rooms.get(tenant)
        return room.record if room else None

    def save(self, tenant: str, record: Tenant) -> None:
        self._room(tenant).record = record
        if tenant in self._idle and not _is_as_made(record):
            del self._idle[tenant]

    def rule_bytes(self) -> int:
        return sum(room.record.rule_bytes for room in self._rooms.values() if room.record)

    def next_number(self, tenant: str) -> int:
        room = self._room(tenant)
        self._rooms.move_to_end(tenant)
        if tenant in self._idle:
            self._idle.move_to_end(tenant)
        room.number += 1
        return room.number

    def task(self, tenant: str, task_id: str) -> Task | None:
        room = self._rooms.get(tenant)
        return room.tasks.get(task_id) if room else None

    def put(self, tenant: str, tasks: Iterable[Task]) -> None:
        room = self._room(tenant)
        self._idle.pop(tenant, None)
        for task in tasks:
            if task.id not in room.tasks:
                room.order.append(task.id)
                self._tasks += 1
            room.tasks[task.id] = task
        while len(room.tasks) > self._max_tasks_of_tenant:
            self._drop_oldest(room)
        while self._tasks > self._max_tasks:
            self._make_space(room)

    def newest_first(self, tenant: str) -> Iterator[Task]:
        room = self._rooms.get(tenant)
        return (room.tasks[task_id] for task_id in reversed(room.order)) if room else iter(())

    def task_count(self, tenant: str) -> int:
        room = self._rooms.get(tenant)
        return len(room.tasks) if room else 0

    def forget(self, tenant: str, expired: float) -> list[Task]:
        room, dropped = self._room(tenant), []
        while room.order and room.tasks[room.order[0]].expires <= expired:
            dropped.append(self._drop_oldest(room))
        return dropped

    def counts(self) -> tuple[int, int]:
        return len(self._rooms), self._tasks

    def reset(self, tenant: str) -> None:
        room = self._rooms.pop(tenant, None)
        self._idle.pop(tenant, None)
        self._tasks -= len(room.tasks) if room else 0

    def _room(self, tenant: str) -> _Room:
        room = self._rooms.get(tenant)
        if room is None:
            while len(self._rooms) >= self.max_tenants:
                has_enough = len(self._idle) > self.max_tenants // IDLE_SHARE
                self._evict(next(iter(self._idle if has_enough else self._rooms)))
            room = self._rooms[tenant] = _Room()
            self._idle[tenant] = None
        return room

    def _make_space(self, writer: _Room) -> None:
        silent, room = next(iter(self._rooms.items()))
        if room is writer:
            self._drop_oldest(writer)
        else:
            self._evict(silent)

    def _evict(self, tenant: str) -> None:
        self.evicted += tenant not in self._idle
        self.reset(tenant)

    def _drop_oldest(self, room: _Room) -> Task:
        self._tasks -= 1
        return room.tasks.pop(room.order.popleft())


def _is_as_made(record: Tenant) -> bool:
    """Whether the tenant has set nothing."""
    return not record.rules and not record.variants and record.account == Account()
