"""Tasks that nobody knows: a 200 that says UNKNOWN, never a 404."""

from __future__ import annotations

from contracts.provider.exchange import at
from contracts.verify.context import Ask
from contracts.verify.registry import check


def _is_unknown(ask: Ask, task_id: str) -> None:
    exchange = ask.get(task_id)
    if ask.answers(exchange, "UNKNOWN"):
        expected = {"task_id": task_id, "task_status": "UNKNOWN"}
        ask.equal(exchange, "/output", expected)


@check("unknown.uuid", "A task that there is not is a 200 that says UNKNOWN.", "UNKNOWN")
def uuid(ask: Ask) -> None:
    _is_unknown(ask, ask.some_id())


@check("unknown.malformed", "So is an id of another form; it is echoed.", "UNKNOWN")
def malformed(ask: Ask) -> None:
    for task_id in ("1111", "no-such-task", "A" * 64):
        _is_unknown(ask, task_id)


@check("unknown.request-id", "A request_id is no task_id.", "UNKNOWN")
def request_id(ask: Ask) -> None:
    _is_unknown(ask, str(at(ask.get(ask.some_id()), "/request_id")))


@check("unknown.usage", "An unknown task has no usage.", "UNKNOWN")
def usage(ask: Ask) -> None:
    exchange = ask.get(ask.some_id())
    value = exchange.value if isinstance(exchange.value, dict) else {}
    ask.that(exchange, "/usage", value.get("usage") is None, "nothing")


@check(
    "unknown.cancel",
    "An unknown task cannot be canceled.",
    "UnsupportedOperation",
)
def cancel(ask: Ask) -> None:
    ask.answers(ask.cancel(ask.some_id()), "UnsupportedOperation")


@check(
    "unknown.cancel-body",
    "A cancellation may have a body.",
    "UnsupportedOperation",
    severity="warning",
)
def cancel_body(ask: Ask) -> None:
    sent = {"model": "", "parameters": {}, "input": ""}  # by the official SDK's asyncio client
    exchange = ask.call("cancelTask", ask.some_id(), body=sent)
    ask.answers(exchange, "UnsupportedOperation")
