"""One exchange as it is kept: a row of facts, packed into bytes and unpacked. The client's secrets
are in it, so nobody outside of the journal reads one. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from contracts.spec.validation import Violation
from mock_server.simulation.call import Call, Reply


class Row(NamedTuple):
    """The facts of an Entry. Call and Reply are whole: to take them apart costs as much as to
    encode them. key: the API key, "" for none that the fake accepts; shown: the end of it that is
    no secret."""

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
    near: Violation | None
    key: str
    shown: str

    def __repr__(self) -> str:
        """Nothing of what the client chose."""
        return f"<Row {self.number}: {self.kind} {self.reply.status}>"

    @property
    def explained(self) -> bool:
        """Whether there is something to explain of it."""
        return is_odd(
            self.reply.status, self.reply.outcome, self.scenario, self.violation, self.near
        )


# A row as one object that the garbage collector need not look at.
pack: Callable[[object], bytes] = msgspec.msgpack.Encoder().encode
unpack: Callable[[bytes], Row] = msgspec.msgpack.Decoder(Row).decode


def is_odd(
    status: int, outcome: str, scenario: str, violation: Violation | None, near: Violation | None
) -> bool:
    """Whether there is something to explain of an exchange."""
    return bool(status >= 400 or scenario or violation or near or outcome == "UNKNOWN")
