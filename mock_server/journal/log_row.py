"""What a log shows of an exchange: the method, the path, the ids, the names, the code of an error.
A log takes each exchange at once, so that the rest, which costs most to redact, is left out."""

from __future__ import annotations

import re

from contracts.spec.validation import Violation
from mock_server.journal.row import Row
from mock_server.simulation.call import Call

CODE = re.compile(rb'"code": ?"([\w.-]{1,80})"|<Code>([\w.-]{1,80})</Code>')
_SOME = Violation("", "", "", "")  # in place of one, of which a log only shows that it is there


def log_row(row: Row, call: Call) -> Row:
    """The row without query, headers, bodies, broken rules and key, but for the code of an error.
    call: that of the row, in which secrets are hidden where they stand."""
    code = CODE.search(row.reply.body) if row.reply.status >= 400 else None
    return row._replace(
        call=Call(call.method, call.path, head_bytes=call.head_bytes),
        reply=row.reply._replace(headers=[], body=code[0] if code else b""),
        violation=row.violation and _SOME,
        near=row.near and _SOME,
        key="",
        shown="",
    )
