"""A cassette: what a client and a provider said to each other, with every task as a timeline. Data
only; it holds no key, no signature and no cookie, and knows no file and no clock."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

FORMAT = 1
Status = Annotated[int, Meta(ge=100, le=599)]
Count = Annotated[int, Meta(ge=0)]


class RecordedBody(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One of three: `json`, the value; `text`, where it is no JSON; `size`, the bytes of what was
    too long, or no text, and was not kept."""

    json: Any = UNSET
    text: str | UnsetType = UNSET
    size: Count | UnsetType = UNSET

    def __post_init__(self) -> None:
        if [self.json, self.text, self.size].count(UNSET) != 2:
            raise ValueError("a body is one of `json`, `text` and `size`")


class RecordedRequest(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """path: as sent, percent-encoded. Header names are in lower case."""

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = {}
    body: RecordedBody | None = None


class RecordedAnswer(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Header names are in lower case, those of the connection are left out."""

    status: Status
    headers: dict[str, str] = {}
    body: RecordedBody | None = None

    @property
    def value(self) -> Any:
        """The JSON value of the body; None where it is none."""
        return self.body.json if self.body and self.body.json is not UNSET else None

    @property
    def output(self) -> dict[str, Any]:
        """What DashScope puts under `output`; empty where that is no object."""
        found = self.value.get("output") if isinstance(self.value, dict) else None
        return found if isinstance(found, dict) else {}


class RecordedExchange(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A call and its answer. at: s since the recording began, None where that is not known. note:
    what went wrong on the way; where no answer came, `answer` is None."""

    request: RecordedRequest
    at: float | None = None
    answer: RecordedAnswer | None = None
    note: str = ""

    def bodies(self) -> tuple[RecordedBody | None, RecordedBody | None]:
        """Of the call and of its answer."""
        return self.request.body, None if self.answer is None else self.answer.body


class RecordedState(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a task was, as long as it was that. since, until: s from its creation to the first and
    to the last poll that saw it; None where times are not known. polls: how many saw it."""

    task_status: str
    answer: RecordedAnswer
    since: float | None = None
    until: float | None = None
    polls: Count = 1


class RecordedTimeline(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One task. created: s since the recording began, of the first poll where the creation was not
    recorded. created_by: the number of the exchange that created it, from 0. request: the first
    poll. states: in the order in which they were seen, at least one."""

    task_id: str
    request: RecordedRequest
    states: Annotated[tuple[RecordedState, ...], Meta(min_length=1)]
    created: float | None = None
    created_by: Count | None = None


class Cassette(
    Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    rename={"format": "emo-cassette"},
):
    """upstream: `https://HOST`. began: when, `2026-02-11T08:00:00.000Z`, "" where that is unknown.
    spec: the version of the spec at that time. notes: what a reader should know of the recording.
    exchanges: all but the polls that found a task in some state, in order."""

    format: int
    upstream: str = ""
    began: str = ""
    spec: str = ""
    notes: tuple[str, ...] = ()
    exchanges: tuple[RecordedExchange, ...] = ()
    timelines: tuple[RecordedTimeline, ...] = ()
