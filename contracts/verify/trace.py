"""The exchanges of one task, from its creation to its end and after. It judges nothing."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field

from contracts.provider.exchange import Exchange, at
from contracts.spec.pointers import MISSING


class TaskTrace(Struct):
    """What was asked and answered. polls: of the task, in order. behind: the create call of a
    second task while the first was not done; behind_polls: of that one, from its creation on.
    canceled: the second one's cancellation; while_running, when_done: attempts to cancel the first.
    foreign_poll: with somebody else's key, None where there is none. again: polls after the end."""

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
        return str(at(self.created, "/output/task_id"))

    @property
    def states(self) -> list[str]:
        """As they were seen, from the answer to the create call on."""
        return [state(exchange) for exchange in (self.created, *self.polls, *self.later_polls)]

    def polls_in(self, *states: str) -> Iterator[Exchange]:
        """The polls that showed one of these states."""
        return (e for e in (*self.polls, *self.later_polls) if state(e) in states)


def state(exchange: Exchange) -> str:
    """The task_status of an answer; "" for none."""
    value = at(exchange, "/output/task_status")
    return "" if value is MISSING else str(value)
