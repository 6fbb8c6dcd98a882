"""The difference between a recording and the spec, the fake or the documented times. Does not
compare anything itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal

from msgspec import UNSET, Struct
from msgspec.structs import replace

from contracts.recordings.model import RecordedAnswer, RecordedRequest
from contracts.spec.routes import Route

Weight = Literal["breaking", "additive", "cosmetic"]
WEIGHTS: tuple[Weight, ...] = ("breaking", "additive", "cosmetic")  # the most severe first
# Differences of these kinds are the same only if the recorded value is the same too.
_BY_VALUE = {"code", "status", "message", "value", "transition", "operation"}
_INDEX = re.compile(r"/\d+(?=/|$)")


class ComparedCall(Struct, frozen=True):
    """One recorded answer with its request. place: `FILE#/exchanges/3`. called: None if the call is
    not an operation of the spec."""

    place: str
    request: RecordedRequest
    answer: RecordedAnswer
    called: Route | None

    @property
    def label(self) -> str:
        """Operation, status, and the task's status or the code: `getTask 200 SUCCEEDED`."""
        name = self.called.operation.id if self.called else f"{self.request.method} {self.path}"
        return " ".join(filter(None, [name, str(self.answer.status), self.status_or_code]))

    @property
    def path(self) -> str:
        return self.request.path

    @property
    def status_or_code(self) -> str:
        """The task's status or the code, in `output` or beside it; "" without both."""
        top = self.answer.value if isinstance(self.answer.value, dict) else {}
        output = self.answer.output
        return str(output.get("task_status") or top.get("code") or output.get("code") or "")


class DriftDifference(Struct, frozen=True, omit_defaults=True):
    """A difference between a recorded answer and the expected one.

    against: `spec`, `fake` or `models` (the times in x-models). pointer: in the body of the answer,
    or `#status`, `#header/NAME`, `#time/STATE`. recorded, expected: the values; UNSET if the answer
    has none. count: how often it was found. first: its first place in the recordings."""

    weight: Weight
    kind: str
    against: str
    answer: str
    pointer: str
    text: str
    recorded: Any = UNSET
    expected: Any = UNSET
    count: int = 1
    first: str = ""

    @property
    def key(self) -> tuple[Any, ...]:
        """Identifies the difference: equal for the same difference in another answer."""
        value = repr(self.recorded) if self.kind in _BY_VALUE else ""
        pointer = _INDEX.sub("/*", self.pointer)
        return (self.against, self.kind, self.answer, pointer, value)


def merged(found: Iterable[DriftDifference]) -> list[DriftDifference]:
    """Each difference once, with its count, the most severe first. A difference with the fake is
    left out if the spec has the same one."""
    known: dict[tuple[Any, ...], DriftDifference] = {}
    for one in found:
        first = known.setdefault(one.key, one)
        if first is not one:
            known[one.key] = replace(first, count=first.count + one.count)
    by_spec = {key[1:4] for key in known if key[0] == "spec"}
    kept = [one for key, one in known.items() if key[0] != "fake" or key[1:4] not in by_spec]
    return sorted(kept, key=lambda one: WEIGHTS.index(one.weight))
