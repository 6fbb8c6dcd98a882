"""A store that keeps nothing but JSON: a second kind of store, to test what all stores share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from threading import Lock, get_ident
from types import TracebackType
from typing import Self

from mock_server.simulation.task import Task
from mock_server.stores.memory import MAX_TENANTS
from mock_server.stores.records import decode_task, decode_tenant, encode_task, encode_tenant
from mock_server.stores.session import NO_RECORD, Session


class JsonData:
    """The data of any number of JsonStores. tenants: their records. tasks: by tenant and id, oldest
    first. owner: the thread that has the open session, 0 for none."""

    def __init__(self) -> None:
        self.tenants: dict[str, bytes] = {}
        self.tasks: dict[str, dict[str, bytes]] = {}
        self.evicted = 0
        self.owner = 0
        self.lock = Lock()


class JsonStore:
    """A store of this data. The tenant that was changed the longest ago is dropped first."""

    kind = "memory"

    def __init__(self, data: JsonData | None = None, max_tenants: int = MAX_TENANTS) -> None:
        self.data = data or JsonData()
        self.max_tenants = max_tenants

    @property
    def evicted(self) -> int:
        return self.data.evicted

    @evicted.setter
    def evicted(self, number: int) -> None:
        self.data.evicted = number

    def tenant(self, tenant_id: str) -> Session:
        return _JsonSession(self, tenant_id)

    def rule_bytes(self) -> int:
        records = [decode_tenant("", data)[0] for data in list(self.data.tenants.values())]
        return sum(record.rule_bytes for record in records if record)

    def counts(self) -> tuple[int, int]:
        return len(self.data.tenants), sum(map(len, self.data.tasks.values()))


class _JsonSession(Session):
    def __init__(self, store: JsonStore, tenant_id: str) -> None:
        super().__init__(tenant_id)
        self._store, self._data = store, store.data

    def __enter__(self) -> Self:
        if self._data.owner == get_ident():
            raise RuntimeError("this thread has an open session of the store: close it first")
        self._data.lock.acquire()
        self._data.owner = get_ident()
        written = self._data.tenants.get(self.tenant_id)
        self._before = (NO_RECORD, 0)
        if written is not None:
            record, number = decode_tenant(self.tenant_id, written)
            self._before = record or NO_RECORD, number
        self.record, self.number = self._before
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        try:
            if kind is None:
                self._commit()
        finally:
            self._data.owner = 0
            self._data.lock.release()

    def _commit(self) -> None:
        data, tenant_id = self._data, self.tenant_id
        if self.is_deleted:
            data.tenants.pop(tenant_id, None)
            data.tasks.pop(tenant_id, None)
            return
        record, number = self._before
        is_same = self.record is record and self.number == number
        if is_same and not (self.written or self.forgotten):
            return
        data.tenants.pop(tenant_id, None)
        data.tenants[tenant_id] = encode_tenant(None if self.is_new else self.record, self.number)
        tasks = data.tasks.setdefault(tenant_id, {})
        for task_id in self.forgotten:
            del tasks[task_id]
        tasks.update({task.id: encode_task(task) for task in self.written.values()})
        while len(data.tenants) > self._store.max_tenants:
            silent = next(iter(data.tenants))
            data.tasks.pop(silent, None)
            del data.tenants[silent]
            data.evicted += 1

    def _stored(self, task_id: str) -> Task | None:
        written = self._tasks().get(task_id)
        return None if written is None else decode_task(task_id, written)

    def _stored_newest_first(self) -> Iterator[Task]:
        return self._decoded(reversed(self._tasks().items()))

    def _stored_oldest_first(self) -> Iterator[Task]:
        return self._decoded(self._tasks().items())

    def _stored_count(self) -> int:
        return len(self._tasks())

    def _tasks(self) -> dict[str, bytes]:
        return self._data.tasks.get(self.tenant_id, {})

    @staticmethod
    def _decoded(tasks: Iterable[tuple[str, bytes]]) -> Iterator[Task]:
        return (decode_task(task_id, written) for task_id, written in tasks)
