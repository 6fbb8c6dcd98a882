"""Tasks that nobody knows: a 200 that says UNKNOWN, never a 404."""

from __future__ import annotations

from contracts.provider.exchange import at
from contracts.verify.context import CheckContext
from contracts.verify.registry import check


def _is_unknown(ctx: CheckContext, task_id: str) -> None:
    exchange = ctx.get(task_id)
    if ctx.expect_outcome(exchange, "UNKNOWN"):
        expected = {"task_id": task_id, "task_status": "UNKNOWN"}
        ctx.expect_equal(exchange, "/output", expected)


@check("unknown.uuid", "A task that there is not is a 200 that says UNKNOWN.", "UNKNOWN")
def uuid(ctx: CheckContext) -> None:
    _is_unknown(ctx, ctx.random_task_id())


@check("unknown.malformed", "So is an id of another form; it is echoed.", "UNKNOWN")
def malformed(ctx: CheckContext) -> None:
    for task_id in ("1111", "no-such-task", "A" * 64):
        _is_unknown(ctx, task_id)


@check("unknown.request-id", "A request_id is no task_id.", "UNKNOWN")
def request_id(ctx: CheckContext) -> None:
    _is_unknown(ctx, str(at(ctx.get(ctx.random_task_id()), "/request_id")))


@check("unknown.usage", "An unknown task has no usage.", "UNKNOWN")
def usage(ctx: CheckContext) -> None:
    exchange = ctx.get(ctx.random_task_id())
    value = exchange.value if isinstance(exchange.value, dict) else {}
    ctx.expect(exchange, "/usage", value.get("usage") is None, "nothing")


@check(
    "unknown.cancel",
    "An unknown task cannot be canceled.",
    "UnsupportedOperation",
)
def cancel(ctx: CheckContext) -> None:
    ctx.expect_outcome(ctx.cancel(ctx.random_task_id()), "UnsupportedOperation")


@check(
    "unknown.cancel-body",
    "A cancellation may have a body.",
    "UnsupportedOperation",
    severity="warning",
)
def cancel_body(ctx: CheckContext) -> None:
    sent = {"model": "", "parameters": {}, "input": ""}  # by the official SDK's asyncio client
    exchange = ctx.call("cancelTask", ctx.random_task_id(), body=sent)
    ctx.expect_outcome(exchange, "UnsupportedOperation")
