"""Creates one task, follows it to its end and records all calls in a TaskTrace, which many checks
share. Also the expectations about create calls that must be refused or must make a failed task."""

from __future__ import annotations

from typing import Any

from contracts.provider.budget import OverBudget
from contracts.provider.exchange import Exchange, answer_at
from contracts.spec.models import replaced
from contracts.spec.pointers import MISSING, parts_of, value_at
from contracts.verify.context import CheckContext, Skip
from contracts.verify.model_under_test import Media
from contracts.verify.registry import CREATE
from contracts.verify.trace import TaskTrace, state

TWO_TASKS = (CREATE, CREATE)  # the task and a second one
FREE = ("FAILED", "CANCELED")  # final states that are not charged (PRICE)
PAUSE = 3.0  # s between two polls
MOST_POLLS = 60  # of one task, if the control API moves the clock: a task has few events
ODD_POLLS = 3  # polls in a row without a documented state, after which the check gives up
ODD_POLLS_PAID = 6  # the same for the task that all checks share


def run_task(ctx: CheckContext, timeout: float) -> TaskTrace:
    """Create a task, follow it and return its trace. timeout: seconds for the task to end. Raises
    Skip if it is not created or does not end in time."""
    ctx.provider.stop_time()
    trace = TaskTrace(_created(ctx))
    trace.polls.append(ctx.get(trace.task_id))
    trace.slash_poll = ctx.get(trace.task_id, tail="/")
    _create_second(ctx, trace)
    _call_with_other_key(ctx, trace)
    try:
        poll_until_end(ctx, trace, timeout)
    finally:  # a second task that is not canceled is charged
        if trace.second_cancel is None:
            _cancel_second(ctx, trace)
    trace.later_polls = [ctx.get(trace.task_id), ctx.get(trace.task_id)]
    trace.cancel_when_done = ctx.cancel(trace.task_id)
    trace.later_polls.append(ctx.get(trace.task_id))
    trace.listed = ctx.list("page_no=1&page_size=50")
    _settle_cost(ctx, trace)
    return trace


def poll_until_end(ctx: CheckContext, trace: TaskTrace, timeout: float) -> None:
    """Poll until the task ends. When it is RUNNING for the first time, try to cancel it."""
    terminal, provider = ctx.spec.lifecycle.terminal, ctx.provider
    deadline = provider.clock() + timeout
    while state(trace.polls[-1]) not in terminal:
        _skip_unknown_states(ctx, trace.task_id, trace.polls, ODD_POLLS_PAID)
        is_late = provider.clock() > deadline
        if is_late or (provider.has_clock and len(trace.polls) > MOST_POLLS):
            ctx.expect_schema(trace.polls[-1])
            shown = f"{state(trace.polls[-1])} after {len(trace.polls)} polls"
            raise Skip(f"task {trace.task_id} is still {shown}; --timeout gives it more time")
        if state(trace.polls[-1]) == "RUNNING" and trace.cancel_while_running is None:
            trace.cancel_while_running = ctx.cancel(trace.task_id)
            _cancel_second(ctx, trace)
        else:
            provider.wait(PAUSE, or_next_event=True)
        trace.polls.append(ctx.get(trace.task_id))


def wait_for_end(ctx: CheckContext, task_id: str) -> Exchange:
    """Poll until the task ends, and return the last poll. Raises Skip if it does not end."""
    polls: list[Exchange] = []
    while len(polls) < MOST_POLLS:
        polls.append(ctx.get(task_id))
        if state(polls[-1]) in ctx.spec.lifecycle.terminal:
            return polls[-1]
        _skip_unknown_states(ctx, task_id, polls, ODD_POLLS)
        ctx.provider.wait(PAUSE, or_next_event=True)
    ctx.expect_schema(polls[-1])
    raise Skip(f"task {task_id} did not end within {MOST_POLLS} polls")


def _skip_unknown_states(ctx: CheckContext, task_id: str, polls: list[Exchange], most: int) -> None:
    """Raises Skip after `most` polls in a row without a documented state: it might never end."""
    known, last = ctx.spec.lifecycle.next, polls[-most:]
    if len(last) == most and not any(state(poll) in known for poll in last):
        ctx.expect_schema(last[-1])
        shown = state(last[-1])[:40] or f"no state, HTTP {last[-1].status}"
        raise Skip(f"task {task_id} has an undocumented state after {len(polls)} polls: {shown}")


def expect_failure(ctx: CheckContext, created: Exchange) -> Exchange:
    """Expect the created task to end FAILED, which is not charged. Returns the last poll."""
    last = wait_for_end(ctx, str(answer_at(created, "/output/task_id")))
    if ctx.expect_equal(last, "/output/task_status", "FAILED"):
        ctx.provider.budget.give_back(created.price)
    ctx.expect_schema(last)
    return last


def expect_refusal(ctx: CheckContext, created: Exchange, *names: str, field: str = "") -> None:
    """Expect that a create call was refused with one of these outcomes, or that its task fails. A
    sibling model creates the task (KR); the documentation does not describe this for EMO."""
    if created.status == 200:
        expect_failure(ctx, created)
    else:
        ctx.expect_outcome(created, *names, field=field)


def expect_required(ctx: CheckContext, role: str) -> None:
    """Expect that a create call without the field of this role is refused, or that its task
    fails."""
    pointer, body = ctx.tested[role], ctx.creation_body()
    *path, name = parts_of(pointer)
    del value_at(body, path)[name]
    created, field = ctx.create(body), ".".join((*path, name))
    expect_refusal(ctx, created, "InvalidParameter-field-required", field=field)


def _created(ctx: CheckContext) -> Exchange:
    exchange = ctx.create(_body(ctx))
    if not ctx.expect_outcome(exchange, "accepted"):
        raise Skip(f"no task was created: {exchange.status} {exchange.answer[:200]}")
    return exchange


def _body(ctx: CheckContext) -> dict[str, Any]:
    """The documented body. With the image of a user, it has the boxes of a detect call."""
    body, tested = ctx.creation_body(), ctx.tested
    roles = [role for role in ("face", "area") if role in tested]
    if roles and ctx.media.image != Media.documented(ctx.spec, tested.name).image:
        detected = ctx.detect()
        for role in roles:
            box = answer_at(detected, tested[f"detected_{role}"])
            if box is MISSING:
                raise Skip("no face was found in the image; choose another one with --image")
            body = replaced(body, tested[role], box)
    return body


def _create_second(ctx: CheckContext, trace: TaskTrace) -> None:
    ctx.provider.wait(1.0)
    try:
        trace.second = _created(ctx)
    except (Skip, OverBudget):
        return
    trace.second_polls.append(ctx.get(str(answer_at(trace.second, "/output/task_id"))))


def _cancel_second(ctx: CheckContext, trace: TaskTrace) -> None:
    if trace.second is not None:
        task_id = str(answer_at(trace.second, "/output/task_id"))
        trace.second_polls.append(ctx.get(task_id))
        trace.second_cancel = ctx.cancel(task_id)
        trace.second_polls.append(ctx.get(task_id))


def _call_with_other_key(ctx: CheckContext, trace: TaskTrace) -> None:
    other = ctx.provider.other_key
    if other:
        trace.foreign_poll = ctx.get(trace.task_id, key=other)
        trace.foreign_cancel = ctx.cancel(trace.task_id, key=other)
        trace.foreign_list = ctx.list("page_no=1&page_size=50", key=other)


def _settle_cost(ctx: CheckContext, trace: TaskTrace) -> None:
    """Correct the budget to the real price: a failed or canceled task is free (PRICE)."""
    budget, last = ctx.provider.budget, trace.polls[-1]
    if state(last) == "SUCCEEDED":
        budget.charged(trace.created.price, *ctx.tested.video.billed(last.value))
    elif state(last) in FREE:
        budget.give_back(trace.created.price)
    if trace.second and trace.second_polls and state(trace.second_polls[-1]) in FREE:
        budget.give_back(trace.second.price)
