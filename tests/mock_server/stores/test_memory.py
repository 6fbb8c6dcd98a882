"""The memory store keeps tasks and tenants within its bounds."""

from __future__ import annotations

from msgspec.structs import replace

from mock_server.simulation.clock import Clock
from mock_server.simulation.task import Task
from mock_server.stores.memory import MemoryStore
from mock_server.stores.records import Tenant


def task(number: int) -> Task:
    name = f"task-{number}"
    return Task(name, "r", "emo-v1", "1:1", "SUCCEEDED", 0, number, number, number, number + 10)


def ids(store: MemoryStore, tenant: str) -> list[str]:
    with store.tenant(tenant) as session:
        return [kept.id for kept in session.newest_first()]


def put(store: MemoryStore, tenant: str, *tasks: Task) -> None:
    with store.tenant(tenant) as session:
        session.put(*tasks)


def draw(store: MemoryStore, tenant: str) -> int:
    with store.tenant(tenant) as session:
        return session.next_number()


def save(store: MemoryStore, tenant: str, record: Tenant) -> None:
    with store.tenant(tenant) as session:
        session.record = record


def test_tasks_are_listed_newest_first_and_updated_in_place() -> None:
    store = MemoryStore()
    put(store, "a", task(1), task(2))
    put(store, "a", task(3), task(1))
    assert ids(store, "a") == ["task-3", "task-2", "task-1"]


def test_a_tenant_that_fills_the_store_loses_its_oldest_tasks() -> None:
    store = MemoryStore(max_tasks=3)
    put(store, "a", *(task(n) for n in range(5)))
    assert ids(store, "a") == ["task-4", "task-3", "task-2"]


def test_a_tenant_with_too_many_tasks_drops_only_its_own() -> None:
    store = MemoryStore(max_tasks=6, max_tasks_of_tenant=3)
    put(store, "silent", *(task(n) for n in range(3)))
    for number in range(100):
        put(store, "busy", task(number))
    assert ids(store, "busy") == ["task-99", "task-98", "task-97"]
    assert len(ids(store, "silent")) == 3
    assert store.counts() == (2, 6)


def test_the_longest_inactive_tenant_is_dropped_first() -> None:
    store = MemoryStore(max_tasks=3, max_tenants=2)
    put(store, "silent", task(1))
    put(store, "busy", task(2))
    draw(store, "silent")
    draw(store, "busy")
    put(store, "busy", task(3), task(4))
    assert (ids(store, "silent"), len(ids(store, "busy"))) == ([], 3)
    draw(store, "third")  # with nothing to lose, so it makes room for the next
    draw(store, "fourth")
    assert (store.counts(), len(ids(store, "busy"))) == ((2, 3), 3)


def test_keys_with_a_single_call_do_not_displace_tenants_with_data() -> None:
    store, record = MemoryStore(max_tenants=20), Tenant(Clock(0, 0, 1, False))
    put(store, "with a task", task(1))
    save(store, "with a rule", replace(record, variants={"unknown-model": "404"}))
    for number in range(100):
        save(store, f"stranger {number}", record)
        draw(store, f"stranger {number}")
    assert ids(store, "with a task") == ["task-1"]
    assert draw(store, "with a rule") == 1
    with store.tenant("with a rule") as session:
        assert session.record.variants
    assert store.counts()[0] == 20


def test_a_new_key_finds_room_when_most_tenants_have_data() -> None:
    store = MemoryStore(max_tenants=20)
    for number in range(40):
        put(store, f"at work {number}", task(1))
    for number in (1, 2):
        draw(store, f"new {number}")
    assert draw(store, "new 1") == 2
    assert ids(store, "at work 39") == ["task-1"]
