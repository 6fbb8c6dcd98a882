"""Formats an exchange as a log line: text for people, or JSON for programs. Pure.

A line contains no key, signature or control character."""

from __future__ import annotations

import json
from typing import Any

from contracts.redact.key_like import redact_key_like
from contracts.text.printable import in_json, in_line
from mock_server.journal.entry import Entry
from mock_server.simulation.timestamps import ZONE_TEXT, format_time

LONGEST = 120  # characters of each text that comes from a client
API = "/api/v1"
NO_METHOD = "-"  # for a request that could not be parsed
SHORT_ID = 8
_COLOURS = {"2": "32", "4": "33", "5": "31"}
FAULT, DIM = "35", "2"


def text_line(entry: Entry, tenant_id: str = "", *, colour: bool = False) -> str:
    """The line `14:33:38+08:00 3f2a91c0 GET /tasks/a8532587-… 200 RUNNING`, without a line end."""
    paint = _paint if colour else _plain
    status = str(entry.status) if entry.answered else "---"
    parts = [
        paint(f"{format_time(entry.at)[11:19]}{ZONE_TEXT}", DIM),
        paint(tenant_id[:SHORT_ID], DIM) if tenant_id else "",
        f"{_clean(entry.method or NO_METHOD):<4}",
        _path(entry.path),
        paint(status, _COLOURS.get(status[0], FAULT)),
        _clean(entry.name) if entry.answered else "",
        paint(_clean(entry.fault), FAULT) if entry.fault else "",
        _why(entry),
        paint(f"task {_clean(entry.task_id)[:SHORT_ID]}", DIM) if _shows_task(entry) else "",
    ]
    return " ".join(part for part in parts if part)


def json_line(entry: Entry, tenant_id: str = "") -> str:
    """The exchange as one JSON object; empty fields are left out."""
    fields: dict[str, Any] = {
        "time": format_time(entry.at),
        "real": round(entry.real, 3),
        "tenant": tenant_id,
        "number": entry.number,
        "operation": entry.kind,
        "method": _clean(entry.method),
        "path": _clean(entry.path),
        "status": entry.status if entry.answered else None,
        "outcome": _clean(entry.outcome),
        "fault": _clean(entry.fault),
        "scenario": _clean(entry.scenario),
        "source": _clean(entry.source),
        "task_id": _clean(entry.task_id),
        "request_id": _clean(entry.request_id),
        "explained": entry.explained and bool(entry.method),
        "reason": _unreadable(entry),
    }
    kept = {name: value for name, value in fields.items() if value not in ("", None, False)}
    return in_json(json.dumps(kept, ensure_ascii=False))


def _path(path: str) -> str:
    """The path without `/api/v1`, with which every path begins."""
    before, found, rest = path.partition(API)
    return _clean(before + rest if found and rest.startswith("/") else path)


def _unreadable(entry: Entry) -> str:
    """The reason why the request could not be parsed; "" if it was."""
    return _clean(entry.violation.reason) if entry.violation and not entry.method else ""


def _why(entry: Entry) -> str:
    if reason := _unreadable(entry):
        return f"({reason})"
    name = entry.scenario if entry.scenario not in (entry.outcome, entry.fault) else ""
    by = f"by {_clean(entry.source)}" if entry.source else ""
    text = " ".join(part for part in (_clean(name), by) if part)
    return f"({text})" if text else ""


def _shows_task(entry: Entry) -> bool:
    return bool(entry.task_id) and entry.task_id not in entry.path


def _clean(text: str) -> str:
    """The text shortened, without keys; control and confusing characters are escaped."""
    text = redact_key_like(text[: 2 * LONGEST])
    text = in_line(text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _paint(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m"


def _plain(text: str, code: str) -> str:
    del code
    return text
