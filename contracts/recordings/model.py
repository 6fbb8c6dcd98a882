"""The types of a recording: the calls of a client and the answers of a provider, and each task as a
timeline. Recordings contain no keys, signatures or cookies. This module does not depend on
files or on a clock."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

FORMAT = 1
Status = Annotated[int, Meta(ge=100, le=599)]
Count = Annotated[int, Meta(ge=0)]


class RecordedBody(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Exactly one of `json`, the value; `text`, for a body that is not JSON; `size` in bytes, for a
    body that was too long or not text, and was not kept."""

    json: Any = UNSET
    text: str | UnsetType = UNSET
    size: Count | UnsetType = UNSET

    def __post_init__(self) -> None:
        if [self.json, self.text, self.size].count(UNSET) != 2:
            raise ValueError("a body is one of `json`, `text` and `size`")


class RecordedRequest(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A request. path: as sent, percent-encoded. Header names are in lower case."""

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = {}
    body: RecordedBody | None = None


class RecordedAnswer(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An answer. Header names are in lower case; headers of the connection are left out."""

    status: Status
    headers: dict[str, str] = {}
    body: RecordedBody | None = None

    @property
    def value(self) -> Any:
        """The JSON value of the body; None if it is not JSON."""
        return self.body.json if self.body and self.body.json is not UNSET else None

    @property
    def output(self) -> dict[str, Any]:
        """The field `output` of the body; empty if it is not an object."""
        found = self.value.get("output") if isinstance(self.value, dict) else None
        return found if isinstance(found, dict) else {}


class RecordedExchange(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A call and its answer. at: s since the recording began, None if unknown. note: a problem
    during the call. answer: None if no answer arrived.

    Not an Exchange of contracts/provider: this is the form of the file, in which people read and
    compare JSON bodies, and long bodies have only a size."""

    request: RecordedRequest
    at: float | None = None
    answer: RecordedAnswer | None = None
    note: str = ""

    def bodies(self) -> tuple[RecordedBody | None, RecordedBody | None]:
        """The bodies of the call and of its answer."""
        return self.request.body, None if self.answer is None else self.answer.body


class RecordedState(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A state of a task. since, until: s from its creation to the first and to the last poll that
    showed it; None if times are unknown. polls: how many showed it."""

    task_status: str
    answer: RecordedAnswer
    since: float | None = None
    until: float | None = None
    polls: Count = 1


class RecordedTimeline(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The states of one task. created: s since the recording began; of the first poll if the
    creation was not recorded. created_by: the number of the exchange that created it, from 0.
    request: the first poll. states: at least one, in the order in which polls showed them."""

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
    """A recording. upstream: `https://HOST`. began: `2026-02-11T08:00:00.000Z`, "" if unknown.
    spec: the version of the spec at that time. notes: remarks for the reader of the recording.
    exchanges: all exchanges in order, except polls that showed a state of a task."""

    format: int
    upstream: str = ""
    began: str = ""
    spec: str = ""
    notes: tuple[str, ...] = ()
    exchanges: tuple[RecordedExchange, ...] = ()
    timelines: tuple[RecordedTimeline, ...] = ()
