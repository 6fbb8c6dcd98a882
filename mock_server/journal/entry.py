"""One exchange as it is shown, without secrets. Knows no tenant."""

from __future__ import annotations

import base64

from msgspec import Struct

from contracts.spec.validation import Violation
from mock_server.journal.log_row import CODE
from mock_server.journal.redact import log_row_without_secrets_of, without_secrets_of
from mock_server.journal.row import Row, is_odd
from mock_server.simulation.call import Line


class Entry(Struct, frozen=True, gc=False):
    """One exchange of a tenant.

    number: of this tenant's exchanges, from 1. real: the machine's time when it was handled, at:
    the tenant's (epoch s). kind: the operationId; "" for a call that reached none, "control" for a
    call of the control API that changes something, "result" for a download. path and query are as
    sent. headers: as sent, names in lower case, the key masked. request_id: of the answer.
    task_id: that it asks for or creates. scenario: the name of the outcome or fault that was asked
    for and applied, source: by what (`header`, `url`, `key`, `rule NAME`, `file NAME`, `limits`,
    `account`, `variant NAME`). fault: its name. violation: the rule that the call broke; near: an
    accepted field that looks like a typo. line: what became of the answer on its way, where it did
    not simply arrive."""

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
    near: Violation | None = None
    line: Line | None = None
    head_bytes: int = 0

    @property
    def url(self) -> str:
        """Where the call went to, as sent."""
        return self.origin + self.path + (f"?{self.query}" if self.query else "")

    @property
    def name(self) -> str:
        """The outcome that was answered; of a refusal that is none, such as UnknownScenario, its
        code."""
        if self.outcome or self.status < 400:
            return self.outcome
        found = CODE.search(self.reply_body)
        return (found[1] or found[2]).decode() if found else ""

    @property
    def answered(self) -> bool:
        """Whether at least the head of an answer was sent."""
        return self.line is None or self.line.sent != -1

    @property
    def explained(self) -> bool:
        """Whether there is something to explain: any refusal, scenario or unknown task, or a field
        that nobody reads."""
        return is_odd(self.status, self.outcome, self.scenario, self.violation, self.near)

    @property
    def arrived(self) -> bytes:
        """As much of the answer's body as was sent."""
        sent = self.line.sent if self.line else None
        return self.reply_body[:sent] if sent != -1 else b""

    @property
    def delay(self) -> float:
        """Seconds of the tenant's time for which the answer was held back."""
        return max(0.0, self.line.due - self.at) if self.line else 0.0


def entry_of(row: Row) -> Entry:
    """The entry of a row, without secrets: the way to show what was kept."""
    return _entry(without_secrets_of(row))


def log_entry_of(row: Row) -> Entry:
    """As much of the entry as a log shows, without secrets: no headers, no query, no bodies but for
    the code of an error, and none of what broken rules say."""
    return _entry(log_row_without_secrets_of(row))


def _entry(row: Row) -> Entry:
    call, reply = row.call, row.reply
    return Entry(
        row.number, row.real, row.at, row.kind, call.method, call.path, call.query, call.origin,
        call.headers, call.body, reply.status, reply.headers, reply.body, row.request_id,
        reply.outcome, row.task_id, row.scenario, row.source, row.fault, row.violation, row.near,
        reply.line, call.head_bytes,
    )  # fmt: skip


def text_or_base64(data: bytes) -> tuple[str, bool]:
    """The text, or base64 where it is none."""
    try:
        return data.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(data).decode(), True


def text_of(value: bytes) -> str:
    """A header's bytes, which are UTF-8 more often than not."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
