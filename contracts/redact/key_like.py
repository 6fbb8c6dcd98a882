"""Redacts what looks like a key in logs, errors and journals: `sk-` and all that follows up to a
blank becomes `sk-***`, so that a reader sees where a key was typed."""

from __future__ import annotations

import re

# Also after JSON's `\n`: its letter is not a part of the word.
WORD_START = r"(?:(?<![A-Za-z0-9])|(?<=\\[bfnrt]))"
_END = r"(?<![]\"'`):;,.>])"  # punctuation after a key in a sentence is not a part of it
_KEY_LIKE = re.compile(rf"{WORD_START}(?:(sk-)[^\s/?&]+|(st-)[^\s/?&]{{12,}}){_END}")
_KEY_LIKE_IN_JSON = re.compile(rf"{WORD_START}(?:(sk-)[^\s/?&\"\\]+|(st-)[^\s/?&\"\\]{{12,}})")


def redact_key_like(text: str) -> str:
    """The text with `sk-***` for every word that looks like a key."""
    return _KEY_LIKE.sub(_masked, text) if "sk-" in text or "st-" in text else text


def redact_key_like_in_json(text: str) -> str:
    """The same for a JSON text; quotes and backslashes stay, so that it is still valid JSON."""
    return _KEY_LIKE_IN_JSON.sub(_masked, text)


def _masked(found: re.Match[str]) -> str:
    return f"{found[1] or found[2]}***"
