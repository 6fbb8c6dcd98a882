"""A store in memory: fast and bounded. Its content is lost when the process ends."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator

from mock_server.simulation.billing import Account
from mock_server.simulation.task import Task
from mock_server.stores.protocol import Tenant

MAX_TASKS = 1_000_000
# A list, a bill and a cancellation read all tasks of a tenant: 0.1 s for this many.
MAX_TASKS_OF_TENANT = 100_000
MAX_TENANTS = 10_000
IDLE_SHARE = 10  # tenants without data may always use 1/10 of the places


class _TenantData:
    """The record and the tasks of one tenant."""

    __slots__ = ("number", "order", "record", "tasks")

    def __init__(self) -> None:
        self.record: Tenant | None = None
        self.number = 0
        self.tasks: dict[str, Task] = {}
        self.order: deque[str] = deque()  # finding a dict's oldest key is slow after deletions


class MemoryStore:
    """At most `max_tasks` tasks and `max_tenants` tenants in total.

    If there are more, the tenant that has been inactive longest is dropped. Tenants without data
    (any call with a new key creates one) are dropped before others while they use more than 1/10 of
    the places. A tenant with more than `max_tasks_of_tenant` tasks, or the only tenant of a full
    store, loses its oldest tasks: a tenant that creates without end drops no other.
    """

    kind = "memory"

    def __init__(
        self,
        max_tasks: int = MAX_TASKS,
        max_tenants: int = MAX_TENANTS,
        max_tasks_of_tenant: int = MAX_TASKS_OF_TENANT,
    ) -> None:
        self._by_tenant: OrderedDict[str, _TenantData] = OrderedDict()
        self._idle: OrderedDict[str, None] = OrderedDict()  # tenants without data
        self._max_tasks = max_tasks
        self._max_tasks_of_tenant = max_tasks_of_tenant
        self.max_tenants = max_tenants
        self.evicted = 0
        self._tasks = 0

    def tenant(self, tenant: str) -> Tenant | None:
        data = self._by_tenant.get(tenant)
        return data.record if data else None

    def save(self, tenant: str, record: Tenant) -> None:
        self._data_of(tenant).record = record
        if tenant in self._idle and not _is_as_made(record):
            del self._idle[tenant]

    def rule_bytes(self) -> int:
        return sum(data.record.rule_bytes for data in self._by_tenant.values() if data.record)

    def next_number(self, tenant: str) -> int:
        data = self._data_of(tenant)
        self._by_tenant.move_to_end(tenant)
        if tenant in self._idle:
            self._idle.move_to_end(tenant)
        data.number += 1
        return data.number

    def task(self, tenant: str, task_id: str) -> Task | None:
        data = self._by_tenant.get(tenant)
        return data.tasks.get(task_id) if data else None

    def put(self, tenant: str, tasks: Iterable[Task]) -> None:
        data = self._data_of(tenant)
        self._idle.pop(tenant, None)
        for task in tasks:
            if task.id not in data.tasks:
                data.order.append(task.id)
                self._tasks += 1
            data.tasks[task.id] = task
        while len(data.tasks) > self._max_tasks_of_tenant:
            self._drop_oldest(data)
        while self._tasks > self._max_tasks:
            self._make_space(data)

    def newest_first(self, tenant: str) -> Iterator[Task]:
        data = self._by_tenant.get(tenant)
        return (data.tasks[task_id] for task_id in reversed(data.order)) if data else iter(())

    def task_count(self, tenant: str) -> int:
        data = self._by_tenant.get(tenant)
        return len(data.tasks) if data else 0

    def forget(self, tenant: str, expired: float) -> list[Task]:
        data, dropped = self._data_of(tenant), []
        while data.order and data.tasks[data.order[0]].expires <= expired:
            dropped.append(self._drop_oldest(data))
        return dropped

    def counts(self) -> tuple[int, int]:
        return len(self._by_tenant), self._tasks

    def reset(self, tenant: str) -> None:
        data = self._by_tenant.pop(tenant, None)
        self._idle.pop(tenant, None)
        self._tasks -= len(data.tasks) if data else 0

    def _data_of(self, tenant: str) -> _TenantData:
        data = self._by_tenant.get(tenant)
        if data is None:
            while len(self._by_tenant) >= self.max_tenants:
                has_enough = len(self._idle) > self.max_tenants // IDLE_SHARE
                self._evict(next(iter(self._idle if has_enough else self._by_tenant)))
            data = self._by_tenant[tenant] = _TenantData()
            self._idle[tenant] = None
        return data

    def _make_space(self, writer: _TenantData) -> None:
        silent, data = next(iter(self._by_tenant.items()))
        if data is writer:
            self._drop_oldest(writer)
        else:
            self._evict(silent)

    def _evict(self, tenant: str) -> None:
        self.evicted += tenant not in self._idle
        self.reset(tenant)

    def _drop_oldest(self, data: _TenantData) -> Task:
        self._tasks -= 1
        return data.tasks.pop(data.order.popleft())


def _is_as_made(record: Tenant) -> bool:
    """Whether the tenant has no rules, variants or account settings."""
    return not record.rules and not record.variants and record.account == Account()
