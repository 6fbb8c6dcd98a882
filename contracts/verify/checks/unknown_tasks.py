"""Checks of tasks that do not exist: a poll is answered 200 with the state UNKNOWN, not 404."""

from __future__ import annotations

from contracts.provider.exchange import answer_at
from contracts.verify.context import CheckContext
from contracts.verify.registry import check


def _is_unknown(ctx: CheckContext, task_id: str) -> None:
    exchange = ctx.get(task_id)
    if ctx.expect_outcome(exchange, "UNKNOWN"):
        expected = {"task_id": task_id, "task_status": "UNKNOWN"}
        ctx.expect_equal(exchange, "/output", expected)


@check(
    "unknown.uuid",
    "A poll of a task that does not exist is answered 200 UNKNOWN.",
    "UNKNOWN",
    failed="A poll of a task that does not exist was not answered 200 UNKNOWN",
)
def uuid(ctx: CheckContext) -> None:
    _is_unknown(ctx, ctx.random_task_id())


@check(
    "unknown.malformed",
    "A malformed task id is answered 200 UNKNOWN, with the id echoed.",
    "UNKNOWN",
    failed="A malformed task id was not answered 200 UNKNOWN with the id echoed",
)
def malformed(ctx: CheckContext) -> None:
    for task_id in ("1111", "no-such-task", "A" * 64):
        _is_unknown(ctx, task_id)


@check(
    "unknown.request-id",
    "A poll with a request_id in place of a task id is answered 200 UNKNOWN.",
    "UNKNOWN",
    failed="A poll with a request_id in place of a task id was not answered 200 UNKNOWN",
)
def request_id(ctx: CheckContext) -> None:
    _is_unknown(ctx, str(answer_at(ctx.get(ctx.random_task_id()), "/request_id")))


@check(
    "unknown.usage",
    "The answer about an unknown task has no usage.",
    "UNKNOWN",
    failed="The answer about an unknown task has a usage",
)
def usage(ctx: CheckContext) -> None:
    exchange = ctx.get(ctx.random_task_id())
    value = exchange.value if isinstance(exchange.value, dict) else {}
    ctx.expect(exchange, "/usage", value.get("usage") is None, "nothing")


@check(
    "unknown.cancel",
    "A cancel call for an unknown task is refused.",
    "UnsupportedOperation",
    failed="A cancel call for an unknown task was not refused as documented",
)
def cancel(ctx: CheckContext) -> None:
    ctx.expect_outcome(ctx.cancel(ctx.random_task_id()), "UnsupportedOperation")


@check(
    "unknown.cancel-body",
    "A cancel call with a body is answered as without the body.",
    "UnsupportedOperation",
    failed="A cancel call with a body was not answered as without the body",
    severity="warning",
)
def cancel_body(ctx: CheckContext) -> None:
    sent = {"model": "", "parameters": {}, "input": ""}  # as the asyncio client of the official SDK
    exchange = ctx.call("cancelTask", ctx.random_task_id(), body=sent)
    ctx.expect_outcome(exchange, "UnsupportedOperation")
