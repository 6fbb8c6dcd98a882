r"""Quotes any text for the command line of a POSIX shell. The result is one line without hidden
characters. `$'\x1b'` would be shorter, but dash, the `sh` of Debian, does not support it. Pure
functions."""

from __future__ import annotations

import re
import shlex

from contracts.text.printable import in_line

_MAYBE_ODD = re.compile(r"[^ -~]|[%\\]")
_ESCAPES = {"%": "%%", "\\": r"\\", "\n": r"\n", "\t": r"\t"}


def shell_word(text: str) -> str:
    r"""The text as one shell word: quoted, or the output of printf if it has hidden characters or
    line ends. The shell then drops a final line end; URLs and headers cannot end in one."""
    return shlex.quote(text) if is_plain(text) else f'"$({printf(text)})"'


def printf(text: str | bytes) -> str:
    r"""The shell command that prints the text or the bytes, such as `printf 'a\033\n'`."""
    raw = text.encode("utf-8", "replace") if isinstance(text, str) else text
    text = raw.decode("utf-8", "surrogateescape")
    format_ = _MAYBE_ODD.sub(lambda found: _written(found[0]), text)
    if format_.startswith("-"):  # printf would read it as an option
        format_ = rf"\055{format_[1:]}"
    return f"printf {shlex.quote(format_)}"


def is_plain(text: str) -> bool:
    """Whether the text has no hidden characters, line ends or tabs."""
    return in_line(text) == text


def _written(character: str) -> str:
    """One character in a format of printf. A lone surrogate is a byte that is not UTF-8."""
    if character in _ESCAPES:
        return _ESCAPES[character]
    if is_plain(character):
        return character
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogateescape"))
