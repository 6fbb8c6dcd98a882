"""Renders the differences as text for people and as JSON for programs."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET

from contracts.recordings.drift.compare import WEIGHTS, Drift, DriftDifference
from contracts.text.printable import in_json, in_line

LONGEST = 300  # characters of a value that is shown


def as_text(drift: Drift) -> str:
    """The differences, the most severe first, and a summary."""
    blocks = [_block(one) for one in drift.differences]
    return "\n\n".join([*blocks, summary(drift)]) + "\n"


def as_json(drift: Drift) -> str:
    """The whole result as JSON."""
    return in_json(msgspec.json.format(msgspec.json.encode(drift), indent=2).decode()) + "\n"


def summary(drift: Drift) -> str:
    """One line: how much was compared, and how many differences were found."""
    counts = [sum(one.weight == weight for one in drift.differences) for weight in WEIGHTS]
    found = [f"{count} {weight}" for count, weight in zip(counts, WEIGHTS, strict=True) if count]
    compared = f"{_plural(drift.answers, 'answer')} and {_plural(drift.tasks, 'task')}"
    silent = f", {_plural(drift.silent, 'call')} without an answer" if drift.silent else ""
    return f"{compared}{silent} against spec {drift.spec}: {', '.join(found) or 'no difference'}"


def _block(one: DriftDifference) -> str:
    expected = "documented" if one.against == "models" else one.against
    first = f"first at {one.first}"
    lines = [
        f"{one.weight.upper()} {one.kind}: {one.answer} {one.pointer or 'the whole body'}",
        f"  {one.text}",
        f"  {'recorded':<12}{_shown(one.recorded)}",
        f"  {expected:<12}{_shown(one.expected)}",
        f"  {first}" if one.count == 1 else f"  {one.count} times, {first}",
    ]
    return "\n".join(map(in_line, lines))


def _shown(value: Any) -> str:
    text = "-" if value is UNSET else msgspec.json.encode(value).decode()
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
