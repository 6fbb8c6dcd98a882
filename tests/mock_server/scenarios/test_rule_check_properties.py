"""Any value given as scenarios becomes rules or a RuleError that lists its problems."""

from __future__ import annotations

from datetime import date
from math import inf, nan
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.spec.loader import Spec
from mock_server.scenarios.faults import FAULTS
from mock_server.scenarios.rule_compile import RuleError, compile_ruleset, complete_document

SPEC = Spec.load()

NAMES = [
    *SPEC.operations, *SPEC.models, *SPEC.lifecycle.next, *FAULTS, *list(SPEC.outcomes)[::20],
    *SPEC.variants, "", "x", "normal", "task", "latency=x", "getTask:reset", "x:y", "Throtling",
]  # fmt: skip
KEYS = [
    "scenarios", "variants", "name", "operation", "model", "body", "headers", "status", "between",
    "first", "nth", "after", "do", "steps", "per", "repeat", "times", "answer", "fault", "seconds",
    "contains", "exists", "/input", "/input/x", "/x~2", "x y", "", "\ud800", 1, None,
]  # fmt: skip
ODD: list[Any] = [
    None, True, False, -1, 0, 1, 2, 2.5, nan, inf, 1e300, 10**400, b"", 1j, ..., date(2026, 1, 2),
    "\ud800", "é", "\x00", [], {}, [[]], (1, 2), [2, 1], [0, None], {1: 2}, {"contains": 5}, set(),
    {"answer": "reset"}, {"fault": "latency", "between": [1, 2]}, [{"do": "reset", "times": 1}],
]  # fmt: skip
one = st.sampled_from(ODD) | st.sampled_from(NAMES)
many = st.lists(one, max_size=3) | st.dictionaries(st.sampled_from(KEYS), one, max_size=3)
rules = st.dictionaries(st.sampled_from(KEYS), one | many, max_size=3).flatmap(
    lambda odd: st.sampled_from([odd, {"do": "reset", **odd}, {"do": "normal", "first": 1, **odd}])
)
wholes = st.fixed_dictionaries(
    {}, optional={"scenarios": st.lists(rules, max_size=3) | many, "variants": one | many}
)


@settings(max_examples=600, derandomize=True, database=None, deadline=None)
@given(one | many | rules | wholes)
def test_an_invalid_value_raises_nothing_but_a_rule_error(value: Any) -> None:
    try:
        compile_ruleset(SPEC, complete_document(value)[0])
    except RuleError as error:
        assert error.problems
        assert all(p.pointer == "" or p.pointer.startswith("/") for p in error.problems)
        assert all(p.text for p in error.problems)
        str(error).encode()
