"""A store in memory: fast and bounded. Its content is lost when the process ends."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from threading import RLock
from types import TracebackType
from typing import Self

from mock_server.simulation.billing import Account
from mock_server.simulation.task import Task
from mock_server.stores.records import Tenant
from mock_server.stores.session import NO_RECORD, Session

MAX_TASKS = 1_000_000
# A list, a bill and a cancellation read all tasks of a tenant: 0.1 s for this many.
MAX_TASKS_OF_TENANT = 100_000
MAX_TENANTS = 10_000
IDLE_SHARE = 10  # tenants without data may always use 1/10 of the places


class _TenantData:
    """The record and the tasks of one tenant."""

    __slots__ = ("number", "order", "record", "tasks")

    def __init__(self) -> None:
        self.record = NO_RECORD
        self.number = 0
        self.tasks: dict[str, Task] = {}
        self.order: deque[str] = deque()  # finding a dict's oldest key is slow after deletions


NO_DATA = _TenantData()  # of every tenant that is not in the store; never written to


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
        # One lock for all tenants: a session may drop other tenants to make room.
        self.lock = RLock()
        self.is_open = False  # whether a session is open: this thread must not open a second one
        self.find = self._by_tenant.get

    def tenant(self, tenant_id: str) -> Session:
        return MemorySession(self, tenant_id)

    def rule_bytes(self) -> int:
        with self.lock:  # a commit in another thread may add a tenant
            return sum(data.record.rule_bytes for data in self._by_tenant.values())

    def counts(self) -> tuple[int, int]:
        return len(self._by_tenant), self._tasks

    def commit(self, session: Session) -> None:
        """Write the changes of an open session."""
        tenant_id = session.tenant_id
        if session.is_deleted:
            self._reset(tenant_id)
            return
        data = self._by_tenant.get(tenant_id) or self._new(tenant_id)
        if session.number != data.number:
            data.number = session.number
            self._by_tenant.move_to_end(tenant_id)
        data.record = session.record
        if tenant_id in self._idle:
            self._idle.move_to_end(tenant_id)
            if session.written or not _is_as_made(session.record):
                del self._idle[tenant_id]
        for _ in session.forgotten:
            self._drop_oldest(data)
        if session.written:
            self._put(data, session.written)

    def _put(self, data: _TenantData, written: dict[str, Task]) -> None:
        for task in written.values():
            if task.id not in data.tasks:
                data.order.append(task.id)
                self._tasks += 1
            data.tasks[task.id] = task
        while len(data.tasks) > self._max_tasks_of_tenant:
            self._drop_oldest(data)
        while self._tasks > self._max_tasks:
            self._make_space(data)

    def _reset(self, tenant_id: str) -> None:
        data = self._by_tenant.pop(tenant_id, None)
        self._idle.pop(tenant_id, None)
        self._tasks -= len(data.tasks) if data else 0

    def _new(self, tenant_id: str) -> _TenantData:
        while len(self._by_tenant) >= self.max_tenants:
            has_enough = len(self._idle) > self.max_tenants // IDLE_SHARE
            self._evict(next(iter(self._idle if has_enough else self._by_tenant)))
        data = self._by_tenant[tenant_id] = _TenantData()
        self._idle[tenant_id] = None
        return data

    def _make_space(self, writer: _TenantData) -> None:
        silent, data = next(iter(self._by_tenant.items()))
        if data is writer:
            self._drop_oldest(writer)
        else:
            self._evict(silent)

    def _evict(self, tenant: str) -> None:
        self.evicted += tenant not in self._idle
        self._reset(tenant)

    def _drop_oldest(self, data: _TenantData) -> Task:
        self._tasks -= 1
        return data.tasks.pop(data.order.popleft())


class MemorySession(Session):
    """A session of a MemoryStore."""

    __slots__ = ("_data", "_store")

    def __init__(self, store: MemoryStore, tenant_id: str) -> None:
        super().__init__(tenant_id)
        self._store = store
        self._data = NO_DATA

    def __enter__(self) -> Self:
        store = self._store
        store.lock.acquire()
        if store.is_open:
            store.lock.release()
            raise RuntimeError("this thread has an open session of the store: close it first")
        store.is_open = True
        self._data = data = store.find(self.tenant_id) or NO_DATA
        self.record, self.number = data.record, data.number
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        store, data = self._store, self._data
        is_changed = (
            self.number != data.number
            or self.record is not data.record
            or self.written or self.forgotten or self.is_deleted
        )  # fmt: skip
        try:
            if is_changed and kind is None:
                store.commit(self)
        finally:
            store.is_open = False
            store.lock.release()

    def _stored(self, task_id: str) -> Task | None:
        return self._data.tasks.get(task_id)

    def _stored_newest_first(self) -> Iterator[Task]:
        return (self._data.tasks[task_id] for task_id in reversed(self._data.order))

    def _stored_oldest_first(self) -> Iterator[Task]:
        return (self._data.tasks[task_id] for task_id in self._data.order)

    def _stored_count(self) -> int:
        return len(self._data.tasks)


def _is_as_made(record: Tenant) -> bool:
    """Whether the tenant has no rules, variants or account settings."""
    return not record.rules and not record.variants and record.account == Account()
