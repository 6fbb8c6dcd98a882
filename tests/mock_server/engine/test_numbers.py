"""No number in a request or a bundle makes the fake fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.files.user_file import FileError
from contracts.spec.loader import Spec
from mock_server.control.api import CONTROLS
from mock_server.control.bundle import bundling, read
from mock_server.reproduce import Reproduction
from mock_server.server.app import create_app
from mock_server.server.httpx_transport import InProcess
from mock_server.settings import Settings
from mock_server.simulation.json_body import decode
from tests.helpers.fake import EPOCH, KEY, Service

often = settings(max_examples=150, derandomize=True, database=None, deadline=None)
NUMBERS = (
    "1" * 5000, "9" * 4000, "-" + "9" * 400, "1e400", "-1e308", "1e308", "-0", "-0.0", "NaN",
    "Infinity", "18446744073709551616", "1e18", "253402300800", "1e-400", "1.5", "0", "-1", "3",
)  # fmt: skip
FIELDS = (
    "advance", "speed", "freeze", "next_event", "balance", "free_only", "scenarios", "variants",
)  # fmt: skip
OF_A_RULE = ("first", "nth", "after", "between", "body", "steps", "name", "repeat", "headers")
OF_A_FAULT = ("seconds", "between", "rate", "bytes")
number = st.sampled_from(NUMBERS)


def listed(texts: list[str]) -> str:
    return f"[{','.join(texts)}]"


def fields(values: dict[str, str]) -> str:
    return "{" + ",".join(f'"{name}":{text}' for name, text in values.items()) + "}"


def objects(names: tuple[str, ...], **fixed: str) -> st.SearchStrategy[str]:
    given = st.dictionaries(st.sampled_from(names), value, max_size=2)
    return given.map(lambda found: fields({**fixed, **found}))


value = st.recursive(
    number | st.just("true"),
    lambda inner: (
        st.lists(inner, max_size=2).map(listed)
        | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=2).map(fields)
    ),
    max_leaves=4,
)
faults = objects(OF_A_FAULT, fault='"latency"')
rules = objects(OF_A_RULE, operation='"getTask"', do='"Throttling"')
faulty = faults.map(lambda fault: fields({"operation": '"getTask"', "do": fault}))
bodies = value | objects(FIELDS) | rules | faulty
CHANGES = [(method, path) for method, path, _ in CONTROLS if method != "GET"]
SHOWN = [path for method, path, _ in CONTROLS if method == "GET"]
NOT_AT_ONCE = {"/journal", "/bundle"}


@pytest.fixture(scope="module")
def control() -> Iterator[httpx.Client]:
    app, key = create_app(Settings(seed="x")), {"Authorization": f"Bearer {KEY}"}
    base = "http://127.0.0.1/__mock__"
    with httpx.Client(transport=InProcess(app), base_url=base, headers=key) as client:
        yield client


@often
@given(change=st.sampled_from(CHANGES), body=bodies)
def test_every_number_in_a_control_call_is_accepted_or_refused_with_a_reason(
    control: httpx.Client, change: tuple[str, str], body: str
) -> None:
    answer = control.request(*change, content=body.encode())
    assert answer.status_code in (200, 400)
    assert len(answer.json().get("error", "")) < 2000
    for path in ("state", "clock", "scenarios", "usage", "account"):
        assert control.get(path).status_code == 200
    control.post("/reset")


@often
@given(path=st.sampled_from(SHOWN), name=st.sampled_from(("limit", "format", "x")), text=number)
def test_every_number_in_a_query_is_accepted_or_refused(
    control: httpx.Client, path: str, name: str, text: str
) -> None:
    if path not in NOT_AT_ONCE:
        answer = control.get(path.replace("{id}", text[:200]), params={name: text})
        assert answer.status_code in (200, 404)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for name, part in parts:
        yield (*path, name)
        if isinstance(part, dict | list):
            yield from places(part, (*path, name))


def bundle_text(spec: Spec) -> str:
    service = Service(spec, seed="x")
    service.rules({"operation": "getTask", "do": {"fault": "latency", "seconds": 2}})
    service.get(service.task_id())
    return "".join(bundling(service.engine, service.tenant_id(), EPOCH))


@pytest.fixture(scope="module")
def bundle() -> str:
    return bundle_text(Spec.load())


@often
@given(data=st.data(), text=number)
def test_every_number_in_a_bundle_is_accepted_or_refused_with_a_reason(
    spec: Spec, bundle: str, data: st.DataObject, text: str
) -> None:
    value = json.loads(bundle)
    *before, last = data.draw(st.sampled_from(list(places(value))))
    holder = value
    for name in before:
        holder = holder[name]
    holder[last] = "HERE"
    try:
        Reproduction(spec, read(json.dumps(value).replace('"HERE"', text).encode())).run()
    except FileError as error:
        assert len(str(error)) < 600


def test_the_error_for_a_too_long_number_names_the_limit() -> None:
    with pytest.raises(ValueError, match="a number of 5000 digits is too long: at most 4300"):
        decode(b"1" * 5000)
