"""Checks that hold for every answer: content type, request_id, errors and headers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from contracts.provider.exchange import Exchange, answer_at
from contracts.spec.pointers import MISSING
from contracts.verify.context import CheckContext
from contracts.verify.registry import Evidence, check

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ALWAYS = ("date", "server", "req-cost-time", "req-arrive-time", "resp-start-time")
CNB = Evidence("captured", "CNB, 95 of 95")


def _free_answers(ctx: CheckContext) -> Iterator[Exchange]:
    """One free answer of each kind."""
    yield ctx.get(ctx.random_task_id())
    yield ctx.list("page_no=1&page_size=1")
    yield ctx.cancel(ctx.random_task_id())
    yield ctx.get(ctx.random_task_id(), key=None)
    yield ctx.create(text="{}")
    yield ctx.detect(text="{")


@check(
    "answers.json",
    "Every answer has the content type application/json, errors too.",
    Evidence("captured", "CNB; SDK, which reads no other type"),
    failed="An answer does not have the content type application/json",
)
def json_type(ctx: CheckContext) -> None:
    for exchange in _free_answers(ctx):
        name = "#header/Content-Type"
        kind = str(answer_at(exchange, name)).partition(";")[0].strip().lower()
        ctx.expect(exchange, name, kind == "application/json", "application/json")


@check(
    "answers.request-id",
    "The X-Request-Id header is the request_id of the body.",
    Evidence("captured", "CNB, 51 of 55"),
    failed="The X-Request-Id header is not the request_id of the body",
    severity="warning",
)
def request_id(ctx: CheckContext) -> None:
    for exchange in _free_answers(ctx):  # captures of polls, lists and cancel calls lack it
        is_set = "x-request-id" in exchange.answer_headers
        if is_set or ctx.spec.operations[exchange.operation].body:
            ctx.expect_equal(exchange, "#header/X-Request-Id", answer_at(exchange, "/request_id"))


@check(
    "answers.new-id",
    "Each answer has a new request_id in the form of a UUID.",
    Evidence("captured", "CNB"),
    failed="A request_id is not a UUID, or was used twice",
    severity="warning",
)
def new_id(ctx: CheckContext) -> None:
    seen = set()
    for exchange in _free_answers(ctx):
        value = answer_at(exchange, "/request_id")
        text = "" if value is MISSING else str(value)
        ctx.expect(exchange, "/request_id", bool(UUID.fullmatch(text)), "a UUID")
        ctx.expect(exchange, "/request_id", text not in seen, "a new request_id")
        seen.add(text)


@check(
    "answers.errors",
    "Every error has a code and a message at the top level.",
    "InvalidParameter",
    failed="Errors are not answered as documented, with a code and a message at the top level",
)
def errors(ctx: CheckContext) -> None:
    refusals = [exchange for exchange in _free_answers(ctx) if exchange.status >= 400]
    if not refusals:
        ctx.fail(None, "#status", "an error for a call without a key", "no error")
    for exchange in refusals:
        ctx.expect_schema(exchange)


@check(
    "answers.headers",
    "Every answer has the headers that every captured answer has.",
    CNB,
    failed="An answer lacks a header that every captured answer has",
    severity="note",
)
def headers(ctx: CheckContext) -> None:
    for exchange in _free_answers(ctx):
        for name in ALWAYS:
            pointer = f"#header/{name}"
            ctx.expect(exchange, pointer, answer_at(exchange, pointer) is not MISSING, "a value")


@check(
    "answers.compact",
    "A JSON body has no spaces between its parts.",
    Evidence("captured", "CNB"),
    failed="A JSON body has spaces or line breaks between its parts",
    severity="note",
)
def compact(ctx: CheckContext) -> None:
    for exchange in _free_answers(ctx):
        spaced = re.search(r'": |, "|\n', exchange.answer.strip())
        ctx.expect(exchange, "", spaced is None, "compact JSON")
