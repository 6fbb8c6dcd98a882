"""A bundle reproduces the same answers, whatever the run was; a difference is named."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.files.user_file import FileError
from contracts.spec.loader import Spec
from mock_server.control.api import act
from mock_server.control.bundle import Bundle, BundleError, bundling, read
from mock_server.reproduce import Reproduction
from mock_server.simulation.call import Call
from tests.helpers.fake import EPOCH, SERVICE, Service

KEY = "sk-0123456789"
RULE = {"operation": "getTask", "nth": 2, "do": "latency=3"}
CONTROLS: list[tuple[str, str, Any]] = [
    ("POST", "/__mock__/clock", {"advance": 17.25}),
    ("POST", "/__mock__/clock", {"freeze": True}),
    ("POST", "/__mock__/clock", {"speed": 3}),
    ("POST", "/__mock__/clock", {"next_event": True}),
    ("PUT", "/__mock__/scenarios", [RULE]),
    ("POST", "/__mock__/scenarios", {"operation": "createVideoTask", "first": 1, "do": "lost"}),
    ("DELETE", "/__mock__/scenarios", {}),
    ("PUT", "/__mock__/variants", {"creation-order": "request-id-first", "task-life": "end"}),
    ("PUT", "/__mock__/account", {"balance": 0.01}),
]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["create", "detect", "get", "cancel", "list", "odd", "key", "control"]),
        st.integers(0, 20),
        st.floats(0, 90),
    ),
    max_size=25,
)


def go(service: Service, what: str, number: int, tasks: list[str]) -> None:
    """One step of a run: a call of a client or of the control API."""
    engine = service.engine
    if what == "control":
        method, path, value = CONTROLS[number % len(CONTROLS)]
        tenant, body = engine.tenant_of_headers(KEYED), json.dumps(value).encode()
        try:
            act(engine, tenant, service.real, method, path, body)
        except ValueError:
            return  # a second scenario of that name
        engine.note(tenant, service.real, Call(method, path, body=body))
        return
    key = f"{KEY}.FAILED.InvalidURL" if what == "key" else KEY
    if what in ("create", "key"):
        created = service.create(key=key)
        if created.status == 200:
            tasks.append(created.body["output"]["task_id"])
    elif what == "detect":
        service.detect(key=key)
    elif what == "odd":
        service.call("POST", f"{SERVICE}/face-detect", b"{", key=key)
    elif what == "list":
        service.list(key=key)
    else:
        task = tasks[number % len(tasks)] if tasks else "none"
        getattr(service, what)(task, key=key)


KEYED = {b"authorization": f"Bearer {KEY}".encode()}


def bundle_after(spec: Spec, steps: Any, **options: Any) -> Bundle:
    service, tasks = Service(spec, **options), []
    for what, number, seconds in steps:
        service.real += seconds
        go(service, what, number, tasks)
    return service.bundle(KEY)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS, mode=st.sampled_from(["real", "skip", "fast"]), limits=st.booleans())
def test_a_bundle_reproduces_the_same_answers(
    spec: Spec, steps: Any, mode: str, limits: bool
) -> None:
    options = {"time": mode, "limits": "documented" if limits else "off"}
    assert Reproduction(spec, bundle_after(spec, steps, **options)).run() is None


def test_a_bundle_contains_no_key(spec: Spec) -> None:
    bundle = bundle_after(spec, [("create", 0, 1.0), ("key", 0, 1.0), ("odd", 0, 1.0)])
    assert b"0123456789" not in msgspec.json.encode(bundle)


def test_the_first_answer_that_differs_is_named(spec: Spec) -> None:
    bundle = bundle_after(spec, [("create", 0, 1.0), ("get", 0, 20.0), ("get", 0, 20.0)])
    changed = msgspec.structs.replace(bundle.exchanges[1], reply_body=b"{}")
    bundle.exchanges[1] = changed
    difference = Reproduction(spec, bundle).run()
    assert difference is not None
    assert (difference.exchange.number, difference.part, difference.was) == (2, "body", "{}")
    assert "RUNNING" in difference.now


def test_a_journal_without_its_beginning_cannot_be_reproduced(spec: Spec) -> None:
    bundle = msgspec.structs.replace(bundle_after(spec, []), dropped=3)
    with pytest.raises(BundleError, match="3 exchanges of the journal were evicted"):
        read(msgspec.json.encode(bundle))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"spec": "2020-01-01"}, "is for version 2020-01-01 of the spec"),
        ({"settings": {"time": "slow"}}, "time 'slow' must be one of"),
        ({"settings": {"colour": 1}}, "colour"),
        ({"settings": {"time": 5}}, "Expected `str`"),
        ({"settings": {"variants": {"a": "b"}}}, "no variant 'a'"),
        ({"file": {"scenarios": [{"do": "nothing"}]}}, "no scenario 'nothing'"),
    ],
)
def test_a_bundle_that_cannot_be_set_up_is_refused(spec: Spec, change: Any, words: str) -> None:
    bundle = msgspec.structs.replace(bundle_after(spec, []), **change)
    with pytest.raises(BundleError, match=words):
        Reproduction(spec, bundle)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b'{"format": "har"}'])
def test_a_file_that_is_not_a_bundle_is_refused(data: bytes) -> None:
    with pytest.raises(
        FileError, match=r"is not a bundle|is not text in UTF-8|has the format 'har'"
    ):
        read(data)


def test_the_same_seed_and_calls_give_the_same_bytes(spec: Spec) -> None:
    steps = [("create", 0, 1.0), ("control", 4, 0.0), ("get", 0, 1.0), ("get", 0, 5.0)]
    one, other = bundle_after(spec, steps), bundle_after(spec, steps)
    assert one == other
    assert bundle_after(spec, steps, seed="another").exchanges != one.exchanges
    assert one.began == EPOCH + 1.0


def test_a_call_with_unusual_bytes_survives_in_a_bundle(spec: Spec) -> None:
    service = Service(spec)
    service.engine.handle(Call("GET", "/api/v1/tasks/é", "a=%00", {**KEYED, b"x-\xe9": b"\xff"}))
    tenant = service.engine.tenant_of_headers(KEYED)
    bundle = read("".join(bundling(service.engine, tenant, service.real)).encode())
    assert Reproduction(spec, bundle).run() is None
