"""The work for an input is linear in its length: for an input of twice the length, the fake calls
at most two and a half times as many functions. The tests count calls, so they do not depend on the
speed of the machine."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any
from urllib.parse import urlencode

import pytest

from contracts.files import bounded_yaml
from contracts.redact.secret_values import secrets_of
from contracts.spec.loader import Spec
from mock_server.explain import as_text
from mock_server.explain.kept import explain_entry
from mock_server.scenarios.rule_compile import RuleError, compile_ruleset
from mock_server.simulation.call import Call
from tests.helpers.cases import each_case
from tests.helpers.fake import SERVICE, Service, request

SPEC = Spec.load()
LENGTH = 1 << 14  # characters
MOST_OF_ONE = 20  # calls that one character may lead to
FEWEST = 3000  # calls that any exchange and its explanation may make, whatever its length


def named(*names: str) -> dict[str, int]:
    return dict.fromkeys(names, 0)


def document(where: str, length: int, name: str) -> str:
    """The documented create body with as many unknown fields as fit."""
    body = request(SPEC, "createVideoTask")
    part = body if where == "top" else body[where]
    part |= named(*(f"{name}{n:x}" for n in range(length // 20)))
    return json.dumps(body)


def text_in(field: str, value: str) -> str:
    body = request(SPEC, "createVideoTask")
    return json.dumps(body | {"input": {**body["input"], field: value}})


BODIES: dict[str, Callable[[int], str]] = {
    "a key twice": lambda n: (
        "{" + ",".join(f'"k{i:x}":0' for i in range(n // 10)) + ',"a":0,"a":0}'
    ),
    "unknown keys": lambda n: json.dumps(named(*(f"key{i:x}" for i in range(n // 12)))),
    "unknown fields": lambda n: document("top", n, "parametr"),
    "misspelled fields of the input": lambda n: document("input", n, "imagr_url"),
    "one long key": lambda n: json.dumps({"k" * n: 0}),
    "a long URL": lambda n: text_in("image_url", "https://e.example/" + "%41" * (n // 3)),
    "a long host": lambda n: text_in("image_url", "https://" + "a." * (n // 2)),
    "a long scenario": lambda n: text_in("image_url", "https://e.example/?emo-scenario=" + "a" * n),
    "many scenarios": lambda n: text_in(
        "image_url", "https://e.example/?" + "emo-scenario=a&" * (n // 15)
    ),
    "a data URI": lambda n: text_in("audio_url", "data:audio/wav;base64," + "A" * n),
    "a long list": lambda n: json.dumps({"input": [1] * (n // 2)}),
    "brackets": lambda n: "[]" * (n // 2),
    "an open string": lambda n: '"' + "\\" * n,
    "large floats": lambda n: "[" + "1e308," * (n // 6) + "1]",
    "a long number": lambda n: '{"a":' + "9" * n + "}",
    "half pairs": lambda n: json.dumps({"a": "\ud800" * (n // 6)}),
}
AUTH = {"authorization": "Bearer sk-cost"}
HEADS: dict[str, Callable[[int], tuple[str, str, dict[str, str]]]] = {
    "a long query": lambda n: ("tasks", "page_no=" + "9" * n, AUTH),
    "many parameters": lambda n: (
        "tasks", urlencode({f"pag_no{i:x}": 1 for i in range(n // 12)}), AUTH
    ),
    "a long path": lambda n: ("tasks/" + "%61" * (n // 3), "", AUTH),
    "many slashes": lambda n: ("tasks/" * (n // 6), "", AUTH),
    "a long key": lambda n: ("tasks/x", "", {"authorization": "Bearer sk-" + ".a" * (n // 2)}),
    "a key's scenario": lambda n: ("tasks/x", "", {"authorization": "Bearer sk-a+" + "a" * n}),
    "a wrong key": lambda n: ("tasks/x", "", {"authorization": "Bearer " * (n // 7)}),
    "many cookies": lambda n: ("tasks/x", "", AUTH | {"cookie": "a=b; " * (n // 5)}),
    "a scenario": lambda n: ("tasks/x", "", AUTH | {"x-mock-scenario": "a," * (n // 2)}),
    "many headers": lambda n: ("tasks/x", "", AUTH | {f"x-async{i}": "1" for i in range(n // 12)}),
}  # fmt: skip
YAML: dict[str, Callable[[int], str]] = {
    "a mapping": lambda n: "{" + ", ".join(f"k{i}: 1" for i in range(n // 8)) + "}",
    "a list": lambda n: "[" + "1, " * (n // 3) + "1]",
    "aliases": lambda n: "- &a [1, 2, 3]\n" + "- *a\n" * (n // 5),
    "merges": lambda n: "- &a {x: 1}\n" + "- {<<: *a}\n" * (n // 11),
    "a long text": lambda n: "a: " + "x" * n,
}


def counted(work: Callable[[], object]) -> int:
    """The number of functions, of Python and of C, that are called."""
    calls = 0

    def seen(_: FrameType, event: str, __: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls


def grows_with_its_length(work: Callable[[int], object]) -> None:
    work(64)  # what is loaded and remembered once is no cost of a length
    once, twice = (counted(lambda n=n: work(n)) for n in (LENGTH, 2 * LENGTH))  # type: ignore[misc]
    assert twice <= 2.5 * once + FEWEST, (once, twice)
    assert twice <= MOST_OF_ONE * 2 * LENGTH, twice


def exchange(call: Call) -> None:
    """Make a call, and explain it from the journal."""
    service = Service(SPEC, time="frozen")
    reply = service.engine.handle(call)
    recorder = service.engine.recorder
    request_id = dict(reply.headers).get(b"x-request-id", b"").decode()
    tenants = ("", *(service.engine.store._by_tenant))  # type: ignore[attr-defined]
    found = next(f for t in tenants if (f := recorder.exchange(t, request_id)))
    as_text(explain_entry(service.engine, *found))


@each_case("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("operation", ["face-detect", "video-synthesis"])
def test_the_cost_of_a_body_is_linear_in_its_length(
    body: Callable[[int], str], operation: str
) -> None:
    headers = {b"authorization": b"Bearer sk-cost", b"x-dashscope-async": b"enable"}

    def work(length: int) -> None:
        exchange(Call("POST", f"{SERVICE}/{operation}", "", headers, body(length).encode()))

    grows_with_its_length(work)


@each_case("head", HEADS.values(), ids=HEADS)
def test_the_cost_of_a_request_head_is_linear_in_its_length(
    head: Callable[[int], tuple[str, str, dict[str, str]]],
) -> None:
    def work(length: int) -> None:
        path, query, named = head(length)
        headers = {name.encode(): value.encode() for name, value in named.items()}
        exchange(Call("GET", f"/api/v1/{path}", query, headers, b"", head_bytes=100))

    grows_with_its_length(work)


@pytest.mark.parametrize("text", YAML.values(), ids=YAML)
def test_the_cost_of_a_yaml_text_is_linear_in_its_length(text: Callable[[int], str]) -> None:
    made = {n: text(n) for n in (64, LENGTH, 2 * LENGTH)}
    counts = [counted(lambda n=n: bounded_yaml.load(made[n])) for n in made]  # type: ignore[misc]
    assert counts[2] <= 2.5 * counts[1] + FEWEST


@each_case(
    "value", ["x" * (1 << 20), "a=" * (1 << 19) + '"', 'a="' * (1 << 18), "a.b " * (1 << 18)]
)
def test_the_secrets_of_a_header_are_found_in_linear_time(value: str) -> None:
    assert value.strip() in secrets_of(value)  # it takes minutes if it is quadratic
    assert sum(map(len, secrets_of(value))) < 20 * len(value)


@pytest.mark.parametrize(
    "rules",
    [lambda n: [1] * n, lambda n: {"scenarios": [{"do": "reset"}] * n},
     lambda n: {"scenarios": [{"do": "reset", "body": named(*(f"/input/k{i}" for i in range(n)))}]},
     lambda n: named(*(f"k{i}" for i in range(n)))],
    ids=["numbers", "rules", "a rule of many fields", "unknown keys"],
)  # fmt: skip
def test_the_cost_of_rules_is_linear_in_their_number(rules: Callable[[int], Any]) -> None:
    def work(number: int) -> None:
        try:
            compile_ruleset(SPEC, rules(number))
        except RuleError as error:
            assert len(str(error)) < 100_000

    work(1)
    once, twice = (counted(lambda n=n: work(n)) for n in (400, 800))  # type: ignore[misc]
    assert twice <= 2.5 * once + FEWEST, (once, twice)
