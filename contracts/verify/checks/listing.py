"""Checks of the list of tasks: pages, filters and order."""

from __future__ import annotations

from typing import Any

from contracts.provider.exchange import Exchange, answer_at
from contracts.verify.context import CheckContext
from contracts.verify.registry import Evidence, check
from contracts.verify.run_task import TWO_TASKS

TASK = Evidence("documented", "TASK")
INVALID = ("page_no=0", "page_size=0", "page_no=one", "status=DONE", "start_time=yesterday")


def _data(exchange: Exchange) -> list[Any]:
    data = answer_at(exchange, "/data")
    return data if isinstance(data, list) else []


@check(
    "lists.page",
    "A list is one page, with its number, its size and the totals.",
    "listed",
    failed="A list is not a page with the right number, size and totals",
)
def page(ctx: CheckContext) -> None:
    exchange = ctx.list("page_no=1&page_size=3")
    if ctx.expect_outcome(exchange, "listed"):
        ctx.expect_equal(exchange, "/page_no", 1)
        ctx.expect_equal(exchange, "/page_size", 3)
        ctx.expect(exchange, "/data", len(_data(exchange)) <= 3, "3 entries at most")
        pages = -(-answer_at(exchange, "/total") // 3)
        ctx.expect_equal(exchange, "/total_page", pages)


@check(
    "lists.defaults",
    "A list without parameters is the first page of ten tasks.",
    TASK,
    failed="A list without parameters is not the first page of ten tasks",
)
def defaults(ctx: CheckContext) -> None:
    exchange = ctx.list()
    if ctx.expect_outcome(exchange, "listed"):
        ctx.expect_equal(exchange, "/page_no", 1)
        ctx.expect_equal(exchange, "/page_size", 10)


@check(
    "lists.beyond",
    "A page after the last one is empty.",
    TASK,
    failed="A page after the last one is not an empty list",
    severity="warning",
)
def beyond(ctx: CheckContext) -> None:
    exchange = ctx.list("page_no=100000&page_size=10")
    if ctx.expect_outcome(exchange, "listed"):
        ctx.expect_equal(exchange, "/data", [])


@check(
    "lists.order",
    "A list begins with the newest task.",
    TASK,
    failed="A list does not begin with the newest task",
    severity="warning",
    paid_calls=TWO_TASKS,
)
def order(ctx: CheckContext) -> None:
    ctx.trace()
    exchange = ctx.list("page_no=1&page_size=100")
    if ctx.expect_outcome(exchange, "listed"):
        times = [entry["gmt_create"] for entry in _data(exchange)]
        ctx.expect(exchange, "/data", times == sorted(times, reverse=True), "the newest first")


@check(
    "lists.filter",
    "A list of one status contains only tasks with this status.",
    TASK,
    failed="A list of one status contains tasks with another status",
    paid_calls=TWO_TASKS,
)
def filtered(ctx: CheckContext) -> None:
    ctx.trace()
    for state in ("SUCCEEDED", "PENDING"):
        exchange = ctx.list(f"page_no=1&page_size=100&status={state}")
        if ctx.expect_outcome(exchange, "listed"):
            found = {entry["status"] for entry in _data(exchange)}
            ctx.expect(exchange, "/data", found <= {state}, f"entries that are {state}")


@check(
    "lists.nobody",
    "A list of a model that was never used is empty.",
    TASK,
    failed="A list of a model that was never used is not empty",
    severity="warning",
    paid_calls=TWO_TASKS,
)
def nobody(ctx: CheckContext) -> None:
    ctx.trace()
    exchange = ctx.list("page_no=1&page_size=10&model_name=no-such-model")
    if ctx.expect_outcome(exchange, "listed"):
        ctx.expect_equal(exchange, "/total", 0)
        ctx.expect_equal(exchange, "/data", [])


@check(
    "lists.invalid",
    "A list call with an invalid parameter is refused.",
    "InvalidParameter",
    failed="A list call with an invalid parameter was not refused as documented",
)
def invalid(ctx: CheckContext) -> None:
    for query in INVALID:
        exchange = ctx.list(query)
        ctx.expect_outcome(exchange, "InvalidParameter", field=query.partition("=")[0])
