r"""Text as words of a POSIX shell's command line, which is one line without a hidden character,
whatever the text holds. `$'\x1b'` would be shorter, but dash, the `sh` of Debian, does not know it.
Pure."""

from __future__ import annotations

import re
import shlex

from contracts.text.printable import in_line

_MAYBE_ODD = re.compile(r"[^ -~]|[%\\]")
_ESCAPES = {"%": "%%", "\\": r"\\", "\n": r"\n", "\t": r"\t"}


def shell_word(text: str) -> str:
    r"""One word: quoted as it is, or made by printf where it has hidden characters or line ends. A
    line end at its very end is lost then; no URL and no header can have one."""
    return shlex.quote(text) if is_plain(text) else f'"$({printf(text)})"'


def printf(text: str | bytes) -> str:
    r"""The command that prints the text, or the bytes: `printf 'a\033\n'`."""
    raw = text.encode("utf-8", "replace") if isinstance(text, str) else text
    text = raw.decode("utf-8", "surrogateescape")
    format_ = _MAYBE_ODD.sub(lambda found: _written(found[0]), text)
    if format_.startswith("-"):  # or it would be an option
        format_ = rf"\055{format_[1:]}"
    return f"printf {shlex.quote(format_)}"


def is_plain(text: str) -> bool:
    """Whether the text can be shown in one line as it is."""
    return in_line(text) == text


def _written(character: str) -> str:
    """In a format of printf; half a surrogate pair stands for a byte that is not UTF-8."""
    if character in _ESCAPES:
        return _ESCAPES[character]
    if is_plain(character):
        return character
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogateescape"))
