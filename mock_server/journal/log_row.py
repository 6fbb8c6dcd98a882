"""Reduces an exchange to the parts that the log shows: method, path, ids, names, error code.

The log writes each exchange immediately, so the parts that are slow to redact are left out."""

from __future__ import annotations

import re

from contracts.spec.validation import Violation
from mock_server.journal.row import Row
from mock_server.simulation.call import Call

CODE = re.compile(rb'"code": ?"([\w.-]{1,80})"|<Code>([\w.-]{1,80})</Code>')
_SOME = Violation("", "", "", "")  # the log only shows that there is one


def log_row(row: Row, call: Call) -> Row:
    """The row without query, headers, bodies, violations and key; only an error code is kept.

    call: the call of the row, already redacted."""
    code = CODE.search(row.reply.body) if row.reply.status >= 400 else None
    return row._replace(
        call=Call(call.method, call.path, head_bytes=call.head_bytes),
        reply=row.reply._replace(headers=[], body=code[0] if code else b""),
        violation=row.violation and _SOME,
        near_miss=row.near_miss and _SOME,
        key="",
        shown="",
    )
