"""One request as something to read and to repeat by hand."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any


def as_curl(method: str, url: str, headers: Mapping[str, str], body: Any = None) -> str:
    """A curl command for a POSIX shell, over several lines; `body` is sent as compact JSON."""
    lines = [
        f"curl -sS -X {method} {shlex.quote(url)}"
        if method != "GET"
        else f"curl -sS {shlex.quote(url)}"
    ]
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()]
    if body is not None:
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        lines.append(f"--data {shlex.quote(text)}")
    return " \\\n  ".join(lines) + "\n"
