"""The stores that the conformance suite tests, and random records and tasks to keep in them."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from hypothesis import strategies as st

from contracts.spec.loader import Spec
from mock_server.scenarios.faults import FAULTS, Fault, FaultParameter, parse
from mock_server.scenarios.rule_compile import compile_ruleset
from mock_server.scenarios.rules import Counters, Rule
from mock_server.simulation.billing import Account
from mock_server.simulation.clock import LAST, Clock
from mock_server.simulation.queue import Queue
from mock_server.simulation.rate_limit import Bucket
from mock_server.simulation.task import Task
from mock_server.stores.memory import MAX_TENANTS, MemoryStore
from mock_server.stores.protocol import Store
from mock_server.stores.records import Tenant
from tests.helpers.json_store import JsonData, JsonStore

# Makes two stores on the same new data, as two engines have them. They may be one object.
Opener = Callable[..., tuple[Store, Store]]


def _memory(max_tenants: int = MAX_TENANTS) -> tuple[Store, Store]:
    store = MemoryStore(max_tenants=max_tenants)
    return store, store


def _json(max_tenants: int = MAX_TENANTS) -> tuple[Store, Store]:
    data = JsonData()
    return JsonStore(data, max_tenants), JsonStore(data, max_tenants)


STORES: dict[str, Opener] = {"memory": _memory, "json": _json}

SPEC = Spec.load()
texts = st.text(max_size=5)
counts = st.integers(0, 2**53)
times = st.floats(0, LAST)
numbers = st.floats(0, 1e9)
some_tasks = st.builds(
    Task,
    id=texts, request_id=texts, model=texts, tier=texts, outcome=texts, slot=st.integers(-1, 999),
    submitted=times, scheduled=times | st.just(inf), ended=times | st.just(inf), expires=times,
    canceled=st.none() | times, detail=texts, download=texts, seconds=numbers,
    stages=st.lists(st.tuples(texts, numbers), max_size=2).map(tuple),
)  # fmt: skip


def _parameter(known: FaultParameter) -> st.SearchStrategy[Any]:
    one = st.floats(known.least, known.most)
    return st.tuples(one, one).map(sorted) if isinstance(known.default, tuple) else one


def _fault(name: str, form: tuple[FaultParameter, ...]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"fault": st.just(name), **{known.name: _parameter(known) for known in form}}
    )


FORMS = [(name, form) for name, kind in FAULTS.items() for form in kind.forms or ((),)]
written_faults = st.one_of([_fault(name, form) for name, form in FORMS])
some_faults: st.SearchStrategy[Fault] = written_faults.map(parse)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(-1e18, 1e18) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)  # fmt: skip
conditions = json_values.filter(
    lambda value: not isinstance(value, dict) or not value.keys() & {"contains", "exists"}
) | st.sampled_from([{"contains": "é"}, {"exists": False}])
actions = st.sampled_from(["normal", "Throttling", "reset", "latency=2"]) | written_faults
written_rules = st.fixed_dictionaries(
    {"do": actions, "first": st.integers(1, 9)},
    optional={
        "repeat": st.booleans(), "model": st.sampled_from(["emo-v1"]),
        "body": st.dictionaries(texts.map("/input/{}".format), conditions, max_size=2),
        "headers": st.dictionaries(st.just("X-Mine"), st.just("a") | st.just({"exists": True})),
        "status": st.sampled_from(["RUNNING"]),
        "between": st.sampled_from([[0, None], [0.5, 1e9], [0, 5]]),
    },
) | st.fixed_dictionaries(
    {"operation": st.just("getTask"), "per": st.just("task"),
     "steps": st.lists(st.fixed_dictionaries({"do": actions, "times": st.integers(1, 9)}),
                       min_size=1, max_size=2)}
)  # fmt: skip


def compiled(written: list[dict[str, Any]], began: float | None) -> tuple[Rule, ...]:
    return compile_ruleset(SPEC, {"scenarios": written}, began).rules


def _by_name(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(texts, values, max_size=2)


some_tenants = st.builds(
    Tenant,
    clock=st.builds(Clock, times, times, st.sampled_from([0.0, 1.0, 2.5e8]), st.booleans()),
    queues=_by_name(st.builds(Queue, st.lists(times, min_size=1, max_size=3).map(tuple), times)),
    began=times,
    rules=st.builds(compiled, st.lists(written_rules, max_size=3), st.none() | times),
    rule_bytes=counts,
    counters=st.builds(Counters, _by_name(counts), _by_name(counts), _by_name(counts)),
    variants=_by_name(texts),
    buckets=_by_name(st.builds(Bucket, numbers, times)),
    account=st.builds(
        Account, _by_name(counts), _by_name(numbers), st.booleans(),
        st.none() | numbers | st.integers(0, 10**9),
    ),
)  # fmt: skip


def full_record() -> Tenant:
    """A record with a value in every field."""
    rules: list[dict[str, Any]] = [
        {"do": {"fault": "latency", "between": [1, 2]}, "body": {"/input/x": [1, 1.0, {"é": None}]},
         "headers": {"X-Mine": {"exists": True}}, "status": "RUNNING", "between": [0.5, 9]},
        {"do": {"answer": "Throttling", "fault": "latency"}, "repeat": True, "first": 3},
        {"operation": "getTask", "per": "task", "steps": [{"do": "normal", "times": 2}]},
    ]  # fmt: skip
    return Tenant(
        Clock(1.5, 2.5, 0.0, True), {"m": Queue((3.0, 4.0), 5.0)}, 6.0, compiled(rules, 7.0), 123,
        Counters({"a": 1}, {"a": 2}, {"a t": 3}), {"unknown-model": "404"},
        {"getTask": Bucket(0.1, 1e-7)}, Account({"m": 1}, {"m 1:1": 0.1}, True, 10),
    )  # fmt: skip
