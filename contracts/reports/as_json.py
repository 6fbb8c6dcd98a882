"""A run as JSON: all of it, for programs. What was written can be read back into the same events.
It cuts nothing and rewords nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from contracts.reports.run import RunRecord
from contracts.text.printable import in_json
from contracts.verify.events import Event

FORMAT = 1  # another number where a reader of the one before would misunderstand


def as_json(run: RunRecord) -> str:
    """`format`, `verdict` and `counts` for who reads no more; the rest is a Run, field by field."""
    facts = {"format": FORMAT, "verdict": run.verdict, "counts": run.counts}
    return dumped(facts | msgspec.to_builtins(run))


def read(text: str) -> Iterator[Event]:
    """The events of a run that as_json wrote. Raises ValueError, which says what is wrong."""
    try:
        value = json.loads(text)
        if not isinstance(value, dict) or value.get("format") != FORMAT:
            raise ValueError(f"it does not say `format: {FORMAT}`")
        return msgspec.convert(value, RunRecord).events()
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        raise ValueError(f"this is no report of format {FORMAT}: {error}") from error


def dumped(value: Any) -> str:
    """JSON that can be written as UTF-8 and shown on a terminal, whatever the strings in it are."""
    return in_json(json.dumps(value, ensure_ascii=False, indent=2)) + "\n"
