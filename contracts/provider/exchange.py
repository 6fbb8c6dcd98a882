"""One request with its answer, as something to read and to repeat by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from contracts.spec.pointers import MISSING, parts_of, value_at
from contracts.text.printable import in_json
from contracts.text.shell_words import is_plain, printf, shell_word


class Shell(str):
    """Text that a POSIX shell expands: written between double quotes, as it is."""


# The key of the shell where there is one; any other that the fake takes where there is none.
BEARER = Shell("Bearer ${DASHSCOPE_API_KEY:-sk-local}")
SHOWN = 300  # characters of a value, at most


class Exchange(Struct, frozen=True):
    """A request that was sent, and what came back.

    url: whole. headers: as sent, the key masked. body: the text; None for no body. status: 0 where
    no answer came, and then `answer` says why. answer_headers: names in lower case, cookies left
    out. at: epoch s when it was sent; seconds: until the whole answer was there. has_key: whether a
    key was sent that the provider may take. operation: the operationId that it is meant for, "" for
    none. price: CNY that were taken for it and not given back."""

    method: str
    url: str
    headers: dict[str, str]
    body: str | None
    status: int
    answer_headers: dict[str, str]
    answer: str
    at: float = 0.0
    seconds: float = 0.0
    has_key: bool = False
    operation: str = ""
    price: float = 0.0

    @property
    def value(self) -> Any:
        """The answer's JSON value; None where it is no JSON: NaN and half a surrogate pair are
        none, nor is what is nested beyond all measure."""
        try:
            value = json.loads(self.answer, parse_constant=_no_constant)
            json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            return None
        return value

    def curl(self) -> str:
        """The command that sends it again, with the key of the shell in place of the one it had."""
        headers = dict(self.headers)
        if self.has_key:
            headers["Authorization"] = BEARER
        return as_curl(self.method, self.url, headers, text=self.body)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def as_curl(
    method: str, url: str, headers: Mapping[str, str], body: Any = None, *, text: str | None = None
) -> str:
    r"""A curl command for a POSIX shell, over several lines; `body` is sent as compact JSON, `text`
    as it is. Hidden characters are written as `\u202e` in JSON, elsewhere as printf writes them."""
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
    """Whether `--data` takes it as it is: behind an @ it would look for a file."""
    return is_plain(text) and not text.startswith("@")


def with_input(command: str, text: str | bytes) -> str:
    """A curl command that sends the text, or the bytes, from the standard input: what an argument
    cannot hold, or should not show."""
    return f"{printf(text)} | {command.rstrip()} \\\n  --data-binary @-\n"


def _quoted(name: str, value: str) -> str:
    text = f"{name}: {value}"
    return f'"{text}"' if isinstance(value, Shell) else shell_word(text)


def at(exchange: Exchange, pointer: str) -> Any:
    """What stands at a JSON pointer of the answer, in `#header/NAME` or `#status`; MISSING."""
    if pointer == "#status":
        return exchange.status
    if pointer.startswith("#header/"):
        return exchange.answer_headers.get(pointer.removeprefix("#header/").lower(), MISSING)
    return value_at(exchange.value, parts_of(pointer))


def shown(value: Any) -> str:
    """A value for people, on one line."""
    if value is MISSING:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
