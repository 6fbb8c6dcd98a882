"""One request with its answer, to show in reports and to send again with curl."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from contracts.spec.pointers import MISSING, parts_of, value_at
from contracts.text.printable import in_json
from contracts.text.shell_words import is_plain, printf, shell_word


class Shell(str):
    """A text with variables of the shell: as_curl puts it between double quotes, unchanged."""


# The key of the user's environment; without one, a key that the fake accepts.
BEARER = Shell("Bearer ${DASHSCOPE_API_KEY:-sk-local}")
SHOWN = 300  # characters of a value, at most


class Exchange(Struct, frozen=True):
    """A request that was sent, and its answer.

    url: complete. headers: as sent, with the key redacted. body: the text; None without a body.
    status: 0 if no answer arrived, and then `answer` is the reason. answer_headers: names in lower
    case, without cookies. at: epoch s when it was sent; seconds: until the answer was complete.
    has_key: whether it was sent with a key that the provider may accept. operation: the intended
    operationId, "" for none. price: CNY that were taken for it and not given back."""

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
        """The JSON value of the answer; None if the answer is not JSON, contains NaN or half a
        surrogate pair, or is nested too deeply."""
        try:
            value = json.loads(self.answer, parse_constant=_no_constant)
            json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            return None
        return value

    def curl(self) -> str:
        """A curl command that sends the request again, with the key of the user's environment."""
        headers = dict(self.headers)
        if self.has_key:
            headers["Authorization"] = BEARER
        return as_curl(self.method, self.url, headers, text=self.body)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


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


def answer_at(exchange: Exchange, pointer: str) -> Any:
    """The value at a JSON pointer of the answer, at `#header/NAME` or at `#status`; MISSING if
    there is none."""
    if pointer == "#status":
        return exchange.status
    if pointer.startswith("#header/"):
        return exchange.answer_headers.get(pointer.removeprefix("#header/").lower(), MISSING)
    return value_at(exchange.value, parts_of(pointer))


def shown(value: Any) -> str:
    """A value as one line for people, cut after SHOWN characters."""
    if value is MISSING:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
