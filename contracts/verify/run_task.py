"""The life of one task, made once and looked at by many checks: created, followed to its end, with
another one behind it. It judges nothing."""

from __future__ import annotations

from typing import Any

from contracts.provider.budget import OverBudget
from contracts.provider.exchange import Exchange, at
from contracts.spec.pointers import MISSING
from contracts.verify.context import Ask, Skip
from contracts.verify.trace import Story, state

PAYS = ("createVideoTask", "createVideoTask")  # the task, and another one behind it
FREE = ("FAILED", "CANCELED")  # ends that are not charged (PRICE)
PAUSE = 3.0  # seconds between two polls
MOST_POLLS = 60  # of a provider whose time is moved: its tasks have few events
ODD_POLLS = 3  # in a row without a documented state, after which a task is not waited for
ODD_POLLS_PAID = 6  # the same of the task whose life is looked at


def live(ask: Ask, patience: float) -> Story:
    """Let a task happen. Raises Skip where it is not created or does not end in time."""
    ask.provider.stop_time()
    story = Story(_created(ask))
    story.polls.append(ask.get(story.task_id))
    story.slashed = ask.get(story.task_id, tail="/")
    _put_one_behind(ask, story)
    _ask_as_another(ask, story)
    try:
        follow(ask, story, patience)
    finally:  # it costs where it is left to its work
        if story.canceled is None:
            _cancel_the_one_behind(ask, story)
    story.again = [ask.get(story.task_id), ask.get(story.task_id)]
    story.when_done = ask.cancel(story.task_id)
    story.again.append(ask.get(story.task_id))
    story.listed = ask.list("page_no=1&page_size=50")
    _account(ask, story)
    return story


def follow(ask: Ask, story: Story, patience: float) -> None:
    """Poll until the end; what is to be tried while the task runs is tried then."""
    terminal, provider = ask.spec.lifecycle.terminal, ask.provider
    deadline = provider.clock() + patience
    while state(story.polls[-1]) not in terminal:
        _give_up_on_odd_states(ask, story.task_id, story.polls, ODD_POLLS_PAID)
        late = provider.clock() > deadline
        if late or (provider.has_clock and len(story.polls) > MOST_POLLS):
            ask.conforms(story.polls[-1])
            shown = f"{state(story.polls[-1])} after {len(story.polls)} polls"
            raise Skip(f"task {story.task_id} is still {shown}; --timeout gives it more time")
        if state(story.polls[-1]) == "RUNNING" and story.while_running is None:
            story.while_running = ask.cancel(story.task_id)
            _cancel_the_one_behind(ask, story)
        else:
            provider.let_pass(PAUSE, or_next_event=True)
        story.polls.append(ask.get(story.task_id))


def ended(ask: Ask, task_id: str) -> Exchange:
    """The poll that shows how a task ended. Raises Skip where none does."""
    polls: list[Exchange] = []
    while len(polls) < MOST_POLLS:
        polls.append(ask.get(task_id))
        if state(polls[-1]) in ask.spec.lifecycle.terminal:
            return polls[-1]
        _give_up_on_odd_states(ask, task_id, polls, ODD_POLLS)
        ask.provider.let_pass(PAUSE, or_next_event=True)
    ask.conforms(polls[-1])
    raise Skip(f"task {task_id} did not end within {MOST_POLLS} polls")


def _give_up_on_odd_states(ask: Ask, task_id: str, polls: list[Exchange], most: int) -> None:
    """Raises Skip after so many polls in a row without a documented state: it may last for ever."""
    known, last = ask.spec.lifecycle.next, polls[-most:]
    if len(last) == most and not any(state(poll) in known for poll in last):
        ask.conforms(last[-1])
        shown = state(last[-1])[:40] or f"without a state, HTTP {last[-1].status}"
        raise Skip(f"task {task_id} is {shown}, after {len(polls)} polls: no such state is known")


def fails(ask: Ask, created: Exchange) -> Exchange:
    """Find that a task was created that does not fail; where it does, nothing is charged."""
    last = ended(ask, str(at(created, "/output/task_id")))
    if ask.equal(last, "/output/task_status", "FAILED"):
        ask.provider.budget.give_back(created.price)
    ask.conforms(last)
    return last


def refused(ask: Ask, created: Exchange, *names: str, field: str = "") -> None:
    """Find that a create call is not refused so; or, as it is with a sibling model (KR), that a
    task is made of it which does not fail. EMO's own way is not documented."""
    if created.status == 200:
        fails(ask, created)
    else:
        ask.answers(created, *names, field=field)


def needs(ask: Ask, created: Exchange, field: str) -> None:
    """Find that a call without a field is not refused, nor fails."""
    refused(ask, created, "InvalidParameter-field-required", field=field)


def _created(ask: Ask) -> Exchange:
    exchange = ask.create(_body(ask))
    if not ask.answers(exchange, "accepted"):
        raise Skip(f"no task was created: {exchange.status} {exchange.answer[:200]}")
    return exchange


def _body(ask: Ask) -> dict[str, Any]:
    """The documented body; with another picture, the boxes that its detection gives."""
    body, documented = ask.creation(), ask.spec.operations["createVideoTask"].requests
    if body["input"]["image_url"] != documented["documentation"]["input"]["image_url"]:
        seen = ask.detect()
        for name in ("face_bbox", "ext_bbox"):
            body["input"][name] = at(seen, f"/output/{name}")
            if body["input"][name] is MISSING:
                raise Skip("no face was found in the picture; --image names another")
    return body


def _put_one_behind(ask: Ask, story: Story) -> None:
    ask.provider.let_pass(1.0)
    try:
        story.behind = _created(ask)
    except (Skip, OverBudget):
        return
    story.behind_polls.append(ask.get(str(at(story.behind, "/output/task_id"))))


def _cancel_the_one_behind(ask: Ask, story: Story) -> None:
    if story.behind is not None:
        task_id = str(at(story.behind, "/output/task_id"))
        story.behind_polls.append(ask.get(task_id))
        story.canceled = ask.cancel(task_id)
        story.behind_polls.append(ask.get(task_id))


def _ask_as_another(ask: Ask, story: Story) -> None:
    other = ask.provider.other_key
    if other:
        story.foreign = ask.get(story.task_id, key=other)
        story.foreign_cancel = ask.cancel(story.task_id, key=other)
        story.foreign_list = ask.list("page_no=1&page_size=50", key=other)


def _account(ask: Ask, story: Story) -> None:
    """What was really charged: a task that failed or was canceled is free (PRICE)."""
    budget, last = ask.provider.budget, story.polls[-1]
    if state(last) == "SUCCEEDED":
        usage = at(last, "/usage/video_ratio"), at(last, "/usage/video_duration")
        budget.charged(story.created.price, *usage)
    elif state(last) in FREE:
        budget.give_back(story.created.price)
    if story.behind and story.behind_polls and state(story.behind_polls[-1]) in FREE:
        budget.give_back(story.behind.price)
