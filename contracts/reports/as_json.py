"""The JSON report: all data of a run, for programs. It can be read back into the same events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from contracts.reports.run import RunRecord
from contracts.text.printable import in_json
from contracts.verify.events import Event

FORMAT = 1  # changes when an older reader would misunderstand a report


def as_json(run: RunRecord) -> str:
    """The report. It begins with `format`, `verdict` and `counts`, for readers that need no more;
    then the fields of the RunRecord follow."""
    facts = {"format": FORMAT, "verdict": run.verdict, "counts": run.counts}
    return dumped(facts | msgspec.to_builtins(run))


def read(text: str) -> Iterator[Event]:
    """The events of a JSON report. Raises ValueError with the problem for any other text."""
    try:
        value = json.loads(text)
        if not isinstance(value, dict) or value.get("format") != FORMAT:
            raise ValueError(f"it does not have `format: {FORMAT}`")
        return msgspec.convert(value, RunRecord).events()
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        raise ValueError(f"this is not a report of format {FORMAT}: {error}") from error


def dumped(value: Any) -> str:
    """JSON that can be encoded as UTF-8 and shown on a terminal, for any strings in it."""
    return in_json(json.dumps(value, ensure_ascii=False, indent=2)) + "\n"
