"""Exports exchanges as curl commands that repeat them with the key in $DASHSCOPE_API_KEY. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from contracts.provider.curl import BEARER, as_curl, with_input
from contracts.provider.exchange import Exchange, bytes_of_body, shown_body
from contracts.redact.secret_names import is_secret_header
from contracts.text.shell_words import is_plain, shell_word
from mock_server.journal.entry import Entry
from mock_server.journal.exchange import exchange_of
from mock_server.simulation import json_body

# Headers that curl sets itself, or that change how curl works.
OF_THE_CONNECTION = {
    "host", "content-length", "connection", "keep-alive", "transfer-encoding", "expect",
    "upgrade", "http2-settings", "accept-encoding", "te", "trailer",
}  # fmt: skip
LONGEST_ARGUMENT = 100_000  # bytes; the limit of Linux is 131,072


def as_curl_lines(entries: Iterable[Entry]) -> Iterator[str]:
    """A curl command for each exchange."""
    for number, entry in enumerate(entries):
        yield f"\n{curl_line(entry)}" if number else curl_line(entry)


def curl_line(entry: Entry) -> str:
    """The call as a curl command for a POSIX shell. Redacted headers are left out."""
    exchange = exchange_of(entry)
    method = "GET" if exchange.method == "HEAD" else exchange.method
    body = _json(entry.body)
    command = as_curl(method, exchange.url, _headers(exchange, entry.source), body)
    if exchange.body and body is None:
        command = _with_raw_body(command, exchange.body)
    return command.replace("curl -sS", f"curl -sS{_options(entry)}", 1)


def _headers(exchange: Exchange, source: str) -> dict[str, str]:
    headers = {
        name: value
        for name, value in exchange.headers.items()
        if name not in OF_THE_CONNECTION and not _is_redacted(name)
    }
    key = headers.get("authorization", "")
    if exchange.has_key:
        headers["authorization"] = BEARER
    if source == "key":  # the key in the shell does not select the scenario
        headers["x-mock-scenario"] = re.split(r"[+.]", key, maxsplit=1)[-1]
    if exchange.body and "content-type" not in headers:
        headers["content-type"] = ""  # otherwise curl sends the type of a form
    return headers


def _is_redacted(name: str) -> bool:
    return name != "authorization" and is_secret_header(name)


def _json(body: bytes) -> Any:
    """The JSON value, or None if as_curl cannot write it unchanged."""
    try:
        return json_body.decode(body) if len(body) < LONGEST_ARGUMENT else None
    except ValueError:
        return None


def _with_raw_body(command: str, body: str) -> str:
    """Add the body as an argument if it is a short text of one line, otherwise with printf."""
    data = bytes_of_body(body)
    if shown_body(body)[1] or not is_plain(body) or len(data) >= LONGEST_ARGUMENT:
        return with_input(command, data)
    return f"{command.rstrip()} \\\n  --data-raw {shell_word(body)}\n"


def _options(entry: Entry) -> str:
    """The options that keep curl from changing the method or the URL."""
    head = " --head" if entry.method == "HEAD" else ""
    globs = " --globoff" if re.search(r"[][{}]", entry.url) else ""
    dots = " --path-as-is" if "/." in entry.path else ""
    return head + globs + dots
