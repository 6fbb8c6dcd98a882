"""Exports exchanges as curl commands that repeat them with the key in $DASHSCOPE_API_KEY. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from contracts.provider.exchange import BEARER, as_curl, with_input
from contracts.redact.secret_names import is_secret_header
from contracts.text.shell_words import is_plain, shell_word
from mock_server.journal.entry import Entry, text_of, text_or_base64
from mock_server.journal.secret_places import AUTHORIZATION
from mock_server.simulation import json_body

# Headers that curl sets itself, or that change how curl works.
OF_THE_CONNECTION = {
    b"host", b"content-length", b"connection", b"keep-alive", b"transfer-encoding", b"expect",
    b"upgrade", b"http2-settings", b"accept-encoding", b"te", b"trailer",
}  # fmt: skip
KEY_PREFIXES = ("sk-", "st-")  # a key that the fake does not accept is hidden as a whole
LONGEST_ARGUMENT = 100_000  # bytes; the limit of Linux is 131,072


def as_curl_lines(entries: Iterable[Entry]) -> Iterator[str]:
    """A curl command for each exchange."""
    for number, entry in enumerate(entries):
        yield f"\n{curl_line(entry)}" if number else curl_line(entry)


def curl_line(entry: Entry) -> str:
    """The call as a curl command for a POSIX shell. Redacted headers are left out."""
    method = "GET" if entry.method == "HEAD" else entry.method
    body = _json(entry.body)
    command = as_curl(method, entry.url, _headers(entry), body)
    if entry.body and body is None:
        command = _with_raw_body(command, entry.body)
    return command.replace("curl -sS", f"curl -sS{_options(entry)}", 1)


def _headers(entry: Entry) -> dict[str, str]:
    headers = {
        text_of(name): text_of(value)
        for name, value in entry.headers.items()
        if name not in OF_THE_CONNECTION and not _is_redacted(name)
    }
    key = headers.get("authorization", "")
    if any(prefix in key for prefix in KEY_PREFIXES):
        headers["authorization"] = BEARER
    if entry.source == "key":  # the key in the shell does not select the scenario
        headers["x-mock-scenario"] = re.split(r"[+.]", key, maxsplit=1)[-1]
    if entry.body and "content-type" not in headers:
        headers["content-type"] = ""  # otherwise curl sends the type of a form
    return headers


def _is_redacted(name: bytes) -> bool:
    return name != AUTHORIZATION and is_secret_header(name.decode("latin-1"))


def _json(body: bytes) -> Any:
    """The JSON value, or None if as_curl cannot write it unchanged."""
    try:
        return json_body.decode(body) if len(body) < LONGEST_ARGUMENT else None
    except ValueError:
        return None


def _with_raw_body(command: str, body: bytes) -> str:
    """Add the body as an argument if it is a short text of one line, otherwise with printf."""
    text, is_binary = text_or_base64(body)
    if is_binary or not is_plain(text) or len(body) >= LONGEST_ARGUMENT:
        return with_input(command, body)
    return f"{command.rstrip()} \\\n  --data-raw {shell_word(text)}\n"


def _options(entry: Entry) -> str:
    """The options that keep curl from changing the method or the URL."""
    head = " --head" if entry.method == "HEAD" else ""
    globs = " --globoff" if re.search(r"[][{}]", entry.url) else ""
    dots = " --path-as-is" if "/." in entry.path else ""
    return head + globs + dots
