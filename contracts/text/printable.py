r"""Escapes hidden and control characters, so that untrusted text is safe to print. An answer of a
provider, a request or a file name may contain characters that control the terminal (ESC), end the
line (U+2028), reverse the direction of the text after them (U+202E) or are invisible (U+200B). Each
becomes an escape such as `\x1b` or `\u202e`.

All other text is unchanged: letters of every script, accents, emoji. A backslash is not escaped, so
two different texts may look alike; the JSON output keeps the exact value. Pure functions."""

from __future__ import annotations

import re

LONGEST_LINE = 10_000  # characters of a line for people; JSON output is never shortened
END = LONGEST_LINE // 4  # characters that are shown from the end of a longer line

# Unicode's controls and formats (categories Cc, Cf, Zl, Zp), its other characters that have no
# glyph (fillers, variation selectors), halves of surrogate pairs, private use and noncharacters.
_HIDDEN = (
    "\0-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\ufffb\ufffe\uffff\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U000f0000-\U0010ffff"
) + "".join(chr(plane << 16 | last) for plane in range(1, 15) for last in (0xFFFE, 0xFFFF))
_EMOJI = "\u00a9\u00ae\u203c-\u205e\u2100-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
# Joiners between two emoji (woman, joiner, computer) and the emoji style of a sign (heart,
# keycap 1) are not escaped: without them the emoji would fall apart.
_JOINER = rf"(?<=[{_EMOJI}\ufe0f])\u200d(?=[{_EMOJI}])"
_STYLE = rf"(?<=[{_EMOJI}])\ufe0f|(?<=[#*0-9])\ufe0f(?=\u20e3)"
_FOUND = re.compile(f"({_JOINER}|{_STYLE})|[{_HIDDEN}]")


def visible(text: str) -> str:
    r"""Escape each hidden character. Line ends (\n) and tabs stay, so use it for text of several
    lines. The result is valid in XML 1.0 and can be encoded as UTF-8."""
    if text.isascii() and text.isprintable():
        return text
    return _FOUND.sub(lambda found: found[1] or _escape(found[0]), text)


def in_line(text: str) -> str:
    r"""Escape each hidden character, line ends and tabs (`\n`, `\t`): the result is one line."""
    return visible(text).replace("\n", r"\n").replace("\t", r"\t")


def in_json(document: str) -> str:
    r"""Escape each hidden character of a JSON document, as `\u202e`. Its value stays the same."""
    if document.isascii() and "\x7f" not in document:
        return document
    return _FOUND.sub(lambda found: found[1] or _json_escape(found[0]), document)


def shortened(text: str, longest: int = LONGEST_LINE) -> str:
    """The text; if it is longer than `longest`, its beginning and end with the number of omitted
    characters between them."""
    left_out = len(text) - longest
    if left_out <= 0:
        return text
    end = min(END, longest // 4)
    return f"{text[: longest - end]} [… {left_out:,} characters …] {text[-end:]}"


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
