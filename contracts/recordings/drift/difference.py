"""A difference between a recording and what it is held against, and many of them in order. Finds
none itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal

from msgspec import UNSET, Struct
from msgspec.structs import replace

from contracts.recordings.model import RecordedAnswer, RecordedRequest
from contracts.recordings.operations import FoundOperation

Weight = Literal["breaking", "additive", "cosmetic"]
WEIGHTS: tuple[Weight, ...] = ("breaking", "additive", "cosmetic")  # the gravest first
# What of a difference tells it from another: of these kinds the value that was recorded, too.
_BY_VALUE = {"code", "status", "message", "value", "transition", "operation"}
_INDEX = re.compile(r"/\d+(?=/|$)")


class ComparedCall(Struct, frozen=True):
    """One answer of a recording. place: `FILE#/exchanges/3`. called: None where the call is no
    operation of the spec."""

    place: str
    request: RecordedRequest
    answer: RecordedAnswer
    called: FoundOperation | None

    @property
    def label(self) -> str:
        """What was asked and what came: `getTask 200 SUCCEEDED`."""
        name = self.called.operation.id if self.called else f"{self.request.method} {self.path}"
        return " ".join(filter(None, [name, str(self.answer.status), self.says]))

    @property
    def path(self) -> str:
        return self.request.path

    @property
    def says(self) -> str:
        """The task's state or the code, wherever it stands; "" where there is neither."""
        top = self.answer.value if isinstance(self.answer.value, dict) else {}
        output = self.answer.output
        return str(output.get("task_status") or top.get("code") or output.get("code") or "")


class DriftDifference(Struct, frozen=True, omit_defaults=True):
    """against: `spec`, `fake` or `models` (the times in x-models). pointer: in the body of the
    answer, or `#status`, `#header/NAME`, `#time/STATE`. recorded, expected: without what is not
    there. count: so often; first: the place in the recording where it was first seen."""

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
        """The same for the same difference elsewhere."""
        value = repr(self.recorded) if self.kind in _BY_VALUE else ""
        pointer = _INDEX.sub("/*", self.pointer)
        return (self.against, self.kind, self.answer, pointer, value)


def gathered(found: Iterable[DriftDifference]) -> list[DriftDifference]:
    """Each difference once, with its count, the gravest first. What the spec says already, the fake
    need not say again."""
    known: dict[tuple[Any, ...], DriftDifference] = {}
    for one in found:
        first = known.setdefault(one.key, one)
        if first is not one:
            known[one.key] = replace(first, count=first.count + one.count)
    by_spec = {key[1:4] for key in known if key[0] == "spec"}
    kept = [one for key, one in known.items() if key[0] != "fake" or key[1:4] not in by_spec]
    return sorted(kept, key=lambda one: WEIGHTS.index(one.weight))
