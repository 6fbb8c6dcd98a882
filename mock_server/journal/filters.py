"""Selects exchanges of the journal by filters that a user wrote."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from msgspec import Struct

from mock_server.journal.entry import Entry, entry_of
from mock_server.journal.row import Row, unpack
from mock_server.simulation.call import Reply
from mock_server.suggest.close_names import did_you_mean

OWN_KINDS = ("none", "control", "result")  # besides the operations
LEAST = {"after": 0, "limit": 1, "last": 1}
FLAGS = {"true": True, "1": True, "false": False, "0": False}


class FilterError(ValueError):
    """An invalid filter. The message has its name, the value and the valid ones."""


class Filters(Struct, frozen=True):
    """Filters of exchanges; an exchange must match all of them.

    operation: an operationId, `control`, `result`, or `none` for calls whose path matches none.
    status: `200`, `4xx`, or `none` if no answer was sent. outcome: its name. scenario: whether one
    was applied. explained: whether the fake can explain the answer. after: only larger numbers.
    limit: at most this many of the first; last: at most this many of the last."""

    operation: str | None = None
    status: str | None = None
    task_id: str | None = None
    outcome: str | None = None
    scenario: bool | None = None
    explained: bool | None = None
    after: int = 0
    limit: int | None = None
    last: int | None = None

    @classmethod
    def read(
        cls, query: Mapping[str, str], operations: Collection[str], outcomes: Collection[str] = ()
    ) -> Filters:
        """Parse the filters of a query; empty values are ignored.

        operations, outcomes: the valid names; without outcomes every name is valid. Raises
        FilterError."""
        known = cls.__struct_fields__
        query = {name: value for name, value in query.items() if value}
        for name in query:
            if name not in known:
                hint = did_you_mean(name[:80], known)
                raise FilterError(f"no filter {_short(name)}; there are {', '.join(known)}.{hint}")
        values: dict[str, Any] = {
            "operation": _name("operation", query, [*operations, *OWN_KINDS]),
            "status": _status(query),
            "task_id": query.get("task_id"),
            "outcome": _name("outcome", query, outcomes),
            **{name: _flag(name, query) for name in ("scenario", "explained") if name in query},
            **{name: _number(name, query) for name in LEAST if name in query},
        }
        return cls(**values)

    def apply(self, rows: Iterable[bytes]) -> Iterator[Entry]:
        """The matching entries of packed rows, in their order, unpacked lazily.

        The filter `last` is not applied here: the caller chooses the rows."""
        return map(entry_of, islice(self._matching(rows), self.limit))

    def number_before_last(self, newest_first: Iterable[bytes]) -> int:
        """The number before the first of the `last` matching exchanges."""
        number = sys.maxsize
        for row in islice(self._matching(newest_first), self.last):
            number = row.number - 1
        return number

    def _matching(self, rows: Iterable[bytes]) -> Iterator[Row]:
        """The matching rows. Rows that do not contain the searched texts are skipped without
        unpacking."""
        names = (self.operation, self.task_id, self.outcome)
        texts = [n.encode("utf-8", "replace") for n in names if n and n != "none"]
        for packed in rows:
            if all(text in packed for text in texts):
                row = unpack(packed)
                if self.holds(row):
                    yield row

    def holds(self, row: Row) -> bool:
        """Whether an exchange matches all filters except for `limit` and `last`."""
        return (
            row.number > self.after
            and self.operation in (None, row.kind or "none")
            and self.status in (None, *_statuses(row.reply))
            and self.task_id in (None, row.task_id)
            and self.outcome in (None, row.reply.outcome)
            and self.scenario in (None, bool(row.scenario))
            and self.explained in (None, row.explained)
        )


ALL = Filters()


def _statuses(reply: Reply) -> tuple[str, ...]:
    return (str(reply.status), f"{reply.status // 100}xx") if reply.answered else ("none",)


def _name(kind: str, query: Mapping[str, str], known: Collection[str]) -> str | None:
    value = query.get(kind)
    if value and known and value not in known:
        hint = did_you_mean(value[:80], known)
        listed = "" if hint else f"; there are {', '.join(known)}"
        raise FilterError(f"no {kind} {_short(value)}{listed}.{hint}")
    return value


def _status(query: Mapping[str, str]) -> str | None:
    value = query.get("status", "none").lower()
    good = len(value) == 3 and value[0] in "12345" and (value[1:] == "xx" or _is_number(value[1:]))
    if value != "none" and not good:
        raise FilterError(f"status {_short(value)} must be like 200 or 4xx, or none")
    return value if "status" in query else None


def _flag(name: str, query: Mapping[str, str]) -> bool:
    value = query[name].lower()
    if value not in FLAGS:
        raise FilterError(f"{name} {_short(value)} must be true or false")
    return FLAGS[value]


def _number(name: str, query: Mapping[str, str]) -> int:
    value, least = query[name], LEAST[name]
    if not _is_number(value) or len(value) > 15 or int(value) < least:
        raise FilterError(f"{name} {_short(value)} must be a whole number, {least} or more")
    return int(value)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _short(text: str) -> str:
    return f"{text[:80]!r}"
