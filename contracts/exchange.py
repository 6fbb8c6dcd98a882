"""One request as something to read and to repeat by hand."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any


class Shell(str):
    """Text that a POSIX shell expands: written between double quotes, as it is."""


# The key of the shell where there is one; any other that the fake takes where there is none.
BEARER = Shell("Bearer ${DASHSCOPE_API_KEY:-sk-local}")


def as_curl(method: str, url: str, headers: Mapping[str, str], body: Any = None) -> str:
    """A curl command for a POSIX shell, over several lines; `body` is sent as compact JSON."""
    lines = [
        f"curl -sS -X {method} {shlex.quote(url)}"
        if method != "GET"
        else f"curl -sS {shlex.quote(url)}"
    ]
    lines += [f"-H {_quoted(name, value)}" for name, value in headers.items()]
    if body is not None:
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        lines.append(f"--data {shlex.quote(text)}")
    return " \\\n  ".join(lines) + "\n"


def _quoted(name: str, value: str) -> str:
    text = f"{name}: {value}"
    return f'"{text}"' if isinstance(value, Shell) else shlex.quote(text)
