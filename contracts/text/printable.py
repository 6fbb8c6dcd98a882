r"""Makes the text of strangers safe to show. A provider's answer, a request, a file's name may hold
characters that a terminal obeys (ESC), that end a line (U+2028), that turn the direction of what
follows (U+202E) or that nobody sees (U+200B): each is written out, as `\x1b` or `\u202e`.

All other text stays as it is: letters of every script, accents, emoji. A backslash stays too, so
what is shown may stand for two texts; JSON, which keeps the value, tells them apart. Pure."""

from __future__ import annotations

import re

LONGEST_LINE = 10_000  # characters of a line that people read; programs read JSON, which is whole
END = LONGEST_LINE // 4  # characters of the end of a longer line, which are shown too

# Unicode's controls and formats (categories Cc, Cf, Zl, Zp), its other characters that have no
# glyph (fillers, variation selectors), halves of surrogate pairs, private use and noncharacters.
_HIDDEN = (
    "\0-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\ufffb\ufffe\uffff\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U000f0000-\U0010ffff"
) + "".join(chr(plane << 16 | last) for plane in range(1, 15) for last in (0xFFFE, 0xFFFF))
_EMOJI = "\u00a9\u00ae\u203c-\u205e\u2100-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
# What makes one emoji of two (woman, joiner, computer) or of a sign (heart, keycap 1) is kept.
_JOINER = rf"(?<=[{_EMOJI}\ufe0f])\u200d(?=[{_EMOJI}])"
_STYLE = rf"(?<=[{_EMOJI}])\ufe0f|(?<=[#*0-9])\ufe0f(?=\u20e3)"
_FOUND = re.compile(f"({_JOINER}|{_STYLE})|[{_HIDDEN}]")


def visible(text: str) -> str:
    r"""The text with each hidden character written out. Line ends (\n) and tabs stay: for text of
    several lines. Every character of it may stand in XML 1.0, and can be encoded."""
    if text.isascii() and text.isprintable():
        return text
    return _FOUND.sub(lambda found: found[1] or _escape(found[0]), text)


def in_line(text: str) -> str:
    r"""The same as one line: line ends and tabs are written out too, as `\n` and `\t`."""
    return visible(text).replace("\n", r"\n").replace("\t", r"\t")


def in_json(document: str) -> str:
    r"""A JSON document with each hidden character in it as `\u202e`: the value stays the same."""
    if document.isascii() and "\x7f" not in document:
        return document
    return _FOUND.sub(lambda found: found[1] or _json_escape(found[0]), document)


def shortened(text: str, longest: int = LONGEST_LINE) -> str:
    """The text, or its beginning and its end with a note of how many characters are left out."""
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
