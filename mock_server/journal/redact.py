"""Redacts keys and other secrets of an exchange before it is shown.

Values in places for secrets (see secret_places) are hidden there, even short ones. Secrets of SHORT
or more characters are also hidden everywhere else, in every encoding; a shorter one could be part
of any word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from contracts.redact.key_like import redact_key_like, redact_key_like_in_json
from contracts.redact.redactor import QUOTE, SHORT, TextRedactor
from contracts.redact.redactor import without_secrets as without_known_secrets
from contracts.redact.secret_places import (
    AUTHORIZATION,
    USUAL,
    in_body,
    in_header,
    in_query,
    in_text,
    stars,
)
from mock_server.journal.log_row import log_row
from mock_server.journal.row import Row, pack, unpack
from mock_server.simulation.call import Call

_ID = re.compile("[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
PREFIX = 3  # length of `sk-` or `st-`, the start of a key, which is not secret
CACHED = 4096  # most characters of secrets for which a TextRedactor is cached


class Redactor:
    """Redacts exchanges of one API key.

    key: "" if the fake did not accept one. shown: the end of the key that may be shown, as in
    KeyScenario."""

    def __init__(self, key: str, shown: str = "") -> None:
        base = key.removesuffix(shown)
        if shown and base == key:  # only a part of the text behind the mark may be shown
            base = key.partition(shown[0])[0]
        self._secrets = [base] if key == base + shown else [key, base]
        self._shown = shown
        self._key, self._base = _bytes(key), _bytes(base)
        self._stars = stars(self._base, PREFIX)
        self._instead = self._stars + _bytes(shown)
        self._is_long = len(base) >= SHORT
        self._is_longer = len(key) >= SHORT and key != base + shown

    def row(self, row: Row) -> Row:
        """The row without secrets and without its key."""
        call, text_redactor = self._call(row.call)
        packed = self._without_raw(pack(row._replace(call=call, key="", shown="")))
        row = unpack(packed)
        may_show = text_redactor.may_be_in(_texts(row), known=_made(row))
        return self._without(row, text_redactor) if may_show else row  # True is rare

    def log_row(self, row: Row) -> Row:
        """The parts of the row that the log shows, without any secret of the call."""
        call, text_redactor = self._call(row.call)
        row = log_row(row, call)
        texts = _texts(row)
        is_known = self._without_raw(texts) != texts
        if not is_known and not text_redactor.may_be_in(texts, known=_made(row)):
            return row
        return self._without(row, text_redactor)  # type: ignore[no-any-return]

    def _call(self, call: Call) -> tuple[Call, TextRedactor]:
        """The call with the known places of secrets redacted, and a redactor that hides the same
        secrets in other places."""
        found: list[str] = []
        headers, body = self._headers(call.headers, found), in_body(call.body, found)
        path, query = in_text(call.path, found), in_query(call.query, found)
        call = call._replace(headers=headers, path=path, query=query, body=body)
        secrets = tuple(dict.fromkeys((*self._secrets, *found)))
        text_redactor = _text_redactor(secrets, self._shown) if found else self._text_redactor
        return (call if self._key else _without_any_key(call)), text_redactor

    @cached_property
    def _text_redactor(self) -> TextRedactor:
        return TextRedactor(self._secrets, None, self._shown)

    def _without_raw(self, packed: bytes) -> bytes:
        """MessagePack with the literal key replaced; the whole key first, then the key without its
        scenario, which other calls may have. The replacement has the same length, so that the
        packed lengths stay valid; the prefix stays, since a packed length may look like a part of
        it."""
        if self._is_longer:
            packed = packed.replace(self._key, stars(self._key, PREFIX))
        return packed.replace(self._base, self._stars) if self._is_long else packed

    def _headers(self, headers: dict[bytes, bytes], found: list[str]) -> dict[bytes, bytes]:
        unusual = headers.keys() - USUAL
        hidden = {name: in_header(name, headers[name], found) for name in unusual}
        if AUTHORIZATION in headers:
            hidden[AUTHORIZATION] = self._authorization(headers[AUTHORIZATION], found)
        return headers | hidden

    def _authorization(self, value: bytes, found: list[str]) -> bytes:
        if self._key and self._key in value:
            return value.replace(self._key, self._instead)
        return in_header(AUTHORIZATION, value, found)

    def _without(self, value: Any, text_redactor: TextRedactor) -> Any:
        """A part of a row with all its texts redacted."""
        if isinstance(value, str):
            data = value.encode("utf-8", "surrogatepass")
            return self._without(data, text_redactor).decode("utf-8", "surrogatepass")
        if isinstance(value, bytes):
            return text_redactor.redact_bytes(self._without_raw(value))
        if isinstance(value, Struct):
            return type(value)(**self._without(asdict(value), text_redactor))
        if isinstance(value, dict):
            return {
                self._without(name, text_redactor): self._without(item, text_redactor)
                for name, item in value.items()
            }
        if isinstance(value, tuple):
            items = [self._without(item, text_redactor) for item in value]
            return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
        if isinstance(value, list):
            return [self._without(item, text_redactor) for item in value]
        return value


redactor = lru_cache(maxsize=1024)(Redactor)


def without_secrets_of(row: Row) -> Row:
    """The row without secrets and without its key."""
    return redactor(row.key, row.shown).row(row)


def log_row_without_secrets_of(row: Row) -> Row:
    """The parts of the row that the log shows, without secrets; faster than the whole row."""
    return redactor(row.key, row.shown).log_row(row)


def _texts(row: Row) -> bytes:
    """All texts of a row, separated by quotes; optional parts as MessagePack."""
    call, reply = row.call, row.reply
    named = (
        row.kind, row.request_id, row.task_id, row.scenario, row.source, row.fault, call.method,
        call.path, call.query, call.origin, reply.outcome,
    )  # fmt: skip
    optional = (row.violation, row.near_miss, reply.delivery)
    parts = ['"'.join(named).encode("utf-8", "surrogatepass"), call.body, reply.body]
    parts += chain.from_iterable((*call.headers.items(), *reply.headers))
    parts += [pack(value) for value in optional if value is not None]
    return QUOTE.join(parts)


def _made(row: Row) -> list[bytes]:
    """The ids that the fake made for this answer; they contain no secret."""
    is_sent = row.task_id in row.call.path or "%" in row.call.path
    ids = (row.request_id, "" if is_sent else row.task_id)
    return [id_.encode() for id_ in ids if _ID.fullmatch(id_)]


def _text_redactor(secrets: tuple[str, ...], shown: str) -> TextRedactor:
    """A redactor of these secrets, cached if they are short: a client that sends a wrong key sends
    it again."""
    is_short = sum(map(len, secrets)) <= CACHED
    return (_kept_redactor if is_short else TextRedactor)(secrets, None, shown)


_kept_redactor = lru_cache(maxsize=1024)(TextRedactor)


def without_secrets(
    text: str, headers: Mapping[bytes, bytes], query: str = "", public: Iterable[str] = ()
) -> str:
    """An error text without the secrets of its request.

    public: known names in the text; a key that contains a part of one does not hide them."""
    found: list[str] = []
    for name, value in headers.items():
        in_header(name, value, found)
    in_query(query, found)
    return without_known_secrets(text, found, " ".join(public))


def _without_any_key(call: Call) -> Call:
    """The call without any text that looks like a key; for calls whose key is unknown."""
    body = call.body
    if b"sk-" in body or b"st-" in body:
        body = redact_key_like_in_json(body.decode("latin-1")).encode("latin-1")
    return call._replace(
        path=redact_key_like(call.path), query=redact_key_like(call.query), body=body
    )


def _bytes(text: str) -> bytes:
    return text.encode("latin-1", "replace")
