"""Two engines with one store: whichever function one of them is in while the other answers, they
start no two tasks in one place, lose no token of a rate, and never use an id twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count, islice, pairwise
from typing import Any

import pytest

from contracts.spec.loader import Spec
from tests.helpers.fake import KEY, Result, Service
from tests.helpers.interleaving import interleavings
from tests.helpers.stores import STORES, Opener

LATER = 3600.0  # s; by then all tasks have ended, and none has expired


class Two:
    """Two services on one store, and a new key with some tasks for each turn."""

    def __init__(self, opener: Opener, spec: Spec, tasks: int, **options: Any) -> None:
        self.one, self.other = (Service(spec, store=store, **options) for store in opener())
        self._keys = map(f"{KEY}-{{}}".format, count())
        self._tasks = tasks
        self.key, self.created = "", list[Result]()

    def prepare(self) -> None:
        self.key = next(self._keys)
        self.created = [self.one.create(key=self.key) for _ in range(self._tasks)]

    def create(self, service: Service) -> Result:
        return service.create(key=self.key)

    def cancel(self, service: Service) -> Result:
        """Cancel the last task, which waits behind the others."""
        return service.cancel(self.created[-1].body["output"]["task_id"], key=self.key)

    def turns(self, first: str, second: str) -> Iterator[tuple[Result, Result]]:
        one, other = getattr(self, first), getattr(self, second)
        turns = interleavings(
            self.prepare, lambda _: one(self.one), lambda _: other(self.other), "mock_server"
        )
        return ((result, meanwhile) for _, result, meanwhile in turns)

    def runs(self) -> list[tuple[int, int]]:
        """When the tasks of the key run, in ms, the first one first."""
        self.one.real += LATER
        listed = self.one.list("status=SUCCEEDED", key=self.key).body["data"]
        self.one.real -= LATER
        return sorted((task["start_time"], task["end_time"]) for task in listed)


def ids_of(results: Iterable[Result]) -> list[str]:
    """The request ids and the ids of created tasks in these answers."""
    bodies = [result.body for result in results]
    tasks = [body["output"]["task_id"] for body in bodies if "output" in body]
    return [*(body["request_id"] for body in bodies), *tasks]


each_store = pytest.mark.parametrize("opener", STORES.values(), ids=STORES)


@each_store
@pytest.mark.parametrize(
    ("first", "second", "left"), [("create", "create", 5), ("create", "cancel", 3),
                                  ("cancel", "create", 3)]
)  # fmt: skip
def test_two_engines_never_plan_two_tasks_at_once_and_never_repeat_an_id(
    opener: Opener, spec: Spec, first: str, second: str, left: int
) -> None:
    two = Two(opener, spec, tasks=3, concurrency=1)
    for results in two.turns(first, second):
        assert [result.status for result in results] == [200, 200]
        runs = two.runs()
        assert len(runs) == left
        assert all(end <= start for (_, end), (start, _) in pairwise(runs))
        ids = ids_of([*two.created, *results])
        assert len(set(ids)) == len(ids)


@each_store
def test_two_engines_never_accept_more_calls_than_the_rate_allows(
    opener: Opener, spec: Spec
) -> None:
    allowed = int(spec.operations["createVideoTask"].rate.per_second)
    two = Two(opener, spec, tasks=allowed - 1, limits="documented")
    for results in two.turns("create", "create"):
        assert sorted(result.status for result in results) == [200, 429]
        ids = ids_of([*two.created, *results])
        assert len(set(ids)) == len(ids)


@each_store
def test_the_rules_of_all_keys_are_counted_while_another_engine_adds_a_key(
    opener: Opener, spec: Spec
) -> None:
    two = Two(opener, spec, tasks=1)
    keys = map("sk-other-{}".format, count())
    turns = interleavings(
        two.prepare, lambda _: two.one.engine.store.rule_bytes(),
        lambda _: two.other.create(key=next(keys)).status, "mock_server",
    )  # fmt: skip
    for result in islice(turns, 6):  # each turn adds keys, and so functions to stop at
        assert result == (None, 0, 200)
