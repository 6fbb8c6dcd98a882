"""The TaskTrace: all exchanges about one task, from its creation until after its end."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field

from contracts.provider.exchange import Exchange, answer_at
from contracts.spec.pointers import MISSING


class TaskTrace(Struct):
    """The exchanges about a task, and about a second task that was created before the first ended.

    created: the create call. polls: in order, until the end. slash_poll: with a slash at the end of
    the path. second, second_polls, second_cancel: the calls about the second task.
    cancel_while_running, cancel_when_done: cancel calls for the first task. foreign_poll,
    foreign_cancel, foreign_list: with the key of another account. listed: the list of tasks after
    the end. later_polls: after the end. None: the call was not sent."""

    created: Exchange
    polls: list[Exchange] = field(default_factory=list)
    second: Exchange | None = None
    second_polls: list[Exchange] = field(default_factory=list)
    second_cancel: Exchange | None = None
    cancel_while_running: Exchange | None = None
    cancel_when_done: Exchange | None = None
    slash_poll: Exchange | None = None
    foreign_poll: Exchange | None = None
    foreign_cancel: Exchange | None = None
    foreign_list: Exchange | None = None
    listed: Exchange | None = None
    later_polls: list[Exchange] = field(default_factory=list)

    @property
    def task_id(self) -> str:
        return str(answer_at(self.created, "/output/task_id"))

    @property
    def states(self) -> list[str]:
        """The states in all answers, in order, the answer to the create call first."""
        return [state(exchange) for exchange in (self.created, *self.polls, *self.later_polls)]

    def polls_in(self, *states: str) -> Iterator[Exchange]:
        """The polls that were answered with one of these states."""
        return (e for e in (*self.polls, *self.later_polls) if state(e) in states)


def state(exchange: Exchange) -> str:
    """The task_status of an answer; "" if it has none."""
    value = answer_at(exchange, "/output/task_status")
    return "" if value is MISSING else str(value)
