"""The behaviour of every store, whatever it keeps its data in. Give a new store to it in
tests/helpers/stores.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from copy import deepcopy
from itertools import takewhile
from math import inf
from threading import Event
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from mock_server.simulation.clock import Clock
from mock_server.simulation.queue import Queue
from mock_server.simulation.task import Task
from mock_server.stores.protocol import Store
from mock_server.stores.records import Tenant
from mock_server.stores.session import Session
from tests.helpers.stores import STORES, Opener, full_record

sometimes = settings(
    max_examples=40, stateful_step_count=6, derandomize=True, database=None, deadline=None
)
RECORD = Tenant(Clock(5.0, 6.0), {"m": Queue.of(1)}, began=7.0)


class Failure(Exception):
    """An exception that ends a session."""


@pytest.fixture(params=STORES)
def open_store(request: pytest.FixtureRequest) -> Opener:
    return STORES[request.param]


@pytest.fixture
def stores(open_store: Opener) -> tuple[Store, Store]:
    """Two stores on the same data, as two engines have them. They may be one object."""
    return open_store()


@pytest.fixture
def store(stores: tuple[Store, Store]) -> Store:
    return stores[0]


def made(id: str, expires: float = 100.0, seconds: float = 1.0) -> Task:
    return Task(id, f"of {id}", "m", "1:1", "SUCCEEDED", 0, 1.0, 2.0, 3.0, expires, seconds=seconds)


def save(store: Store, *ids: str, tenant_id: str = "a", record: Tenant = RECORD) -> None:
    """Commit a tenant with a record and these tasks, oldest first."""
    with store.tenant(tenant_id) as session:
        session.record = record
        session.put(*map(made, ids))


def ids(session: Session) -> list[str]:
    return [task.id for task in session.newest_first()]


# One session


def test_a_new_tenant_has_the_machine_s_time_and_nothing_else(store: Store) -> None:
    with store.tenant("a") as session:
        assert session.tenant_id == "a"
        assert session.is_new
        assert session.record.clock.now(1234.5) == 1234.5
        assert session.task("x") is None
        assert (ids(session), session.task_count(), session.forget(1e9)) == ([], 0, [])


def test_a_session_that_changes_nothing_leaves_nothing_behind(store: Store) -> None:
    with store.tenant("a") as session:
        assert ids(session) == []
    assert store.counts() == (0, 0)
    with store.tenant("a") as session:
        assert session.is_new


def test_a_session_sees_its_own_changes(store: Store) -> None:
    save(store, "old", "older")
    with store.tenant("a") as session:
        session.change(began=8.0)
        session.put(made("new"), made("old", seconds=2.0))
        assert (session.is_new, session.record) == (False, replace(RECORD, began=8.0))
        assert session.task("old") == made("old", seconds=2.0)
        assert session.task("new") == made("new")
        assert list(session.newest_first()) == [
            made("new"), made("older"), made("old", seconds=2.0)
        ]  # fmt: skip
        assert session.task_count() == 3


def test_all_changes_are_committed_together_at_the_end(store: Store) -> None:
    save(store, "one")
    with store.tenant("a") as session:
        session.put(made("two"), made("three"))
        session.change(rule_bytes=9)
        assert (store.counts(), store.rule_bytes()) == ((1, 1), 0)
    assert (store.counts(), store.rule_bytes()) == ((1, 3), 9)


def test_the_next_session_has_the_changes_of_the_last_one(store: Store) -> None:
    save(store, "one", "two")
    with store.tenant("a") as session:
        session.put(made("one", seconds=9.0), made("three"))
        session.change(began=9.0)
    with store.tenant("a") as session:
        assert session.record == replace(RECORD, began=9.0)
        assert list(session.newest_first()) == [
            made("three"), made("two"), made("one", seconds=9.0)
        ]  # fmt: skip


def test_numbers_go_on_from_session_to_session(store: Store) -> None:
    drawn = []
    for _ in range(3):
        with store.tenant("a") as session:
            drawn += [session.next_number(), session.next_number()]
    assert drawn == [1, 2, 3, 4, 5, 6]


def test_numbers_and_tasks_are_kept_for_a_tenant_without_a_record(store: Store) -> None:
    with store.tenant("a") as session:
        session.next_number()
        session.put(made("one"))
    with store.tenant("a") as session:
        assert session.is_new
        assert (session.next_number(), ids(session)) == (2, ["one"])


def test_tasks_that_have_expired_are_dropped_from_the_oldest_to_the_first_that_has_not(
    store: Store,
) -> None:
    with store.tenant("a") as session:
        session.put(*(made(id, expires) for id, expires in zip("abcd", (3, 4, 5, 3), strict=True)))
    with store.tenant("a") as session:
        assert [task.id for task in session.forget(4)] == ["a", "b"]
        assert (session.task("a"), ids(session), session.task_count()) == (None, ["d", "c"], 2)
    with store.tenant("a") as session:
        assert (session.task("a"), ids(session), session.task_count()) == (None, ["d", "c"], 2)


def test_a_task_that_the_session_added_can_be_dropped_by_it(store: Store) -> None:
    with store.tenant("a") as session:
        session.put(made("one", 3), made("two", 5))
        assert session.forget(3) == [made("one", 3)]
        assert (session.task("one"), ids(session)) == (None, ["two"])
    with store.tenant("a") as session:
        assert (session.task("one"), ids(session), session.task_count()) == (None, ["two"], 1)


def test_a_dropped_task_that_is_saved_again_is_the_newest(store: Store) -> None:
    save(store, "one", "two")
    with store.tenant("a") as session:
        session.put(made("one", 3))
        session.forget(3)
        session.put(made("one", seconds=2.0))
        assert (ids(session), session.task_count()) == (["one", "two"], 2)
    with store.tenant("a") as session:
        assert session.task("one") == made("one", seconds=2.0)
        assert (ids(session), session.task_count()) == (["one", "two"], 2)


@pytest.mark.parametrize("is_first", [True, False])
def test_a_deleted_tenant_is_new_in_the_next_session(store: Store, is_first: bool) -> None:
    save(store, "one")
    with store.tenant("a") as session:
        if is_first:
            session.delete()
        session.put(made("two"))
        session.change(rule_bytes=9)
        session.next_number()
        session.delete()
    assert (store.counts(), store.rule_bytes()) == ((0, 0), 0)
    with store.tenant("a") as session:
        assert session.is_new
        assert (session.task("one"), ids(session), session.task_count()) == (None, [], 0)
        assert session.next_number() == 1


CHANGES: dict[str, Callable[[Session], object]] = {
    "a record": lambda session: session.change(rule_bytes=9),
    "a number": lambda session: session.next_number(),
    "a new task": lambda session: session.put(made("new")),
    "a changed task": lambda session: session.put(made("one", seconds=9.0)),
    "a dropped task": lambda session: session.forget(1e9),
    "a deletion": lambda session: session.delete(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_an_exception_discards(store: Store, change: Callable[[Session], object]) -> None:
    save(store, "one", "two")
    with pytest.raises(Failure, match="in a session"), store.tenant("a") as session:
        change(session)
        raise Failure("in a session")
    assert (store.counts(), store.rule_bytes()) == ((1, 2), 0)
    with store.tenant("a") as session:
        assert session.record == RECORD
        assert list(session.newest_first()) == [made("two"), made("one")]
        assert session.next_number() == 1


def test_an_exception_in_the_first_session_of_a_tenant_leaves_it_new(store: Store) -> None:
    with suppress(Failure), store.tenant("a") as session:
        session.record = RECORD
        session.put(made("one"))
        raise Failure
    assert store.counts() == (0, 0)
    with store.tenant("a") as session:
        assert session.is_new
        assert ids(session) == []


# Several tenants


def test_tenants_do_not_share_records_tasks_or_numbers(store: Store) -> None:
    save(store, "same", "mine")
    save(store, "same", tenant_id="b", record=replace(RECORD, began=9.0, rule_bytes=3))
    with store.tenant("a") as session:
        session.put(made("same", 0))
        session.next_number()
        session.forget(0)
        assert session.record == RECORD
    with store.tenant("b") as session:
        assert (session.record.began, session.next_number()) == (9.0, 1)
        assert (session.task("mine"), list(session.newest_first())) == (None, [made("same")])
    assert (store.counts(), store.rule_bytes()) == ((2, 2), 3)


def test_deleting_a_tenant_leaves_the_others(store: Store) -> None:
    save(store, "one")
    save(store, "two", tenant_id="b", record=replace(RECORD, rule_bytes=3))
    with store.tenant("a") as session:
        session.delete()
    assert (store.counts(), store.rule_bytes()) == ((1, 1), 3)
    with store.tenant("b") as session:
        assert ids(session) == ["two"]


def test_there_are_never_more_tenants_than_the_limit(open_store: Opener) -> None:
    store = open_store(3)[0]
    assert store.max_tenants == 3
    for number in range(5):
        save(store, "one", tenant_id=f"{number}", record=replace(RECORD, rule_bytes=1))
    assert (store.counts(), store.rule_bytes(), store.evicted) == ((3, 3), 3, 2)
    with store.tenant("4") as session:
        assert ids(session) == ["one"]
    with store.tenant("0") as session:
        assert (session.is_new, ids(session)) == (True, [])


@pytest.mark.parametrize("tenant_id", ["", "0123456789abcdef", "../é\x00/'%;\n", "a b"])
def test_a_tenant_id_may_be_any_text(store: Store, tenant_id: str) -> None:
    save(store, "one", tenant_id=tenant_id)
    with store.tenant(tenant_id) as session:
        assert (session.tenant_id, ids(session)) == (tenant_id, ["one"])


def test_a_full_record_and_a_task_without_an_end_come_back_as_they_were(
    stores: tuple[Store, Store],
) -> None:
    full = full_record()
    stuck = replace(made("stuck"), scheduled=inf, ended=inf, canceled=4.0, detail="é")
    with stores[0].tenant("a") as session:
        session.record = full
        session.put(stuck)
    with stores[1].tenant("a") as session:
        assert repr(session.record) == repr(full)  # shows also the types of numbers and lists
        assert repr(session.task("stuck")) == repr(stuck)


# Several threads


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool


@pytest.mark.parametrize("fails", [False, True])
def test_a_second_thread_waits_until_the_session_of_the_first_has_ended(
    stores: tuple[Store, Store], threads: ThreadPoolExecutor, fails: bool
) -> None:
    mine, theirs = stores
    save(mine, "one")
    has_entered = Event()

    def second() -> list[str]:
        with theirs.tenant("a") as session:
            has_entered.set()
            return ids(session)

    with suppress(Failure), mine.tenant("a") as session:
        waiting = threads.submit(second)
        session.put(made("two"))
        assert not has_entered.wait(0.02)
        if fails:
            raise Failure
    assert waiting.result(5) == (["one"] if fails else ["two", "one"])


def test_no_change_of_many_threads_is_lost(
    stores: tuple[Store, Store], threads: ThreadPoolExecutor
) -> None:
    def draw(number: int) -> list[int]:
        drawn = []
        for turn in range(20):
            with stores[number % 2].tenant("a") as session:
                drawn.append(session.next_number())
                session.change(began=session.record.began + 1)
                session.put(made(f"{number} {turn}"))
        return drawn

    drawn = [number for some in threads.map(draw, range(4)) for number in some]
    assert sorted(drawn) == list(range(1, 81))
    with stores[0].tenant("a") as session:
        assert (session.record.began, session.task_count()) == (80.0, 80)


@pytest.mark.parametrize("other", ["a", "b"])
def test_a_second_session_in_one_thread_is_an_error_and_the_first_goes_on(
    store: Store, other: str
) -> None:
    with store.tenant("a") as session:
        session.put(made("one"))
        with pytest.raises(RuntimeError, match="this thread has an open session"):
            store.tenant(other).__enter__()
        session.put(made("two"))
    with store.tenant("a") as session:
        assert ids(session) == ["two", "one"]


# Any sequence of sessions


IDS = ("p", "q", "r", "s")
changes = (
    st.tuples(st.just("put"), st.lists(st.sampled_from(IDS), max_size=3), st.integers(1, 2))
    | st.tuples(st.just("forget"), st.integers(1, 2))
    | st.sampled_from([("change",), ("draw",)])
)


class Data:
    """The data of a tenant in the model, with the changes that a session can make. tasks: oldest
    first. record: None for a new tenant."""

    def __init__(self) -> None:
        self.record: Tenant | None = None
        self.number = 0
        self.tasks: dict[str, Task] = {}

    def put(self, session: Session, ids: list[str], expires: int) -> None:
        tasks = [made(id, expires, len(self.tasks) + self.number) for id in ids]
        session.put(*tasks)
        self.tasks.update({task.id: task for task in tasks})

    def forget(self, session: Session, expired: int) -> None:
        gone = list(takewhile(lambda task: task.expires <= expired, self.tasks.values()))
        self.tasks = dict(list(self.tasks.items())[len(gone) :])
        assert session.forget(expired) == gone

    def change(self, session: Session) -> None:
        self.record = replace(self.record or RECORD, began=session.record.began + 1, rule_bytes=7)
        session.record = self.record

    def draw(self, session: Session) -> None:
        self.number += 1
        assert session.next_number() == self.number

    def check(self, session: Session) -> None:
        assert session.is_new == (self.record is None)
        assert self.record is None or session.record == self.record
        assert session.number == self.number
        assert list(session.newest_first()) == list(self.tasks.values())[::-1]
        assert session.task_count() == len(self.tasks)
        assert [session.task(id) for id in IDS] == [self.tasks.get(id) for id in IDS]


class Sessions(RuleBasedStateMachine):
    """Sessions of two tenants, compared with a model."""

    opener: Opener

    def __init__(self) -> None:
        super().__init__()
        self.stores = self.opener()
        self.model: dict[str, Data] = {}

    @rule(
        tenant_id=st.sampled_from("ab"), store=st.integers(0, 1),
        changes=st.lists(changes, max_size=6),
        ending=st.sampled_from(["", "", "", "delete", "fail", "delete and fail"]),
    )  # fmt: skip
    def session(
        self, tenant_id: str, store: int, changes: list[tuple[Any, ...]], ending: str
    ) -> None:
        data = deepcopy(self.model.get(tenant_id, Data()))
        with suppress(Failure), self.stores[store].tenant(tenant_id) as session:
            data.check(session)
            for name, *arguments in changes:
                getattr(data, name)(session, *arguments)
                data.check(session)
            if ending.startswith("delete"):
                session.delete()
            if ending.endswith("fail"):
                raise Failure
            self.model[tenant_id] = Data() if ending else data

    @invariant()
    def the_store_counts_what_was_committed(self) -> None:
        kept = self.model.values()
        size = sum(data.record.rule_bytes for data in kept if data.record)
        assert self.stores[0].counts()[1] == sum(len(data.tasks) for data in kept)
        assert self.stores[0].rule_bytes() == size


def test_any_sequence_of_sessions_behaves_as_dictionaries_do(open_store: Opener) -> None:
    class Machine(Sessions):
        opener = staticmethod(open_store)

    run_state_machine_as_test(Machine, settings=sometimes)
