"""Converts an entry of the journal to an Exchange, the type that exports, reports and checks share.

The journal itself keeps rows of bytes: they are written in the answer to a call and redacted only
when somebody reads them."""

from __future__ import annotations

from collections.abc import Iterable

from contracts.provider.exchange import Exchange, text_of_body
from mock_server.journal.entry import Entry

KEY_PREFIXES = ("sk-", "st-")  # a key that the fake does not accept is hidden as a whole


def exchange_of(entry: Entry) -> Exchange:
    """The exchange as the client saw it, in the tenant's time: without an answer if none was sent,
    and with the part of the body that was sent."""
    headers = _headers(entry.headers.items())
    key = headers.get("authorization", "")
    rate = entry.delivery.rate if entry.delivery else 0.0
    return Exchange(
        method=entry.method,
        url=entry.url,
        headers=headers,
        body=text_of_body(entry.body) if entry.body else None,
        status=entry.status if entry.answered else 0,
        answer_headers=_headers(entry.reply_headers) if entry.answered else {},
        answer=text_of_body(entry.arrived),
        at=entry.at,
        seconds=entry.delay + (len(entry.arrived) / rate if rate else 0.0),
        has_key=any(prefix in key for prefix in KEY_PREFIXES),
        operation=entry.kind,
    )


def _headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {_text(name): _text(value) for name, value in headers}


def _text(value: bytes) -> str:
    """The text of a header, as UTF-8 or else Latin-1."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
