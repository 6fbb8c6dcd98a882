"""One exchange as the journal stores it: packed into bytes. It contains the client's secrets, so
only this package reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from contracts.spec.validation import Violation
from mock_server.simulation.call import Call, Reply


class Row(NamedTuple):
    """The data of an Entry (see there), with secrets. An Exchange of contracts/provider is made
    only for readers: to remove the secrets costs more than the answer to the call.

    call and reply are stored whole: splitting them takes as long as encoding them. key: the API
    key, "" if the fake did not accept one. shown: the end of the key that is not secret."""

    number: int
    real: float
    at: float
    kind: str
    call: Call
    reply: Reply
    request_id: str
    task_id: str
    scenario: str
    source: str
    fault: str
    violation: Violation | None
    near_miss: Violation | None
    key: str
    shown: str

    def __repr__(self) -> str:
        """No text that the client sent: it may contain secrets."""
        return f"<Row {self.number}: {self.kind} {self.reply.status}>"

    @property
    def explained(self) -> bool:
        """Whether the fake can explain the answer."""
        return has_explanation(
            self.reply.status, self.reply.outcome, self.scenario, self.violation, self.near_miss
        )


# A packed row is one object without references, which the garbage collector skips.
pack: Callable[[object], bytes] = msgspec.msgpack.Encoder().encode
unpack: Callable[[bytes], Row] = msgspec.msgpack.Decoder(Row).decode


def has_explanation(
    status: int,
    outcome: str,
    scenario: str,
    violation: Violation | None,
    near_miss: Violation | None,
) -> bool:
    """Whether the fake can explain an answer: refusals, scenarios, near misses, unknown tasks."""
    return bool(status >= 400 or scenario or violation or near_miss or outcome == "UNKNOWN")
