"""Which exchanges of a journal are wanted, by what people write. Keeps nothing."""

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
    """A filter that cannot be, named with its value and the way on."""


class Filters(Struct, frozen=True):
    """All of them must hold. operation: an operationId, `control`, `result`, or `none` for calls
    that reached none. status: `200`, `4xx`, or `none` where no answer was sent. outcome: a name.
    scenario: whether one was applied. explained: whether there is something to explain. after: only
    larger numbers. limit: at most so many, the first; last: at most so many, the last."""

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
        """The filters of a query; "" leaves a name out. Raises FilterError for what names nothing;
        outcomes are looked up where there are any."""
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
        """The wanted entries among packed rows in their order, unpacked as they are asked for.
        `last` is for who chooses the rows."""
        return map(entry_of, islice(self._wanted(rows), self.limit))

    def number_before_last(self, newest_first: Iterable[bytes]) -> int:
        """The number behind which the `last` wanted exchanges begin."""
        number = sys.maxsize
        for row in islice(self._wanted(newest_first), self.last):
            number = row.number - 1
        return number

    def _wanted(self, rows: Iterable[bytes]) -> Iterator[Row]:
        """Most rows are passed over unread: text that is wanted stands in a row as it is."""
        names = (self.operation, self.task_id, self.outcome)
        texts = [n.encode("utf-8", "replace") for n in names if n and n != "none"]
        for packed in rows:
            if all(text in packed for text in texts):
                row = unpack(packed)
                if self.holds(row):
                    yield row

    def holds(self, row: Row) -> bool:
        """Whether an exchange is wanted, however many there are."""
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


def _name(what: str, query: Mapping[str, str], known: Collection[str]) -> str | None:
    value = query.get(what)
    if value and known and value not in known:
        hint = did_you_mean(value[:80], known)
        listed = "" if hint else f"; there are {', '.join(known)}"
        raise FilterError(f"no {what} {_short(value)}{listed}.{hint}")
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
