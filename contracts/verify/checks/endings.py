"""Checks of tasks that do not end with a video: waiting, canceled and failed tasks, and tasks of
another account."""

from __future__ import annotations

from contracts.provider.exchange import Exchange, answer_at
from contracts.spec.models import replaced
from contracts.spec.pointers import MISSING
from contracts.verify.checks.lifecycle import TIMES
from contracts.verify.context import CheckContext, Skip
from contracts.verify.registry import CREATE, Evidence, check
from contracts.verify.run_task import TWO_TASKS, expect_failure
from contracts.verify.trace import TaskTrace, state

# A host that cannot exist (RFC 2606). On the fake, the parameter selects the outcome.
UNREACHABLE_URL = "https://emo-contract.invalid/portrait.png?emo-scenario=FAILED.InvalidURL"


def _second(trace: TaskTrace) -> Exchange:
    if trace.second is None:
        raise Skip("there was no second task; --budget may be too small for one")
    return trace.second


def _of_other_account(exchange: Exchange | None) -> Exchange:
    if exchange is None:
        raise Skip("there is no key of another account; set EMO_CONTRACT_OTHER_KEY")
    return exchange


@check(
    "ends.queue",
    "A second task waits while the first one runs.",
    Evidence("documented", "QS, RATE: one in process at a time"),
    failed="A second task did not wait while the first one ran",
    paid_calls=TWO_TASKS,
)
def queue(ctx: CheckContext) -> None:
    trace = ctx.trace()
    _second(trace)
    if "RUNNING" not in trace.states or not ctx.provider.has_clock:
        raise Skip("without a control API the first task may end between two polls")
    for exchange in trace.second_polls[:2]:
        ctx.expect_equal(exchange, "/output/task_status", "PENDING")


@check(
    "ends.cancel",
    "A waiting task can be canceled.",
    "canceled",
    failed="A waiting task could not be canceled as documented",
    paid_calls=TWO_TASKS,
)
def cancel(ctx: CheckContext) -> None:
    trace = ctx.trace()
    _second(trace)
    if trace.second_cancel is None or state(trace.second_polls[-2]) != "PENDING":
        raise Skip("the second task no longer waited when it was canceled")
    if ctx.expect_outcome(trace.second_cancel, "canceled"):
        # TASK: the answer to a cancel call has no other field
        expected = {"request_id": answer_at(trace.second_cancel, "/request_id")}
        ctx.expect_equal(trace.second_cancel, "", expected)
        ctx.expect_equal(trace.second_polls[-1], "/output/task_status", "CANCELED")


@check(
    "ends.canceled",
    "A canceled task has no result.",
    "CANCELED",
    failed="A canceled task has a result, or was not answered as documented",
    paid_calls=TWO_TASKS,
)
def canceled(ctx: CheckContext) -> None:
    trace = ctx.trace()
    last = trace.second_polls[-1] if trace.second_polls else None
    if last is None or state(last) != "CANCELED":
        raise Skip("no task was canceled")
    ctx.expect_schema(last)
    ctx.expect_equal(last, ctx.tested.result_field, MISSING)


@check(
    "ends.cancel-running",
    "A running task cannot be canceled and keeps running.",
    "UnsupportedOperation",
    failed="A cancel call for a running task was not refused as documented, or stopped the task",
    paid_calls=TWO_TASKS,
)
def cancel_running(ctx: CheckContext) -> None:
    trace = ctx.trace()
    if trace.cancel_while_running is None:
        raise Skip("no poll showed the task RUNNING")
    ctx.expect_outcome(trace.cancel_while_running, "UnsupportedOperation")
    ctx.expect(
        trace.polls[-1], "/output/task_status", "CANCELED" not in trace.states, "not CANCELED"
    )


@check(
    "ends.cancel-done",
    "A finished task cannot be canceled and does not change.",
    "UnsupportedOperation",
    failed="A cancel call for a finished task was not refused as documented, or changed the task",
    paid_calls=TWO_TASKS,
)
def cancel_done(ctx: CheckContext) -> None:
    trace = ctx.trace()
    assert trace.cancel_when_done is not None
    ctx.expect_outcome(trace.cancel_when_done, "UnsupportedOperation")
    ctx.expect_equal(trace.later_polls[-1], "/output/task_status", state(trace.polls[-1]))


@check(
    "ends.foreign",
    "A poll of another account's task is answered 200 UNKNOWN.",
    "UNKNOWN",
    failed="A poll of another account's task was not answered 200 UNKNOWN",
    paid_calls=TWO_TASKS,
)
def foreign(ctx: CheckContext) -> None:
    poll = _of_other_account(ctx.trace().foreign_poll)
    if ctx.expect_outcome(poll, "UNKNOWN"):
        ctx.expect_equal(poll, "/output/task_status", "UNKNOWN")
        for name in TIMES:
            ctx.expect_equal(poll, f"/output/{name}", MISSING)


@check(
    "ends.foreign-cancel",
    "A cancel call for another account's task is refused.",
    "UnsupportedOperation",
    failed="A cancel call for another account's task was not refused as documented",
    paid_calls=TWO_TASKS,
)
def foreign_cancel(ctx: CheckContext) -> None:
    ctx.expect_outcome(_of_other_account(ctx.trace().foreign_cancel), "UnsupportedOperation")


@check(
    "ends.foreign-list",
    "A list does not contain another account's task.",
    "listed",
    failed="A list was not answered as documented, without another account's task",
    paid_calls=TWO_TASKS,
)
def foreign_list(ctx: CheckContext) -> None:
    trace = ctx.trace()
    listed = _of_other_account(trace.foreign_list)
    if ctx.expect_outcome(listed, "listed"):
        ids = [entry["task_id"] for entry in answer_at(listed, "/data")]
        own = trace.task_id
        ctx.expect(listed, "/data", own not in ids, f"a list without {own}")


@check(
    "ends.failed",
    "A failed task is answered 200 with its code inside output, unless its create call is refused.",
    "FAILED.InvalidURL",
    failed="A failed task was not answered 200 with its code inside output",
    paid_calls=(CREATE,),
)
def failed(ctx: CheckContext) -> None:
    body = replaced(ctx.creation_body(), ctx.tested["image"], UNREACHABLE_URL)
    created = ctx.create(body)
    if created.status == 400:  # refused before a task was created, which is right, too
        code = str(answer_at(created, "/code"))
        if not code.startswith(("InvalidURL", "InvalidParameter", "InvalidFile")):
            raise Skip(f"the call was refused for another reason: {code}")
        ctx.expect_schema(created)
        return
    if not ctx.expect_outcome(created, "accepted"):
        return
    last = expect_failure(ctx, created)
    ctx.expect(last, "/code", answer_at(last, "/code") is MISSING, "nothing at the top level")
    code = answer_at(last, "/output/code")
    ctx.expect(
        last, "/output/code", isinstance(code, str) and bool(code), "the code of the failure"
    )
