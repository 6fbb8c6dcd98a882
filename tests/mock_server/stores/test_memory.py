"""The memory store keeps tasks and tenants within its bounds."""

from __future__ import annotations

from msgspec.structs import replace

from mock_server.simulation.clock import Clock
from mock_server.simulation.queue import Queue
from mock_server.simulation.task import Task
from mock_server.stores.memory import MemoryStore
from mock_server.stores.protocol import Tenant


def task(number: int) -> Task:
    name = f"task-{number}"
    return Task(name, "r", "emo-v1", "1:1", "SUCCEEDED", 0, number, number, number, number + 10)


def ids(store: MemoryStore, tenant: str) -> list[str]:
    return [kept.id for kept in store.newest_first(tenant)]


def test_tasks_are_listed_newest_first_and_updated_in_place() -> None:
    store = MemoryStore()
    store.put("a", [task(1), task(2)])
    store.put("a", [task(3), task(1)])
    assert ids(store, "a") == ["task-3", "task-2", "task-1"]
    assert store.task("a", "task-2") == task(2)
    assert store.task("b", "task-2") is None


def test_a_tenant_that_fills_the_store_loses_its_oldest_tasks() -> None:
    store = MemoryStore(max_tasks=3)
    store.put("a", [task(n) for n in range(5)])
    assert ids(store, "a") == ["task-4", "task-3", "task-2"]


def test_a_tenant_with_too_many_tasks_drops_only_its_own() -> None:
    store = MemoryStore(max_tasks=6, max_tasks_of_tenant=3)
    store.put("silent", [task(n) for n in range(3)])
    for number in range(100):
        store.put("busy", [task(number)])
    assert ids(store, "busy") == ["task-99", "task-98", "task-97"]
    assert len(ids(store, "silent")) == 3
    assert store.counts() == (2, 6)


def test_the_longest_inactive_tenant_is_dropped_first() -> None:
    store = MemoryStore(max_tasks=3, max_tenants=2)
    store.put("silent", [task(1)])
    store.put("busy", [task(2)])
    store.next_number("silent")
    store.next_number("busy")
    store.put("busy", [task(3), task(4)])
    assert (ids(store, "silent"), len(ids(store, "busy"))) == ([], 3)
    store.next_number("third")  # with nothing to lose, so it makes room for the next
    store.next_number("fourth")
    assert (store.counts(), len(ids(store, "busy"))) == ((2, 3), 3)


def test_keys_with_a_single_call_do_not_displace_tenants_with_data() -> None:
    store, record = MemoryStore(max_tenants=20), Tenant(Clock(0, 0, 1, False), Queue.of(1))
    store.put("with a task", [task(1)])
    store.save("with a rule", replace(record, variants={"unknown-model": "404"}))
    for number in range(100):
        store.save(f"stranger {number}", record)
        store.next_number(f"stranger {number}")
    assert ids(store, "with a task") == ["task-1"]
    assert store.tenant("with a rule")
    assert store.counts()[0] == 20


def test_a_new_key_finds_room_when_most_tenants_have_data() -> None:
    store = MemoryStore(max_tenants=20)
    for number in range(40):
        store.put(f"at work {number}", [task(1)])
    for number in (1, 2):
        store.next_number(f"new {number}")
    assert store.next_number("new 1") == 2
    assert ids(store, "at work 39") == ["task-1"]


def test_expired_tasks_are_dropped_oldest_first() -> None:
    store = MemoryStore()
    store.put("a", [task(n) for n in range(5)])
    store.forget("a", 12)
    assert ids(store, "a") == ["task-4", "task-3"]


def test_numbers_are_unique_until_a_reset() -> None:
    store = MemoryStore()
    assert [store.next_number("a"), store.next_number("a"), store.next_number("b")] == [1, 2, 1]
    store.reset("a")
    assert store.next_number("a") == 1
