"""Records and tasks are written as JSON and read again without a difference."""

from __future__ import annotations

import json
from math import inf

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.simulation.clock import Clock
from mock_server.simulation.queue import Queue
from mock_server.simulation.task import Task
from mock_server.stores.records import (
    FORMAT,
    RecordError,
    Tenant,
    decode_task,
    decode_tenant,
    encode_task,
    encode_tenant,
)
from tests.helpers.stores import full_record, json_values, some_tasks, some_tenants

often = settings(max_examples=50, derandomize=True, database=None, deadline=None)
STUCK = Task(
    "t",
    "r",
    "emo-v1",
    "1:1",
    "RUNNING",
    0,
    1.5,
    2.0,
    inf,
    4.0,
    detail="é",
    stages=(("SUSPENDED", 1.0),),
)
EMPTY = Tenant(Clock(1.0, 2.0), {"emo-v1": Queue((0.0,))})


# repr shows what == does not: the types of numbers and of lists, and the sign of zero.


@often
@given(record=st.none() | some_tenants, number=st.integers(0, 2**63))
def test_every_record_is_read_as_it_was_written(record: Tenant | None, number: int) -> None:
    written = encode_tenant(record, number)
    assert repr(decode_tenant("a", written)) == repr((record, number))
    json.loads(written, parse_constant=pytest.fail)


@often
@given(task=some_tasks)
def test_every_task_is_read_as_it_was_written(task: Task) -> None:
    written = encode_task(task)
    assert repr(decode_task("a", written)) == repr(task)
    json.loads(written, parse_constant=pytest.fail)


def test_the_json_has_the_names_of_the_fields_and_null_for_a_time_that_never_comes() -> None:
    # If this changes, raise FORMAT: stores that are filled have the JSON of the version before.
    assert json.loads(encode_task(STUCK)) == {
        "format": 1,
        "task": {
            "id": "t", "request_id": "r", "model": "emo-v1", "tier": "1:1", "outcome": "RUNNING",
            "slot": 0, "submitted": 1.5, "scheduled": 2.0, "ended": None, "expires": 4.0,
            "canceled": None, "detail": "é", "download": "", "seconds": 0.0,
            "stages": [["SUSPENDED", 1.0]],
        },
    }  # fmt: skip
    assert json.loads(encode_tenant(EMPTY, 5)) == {
        "format": 1,
        "number": 5,
        "record": {
            "clock": {"base": 1.0, "anchor": 2.0, "rate": 1.0, "skip": False},
            "queues": {"emo-v1": {"free": [0.0], "last_start": 0.0}},
            "began": 0.0, "rules": [], "rule_bytes": 0,
            "counters": {"matched": {}, "fired": {}, "tasks": {}}, "variants": {}, "buckets": {},
            "account": {"images": {}, "seconds": {}, "free_only": False, "balance": None},
        },
    }  # fmt: skip
    rule = json.loads(encode_tenant(full_record(), 5))["record"]["rules"][2]
    assert rule.pop("id").startswith("scenario 3 ")
    assert rule == {
        "name": "scenario 3", "named": True, "per_task": True, "repeat": False, "began": 7.0,
        "conditions": {"operations": ["getTask"], "model": "", "body": {}, "headers": {},
                       "status": "", "since": 0.0, "until": None},
        "steps": [{"action": {"outcome": "", "fault": None}, "times": 2, "operations": []}],
        "source": {"operation": "getTask", "per": "task", "steps": [{"do": "normal", "times": 2}]},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("version", "age"), [(FORMAT + 1, "a newer"), (10**15, "a newer"), (0, "another")]
)
def test_another_format_is_refused_with_both_numbers(version: int, age: str) -> None:
    text = (
        f"written by {age} version .format {version}; this version reads {FORMAT}.: use that "
        "version; or start with an empty store"
    )
    data = b'{"format": %d, "task": 5, "record": 5}' % version
    with pytest.raises(RecordError, match=f"the task 'x' was {text}"):
        decode_task("x", data)
    with pytest.raises(RecordError, match=f"the record of tenant 'y' was {text}"):
        decode_tenant("y", data)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "truncated"),
        (b'"\xff"', "utf-8"),
        (b"[" * 100_000, "recursion"),
        (b"[]", "Expected `object`, got `array`"),
        (b'{"task": {}}', "missing required field `format`"),
        (b'{"format": "1"}', "Expected `int`, got `str`"),
        (b'{"format": 1}', "missing required field `task`"),
        (b'{"format": 1, "task": null}', "Expected `object`, got `null` - at `.*task`"),
        (b'{"format": 1, "task": {"id": 5}}', "Expected `str`, got `int` - at `.*task.id`"),
        (encode_task(STUCK).replace(b"4.0", b"null"), "Expected `float`, got `null` - .*expires"),
        (encode_task(STUCK)[:-1], "truncated"),
    ],
)
def test_broken_json_is_refused_with_its_reason(data: bytes, why: str) -> None:
    with pytest.raises(RecordError, match=f"the task 'x' is broken: .*{why}.*; start with an"):
        decode_task("x", data)


@often
@given(data=st.data())
def test_any_damaged_record_is_read_or_refused_with_a_reason(data: st.DataObject) -> None:
    written = encode_tenant(full_record(), 5)
    at = data.draw(st.integers(0, len(written)))
    damaged = written[:at] + data.draw(st.binary(max_size=3)) + written[at + 1 :]
    for text in (damaged, msgspec.json.encode(data.draw(json_values))):
        try:
            decode_tenant("a", text)
        except RecordError as error:
            assert str(error).startswith("the record of tenant 'a' ")
