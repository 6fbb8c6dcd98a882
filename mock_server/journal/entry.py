"""One exchange of the journal, without secrets."""

from __future__ import annotations

from msgspec import Struct

from contracts.spec.validation import Violation
from mock_server.journal.log_row import CODE
from mock_server.journal.redact import log_row_without_secrets_of, without_secrets_of
from mock_server.journal.row import Row, has_explanation
from mock_server.simulation.call import NOTHING, Delivery


class Entry(Struct, frozen=True, gc=False):
    """One exchange of a tenant.

    number: counts this tenant's exchanges, from 1. real: the machine's time, at: the tenant's time
    (epoch s). kind: the operationId; "" if the path matches no operation, "control" for a change by
    the control API, "result" for a download. path, query: as sent. headers: as sent, names in lower
    case, the key redacted. request_id: of the answer. task_id: of the requested or created task.
    scenario: the outcome or fault that was selected. source: who decided (`header`, `url`, `key`,
    `rule NAME`, `file NAME`, `limits`, `account`, `variant NAME`). fault: its name. violation: why
    the call was refused. near_miss: an accepted field that looks like a typo. delivery: how the
    answer was delivered, None: normally."""

    number: int
    real: float
    at: float
    kind: str
    method: str
    path: str
    query: str
    origin: str
    headers: dict[bytes, bytes]
    body: bytes
    status: int
    reply_headers: list[tuple[bytes, bytes]]
    reply_body: bytes
    request_id: str
    outcome: str = ""
    task_id: str = ""
    scenario: str = ""
    source: str = ""
    fault: str = ""
    violation: Violation | None = None
    near_miss: Violation | None = None
    delivery: Delivery | None = None
    head_bytes: int = 0

    @property
    def url(self) -> str:
        """The URL of the call, as sent."""
        return self.origin + self.path + (f"?{self.query}" if self.query else "")

    @property
    def name(self) -> str:
        """The name of the outcome; for an error without one, such as UnknownScenario, its code."""
        if self.outcome or self.status < 400:
            return self.outcome
        found = CODE.search(self.reply_body)
        return (found[1] or found[2]).decode() if found else ""

    @property
    def answered(self) -> bool:
        """Whether at least the head of the answer was sent."""
        return self.delivery is None or self.delivery.sent != NOTHING

    @property
    def explained(self) -> bool:
        """Whether the fake can explain the answer: a refusal, a scenario, an unknown task, or an
        unknown field that looks like a typo."""
        return has_explanation(
            self.status, self.outcome, self.scenario, self.violation, self.near_miss
        )

    @property
    def arrived(self) -> bytes:
        """The part of the answer's body that was sent."""
        sent = self.delivery.sent if self.delivery else None
        return self.reply_body[:sent] if sent != NOTHING else b""

    @property
    def delay(self) -> float:
        """Seconds (of the tenant's time) by which the answer was delayed."""
        return max(0.0, self.delivery.due - self.at) if self.delivery else 0.0


def entry_of(row: Row) -> Entry:
    """The entry of a row, without secrets."""
    return _entry(without_secrets_of(row))


def log_entry_of(row: Row) -> Entry:
    """The entry of a row for the log, without secrets, headers, query, bodies (except for an error
    code) and details of violations."""
    return _entry(log_row_without_secrets_of(row))


def _entry(row: Row) -> Entry:
    call, reply = row.call, row.reply
    return Entry(
        row.number, row.real, row.at, row.kind, call.method, call.path, call.query, call.origin,
        call.headers, call.body, reply.status, reply.headers, reply.body, row.request_id,
        reply.outcome, row.task_id, row.scenario, row.source, row.fault, row.violation,
        row.near_miss, reply.delivery, call.head_bytes,
    )  # fmt: skip
