r"""Makes text of the service safe for one line of a traceback, a log or a terminal. Control and
invisible characters are escaped (`\x1b`, `\u202e`), and a long text is shortened. The checks
of the contract use a function with the same results; a test compares both."""

import re

LONGEST = 10_000  # characters of an error's text; its attributes have the complete texts
END = LONGEST // 4  # of these, characters from the end, which has the advice

_HIDDEN = (
    "\0-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ud800-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufffb\ufffe\uffff\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff"
) + "".join(chr(plane << 16 | last) for plane in range(1, 15) for last in (0xFFFE, 0xFFFF))
_EMOJI = "\u00a9\u00ae\u203c-\u205e\u2100-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_PART_OF_AN_EMOJI = (
    rf"(?<=[{_EMOJI}\ufe0f])\u200d(?=[{_EMOJI}])|(?<=[{_EMOJI}])\ufe0f|(?<=[#*0-9])\ufe0f(?=\u20e3)"
)
_FOUND = re.compile(f"({_PART_OF_AN_EMOJI})|[{_HIDDEN}]")
_SHORT = {"\n": r"\n", "\t": r"\t"}


def in_line(text: str) -> str:
    """The text as one line with control and invisible characters escaped. A text of more than
    LONGEST characters loses its middle first."""
    left_out = len(text) - LONGEST
    if left_out > 0:
        text = f"{text[: LONGEST - END]} [… {left_out:,} characters …] {text[-END:]}"
    return _FOUND.sub(lambda found: found[1] or _escaped(found[0]), text)


def _escaped(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return _SHORT.get(character, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
