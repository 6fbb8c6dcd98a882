"""Writes a request as a curl command for a POSIX shell. Sends nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from contracts.text.printable import in_json
from contracts.text.shell_words import is_plain, printf, shell_word


class Shell(str):
    """A text with variables of the shell: as_curl puts it between double quotes, unchanged."""


# The key of the user's environment; without one, a key that the fake accepts.
BEARER = Shell("Bearer ${DASHSCOPE_API_KEY:-sk-local}")


def as_curl(
    method: str, url: str, headers: Mapping[str, str], body: Any = None, *, text: str | None = None
) -> str:
    r"""A curl command for a POSIX shell, on several lines. `body` is sent as compact JSON, `text`
    unchanged. Invisible characters are escaped: as `\u202e` in JSON, elsewhere as printf does
    it."""
    verb = "" if method == "GET" else f"-X {shell_word(method)} "
    lines = [f"curl -sS {verb}{shell_word(url)}"]
    lines += [f"-H {_quoted(name, value)}" for name, value in headers.items()]
    if body is not None:
        text = in_json(json.dumps(body, ensure_ascii=False, separators=(",", ":")))
    if text is not None and not _is_argument(text):
        return with_input(_joined(lines), text)
    lines += [f"--data {shell_word(text)}"] if text is not None else []
    return _joined(lines)


def _joined(lines: list[str]) -> str:
    return " \\\n  ".join(lines) + "\n"


def _is_argument(text: str) -> bool:
    """Whether `--data` can have the text as its argument; after an `@` it would read a file."""
    return is_plain(text) and not text.startswith("@")


def with_input(command: str, text: str | bytes) -> str:
    """A curl command that reads its body from the standard input: for a text or bytes that an
    argument cannot contain or should not show."""
    return f"{printf(text)} | {command.rstrip()} \\\n  --data-binary @-\n"


def _quoted(name: str, value: str) -> str:
    text = f"{name}: {value}"
    return f'"{text}"' if isinstance(value, Shell) else shell_word(text)
