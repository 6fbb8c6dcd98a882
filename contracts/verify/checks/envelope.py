"""What every answer has: a type, an id, the headers that were always captured."""

from __future__ import annotations

import re
from collections.abc import Iterator

from contracts.provider.exchange import Exchange, at
from contracts.spec.pointers import MISSING
from contracts.verify.context import Ask
from contracts.verify.registry import Because, check

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ALWAYS = ("date", "server", "req-cost-time", "req-arrive-time", "resp-start-time")
CNB = Because("captured", "CNB, 95 of 95")


def _some(ask: Ask) -> Iterator[Exchange]:
    """Answers of every kind that cost nothing."""
    yield ask.get(ask.some_id())
    yield ask.list("page_no=1&page_size=1")
    yield ask.cancel(ask.some_id())
    yield ask.get(ask.some_id(), key=None)
    yield ask.create(text="{}")
    yield ask.detect(text="{")


@check(
    "answers.json",
    "Every answer is application/json, errors too.",
    Because("captured", "CNB, SDK, which reads no other"),
)
def json_type(ask: Ask) -> None:
    for exchange in _some(ask):
        name = "#header/Content-Type"
        kind = str(at(exchange, name)).partition(";")[0].strip().lower()
        ask.that(exchange, name, kind == "application/json", "application/json")


@check(
    "answers.request-id",
    "The header X-Request-Id is the request_id of the body.",
    Because("captured", "CNB, 51 of 55"),
    severity="warning",
)
def request_id(ask: Ask) -> None:
    for exchange in _some(ask):  # of task management, captures lack it
        there = "x-request-id" in exchange.answer_headers
        if there or exchange.operation in ("detectFace", "createVideoTask"):
            ask.equal(exchange, "#header/X-Request-Id", at(exchange, "/request_id"))


@check(
    "answers.new-id",
    "Each answer has a request_id of its own, in the form of a UUID.",
    Because("captured", "CNB"),
    severity="warning",
)
def new_id(ask: Ask) -> None:
    seen = set()
    for exchange in _some(ask):
        value = at(exchange, "/request_id")
        text = "" if value is MISSING else str(value)
        ask.that(exchange, "/request_id", bool(UUID.fullmatch(text)), "a UUID")
        ask.that(exchange, "/request_id", text not in seen, "another one than before")
        seen.add(text)


@check("answers.errors", "Every refusal has a code and a message at the top.", "InvalidParameter")
def errors(ask: Ask) -> None:
    refusals = [exchange for exchange in _some(ask) if exchange.status >= 400]
    if not refusals:
        ask.find(None, "#status", "a refusal of what has no key", "none")
    for exchange in refusals:
        ask.conforms(exchange)


@check(
    "answers.headers",
    "The headers that every capture has are there.",
    CNB,
    severity="note",
)
def headers(ask: Ask) -> None:
    for exchange in _some(ask):
        for name in ALWAYS:
            pointer = f"#header/{name}"
            ask.that(exchange, pointer, at(exchange, pointer) is not MISSING, "a value")


@check(
    "answers.compact",
    "A body has no spaces between its parts.",
    Because("captured", "CNB"),
    severity="note",
)
def compact(ask: Ask) -> None:
    for exchange in _some(ask):
        spaced = re.search(r'": |, "|\n', exchange.answer.strip())
        ask.that(exchange, "", spaced is None, "compact JSON")
