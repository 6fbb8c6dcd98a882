"""Ends other than a video, and what others may not do."""

from __future__ import annotations

from contracts.provider.exchange import Exchange, at
from contracts.spec.pointers import MISSING
from contracts.verify.checks.lifecycle import TIMES
from contracts.verify.context import Ask, Skip
from contracts.verify.registry import Because, check
from contracts.verify.run_task import PAYS, fails
from contracts.verify.trace import Story, state

# Nobody can fetch it (RFC 2606); the fake takes its parameter for a wish.
NOWHERE = "https://emo-contract.invalid/portrait.png?emo-scenario=FAILED.InvalidURL"


def _second(story: Story) -> Exchange:
    if story.behind is None:
        raise Skip("there was no second task; --budget may not allow for one")
    return story.behind


@check(
    "ends.queue",
    "A second task waits while the first is at work.",
    Because("documented", "QS, RATE: one in process at a time"),
    pays=PAYS,
)
def queue(ask: Ask) -> None:
    story = ask.lived()
    _second(story)
    if "RUNNING" not in story.states or not ask.provider.has_clock:
        raise Skip("without a control API the first may end between two polls")
    for exchange in story.behind_polls[:2]:
        ask.equal(exchange, "/output/task_status", "PENDING")


@check("ends.cancel", "A task that waits can be canceled.", "canceled", pays=PAYS)
def cancel(ask: Ask) -> None:
    story = ask.lived()
    _second(story)
    if story.canceled is None or state(story.behind_polls[-2]) != "PENDING":
        raise Skip("the second task did not wait any more when it was canceled")
    if ask.answers(story.canceled, "canceled"):
        named = {"request_id": at(story.canceled, "/request_id")}  # TASK: and nothing else
        ask.equal(story.canceled, "", named)
        ask.equal(story.behind_polls[-1], "/output/task_status", "CANCELED")


@check("ends.canceled", "A canceled task has no result.", "CANCELED", pays=PAYS)
def canceled(ask: Ask) -> None:
    story = ask.lived()
    last = story.behind_polls[-1] if story.behind_polls else None
    if last is None or state(last) != "CANCELED":
        raise Skip("no task was canceled")
    ask.conforms(last)
    ask.that(last, "/output/results", at(last, "/output/results") is MISSING, "nothing")


@check(
    "ends.cancel-running",
    "A task at work cannot be canceled, and goes on.",
    "UnsupportedOperation",
    pays=PAYS,
)
def cancel_running(ask: Ask) -> None:
    story = ask.lived()
    if story.while_running is None:
        raise Skip("the task was not seen at work")
    ask.answers(story.while_running, "UnsupportedOperation")
    ask.that(story.polls[-1], "/output/task_status", "CANCELED" not in story.states, "not CANCELED")


@check(
    "ends.cancel-done",
    "A task that is done cannot be canceled, and stays as it is.",
    "UnsupportedOperation",
    pays=PAYS,
)
def cancel_done(ask: Ask) -> None:
    story = ask.lived()
    assert story.when_done is not None
    ask.answers(story.when_done, "UnsupportedOperation")
    ask.equal(story.again[-1], "/output/task_status", state(story.polls[-1]))


@check("ends.foreign", "Somebody else's task is UNKNOWN.", "UNKNOWN", pays=PAYS)
def foreign(ask: Ask) -> None:
    story = ask.lived()
    if story.foreign is None:
        raise Skip("there is no second key; EMO_CONTRACT_OTHER_KEY names one of another account")
    if ask.answers(story.foreign, "UNKNOWN"):
        ask.equal(story.foreign, "/output/task_status", "UNKNOWN")
        for name in TIMES:
            pointer = f"/output/{name}"
            ask.that(story.foreign, pointer, at(story.foreign, pointer) is MISSING, "nothing")


@check("ends.foreign-cancel", "Nobody else can cancel it.", "UnsupportedOperation", pays=PAYS)
def foreign_cancel(ask: Ask) -> None:
    story = ask.lived()
    if story.foreign_cancel is None:
        raise Skip("there is no second key; EMO_CONTRACT_OTHER_KEY names one of another account")
    ask.answers(story.foreign_cancel, "UnsupportedOperation")


@check("ends.foreign-list", "Nobody else has it in a list.", "listed", pays=PAYS)
def foreign_list(ask: Ask) -> None:
    story = ask.lived()
    if story.foreign_list is None:
        raise Skip("there is no second key; EMO_CONTRACT_OTHER_KEY names one of another account")
    if ask.answers(story.foreign_list, "listed"):
        ids = [entry["task_id"] for entry in at(story.foreign_list, "/data")]
        ask.that(story.foreign_list, "/data", story.task_id not in ids, f"no {story.task_id}")


@check(
    "ends.failed",
    "A failed task is a 200 whose code is inside output; its input may be refused before.",
    "FAILED.InvalidURL",
    pays=("createVideoTask",),
)
def failed(ask: Ask) -> None:
    body = ask.creation()
    body["input"]["image_url"] = NOWHERE
    created = ask.create(body)
    if created.status == 400:
        code = str(at(created, "/code"))
        if not code.startswith(("InvalidURL", "InvalidParameter", "InvalidFile")):
            raise Skip(f"the call was refused for another reason: {code}")
        ask.conforms(created)
        return
    if not ask.answers(created, "accepted"):
        return
    last = fails(ask, created)
    ask.that(last, "/code", at(last, "/code") is MISSING, "nothing at the top")
    code = at(last, "/output/code")
    ask.that(last, "/output/code", isinstance(code, str) and bool(code), "why it failed")
