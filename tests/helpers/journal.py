"""Helpers for tests of the journal: exchanges made by hand, and a journal with them."""

from __future__ import annotations

from typing import Any

from contracts.spec.validation import Violation
from mock_server.journal.entry import Entry
from mock_server.journal.filters import Filters
from mock_server.journal.journal import Journal
from mock_server.simulation.call import Call, Delivery, Reply
from tests.helpers.fake import EPOCH

KEY = "sk-0123456789abcdef0123456789abcdef"
TASK = "a8532587-fa8c-4ef8-82be-3a1b7c5d9e20"
VIOLATION = Violation("InvalidParameter", "/input", "input", "is missing")
HEADERS = {
    b"host": b"127.0.0.1:8787",
    b"authorization": b"Bearer " + KEY.encode(),
    b"content-type": b"application/json",
}
REPLY_HEADERS = [(b"content-type", b"application/json"), (b"x-request-id", b"r-1")]


def keep(
    journal: Journal, tenant: str = "t", key: str = KEY, *, call: Call | None = None, **changes: Any
) -> int:
    """Append an exchange: a poll of a RUNNING task, unless the options say otherwise."""
    given: dict[str, Any] = {
        "real": EPOCH, "at": EPOCH, "kind": "getTask", "request_id": "r-1", "task_id": TASK,
        "call": call or Call("GET", f"/api/v1/tasks/{TASK}", "", HEADERS),
        "reply": reply(), **changes,
    }  # fmt: skip
    return journal.append(tenant, key, **given)


def entry(key: str = KEY, **changes: Any) -> Entry:
    """The same as an Entry."""
    journal = Journal()
    keep(journal, "t", key, **changes)
    found = journal.last("t")
    assert found is not None
    return found


def create(**changes: Any) -> dict[str, Any]:
    """The options of a create call for `keep` and `entry`."""
    path, body = "/api/v1/services/aigc/image2video/video-synthesis", b'{"model":"emo-v1"}'
    call = Call("POST", path, "", HEADERS, body)
    return {"kind": "createVideoTask", "call": call, "reply": reply(status="PENDING"), **changes}


def reply(
    code: int = 200,
    status: str = "RUNNING",
    body: bytes | None = None,
    delivery: Delivery | None = None,
) -> Reply:
    if body is None:
        body = b'{"output":{"task_id":"%s","task_status":"%s"}}' % (TASK.encode(), status.encode())
    return Reply(code, list(REPLY_HEADERS), body, status, delivery)


def numbers(journal: Journal, tenant: str = "t", **filters: Any) -> list[int]:
    """Of the exchanges that are found."""
    return [e.number for e in journal.entries(tenant, Filters(**filters))]
