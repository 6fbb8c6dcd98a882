"""Takes keys and signatures out of what was exchanged, in whatever form they stand. Decides nothing
else, and sends nothing."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

MASK = "sk-***"
SHORT = 8  # a shorter key could be part of any word
_EQUALS = r"(?:=|%3D|\\u003d)"
_NAMES = "signature|accesskeyid|credential|security-token|access_token|token"
_SIGNED = re.compile(rf"(?i)((?:{_NAMES}){_EQUALS})[^&\s\"'\\]+")
_SIGNS = ("=", "%3", "\\u003")  # without one of them nothing is signed, and most texts have none


class Masks:
    """keys: what is never shown, as it is, in escapes, percent-encoded, in base64, in any case."""

    def __init__(self, keys: Iterable[str]) -> None:
        forms = {form for key in keys if len(key) >= SHORT for form in _forms(key)}
        ordered = sorted(map(re.escape, forms), key=len, reverse=True)
        self._keys = re.compile("|".join(ordered), re.IGNORECASE)
        self._forms = {form.casefold() for form in forms}

    def text(self, text: str) -> str:
        """The text without any of them, and without the signatures of URLs."""
        folded = text.casefold()
        if any(form in folded for form in self._forms):  # seldom, and far cheaper than to replace
            text = self._keys.sub(MASK, text)
        return _SIGNED.sub(r"\1***", text) if any(s in folded for s in _SIGNS) else text

    def signed(self, text: str) -> dict[str, str]:
        """The URLs of a JSON text whose signatures are masked, by how they are shown then."""
        found = (url for url in _strings(_value(text)) if url.startswith(("http://", "https://")))
        return {shown: url for url in found if (shown := self.text(url)) != url}


def _forms(key: str) -> Iterator[str]:
    escaped = "".join(f"\\u{ord(c):04x}" if not c.isalnum() else c for c in key)
    yield from (key, escaped, json.dumps(key)[1:-1], key.replace("/", "\\/"))
    yield from (quote(key, safe=""), "".join(f"%{b:02x}" for b in key.encode()))
    yield quote(key, safe="").replace("-", "%2D")
    yield b64encode(key.encode()).decode().rstrip("=")


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _strings(value: Any) -> Iterator[str]:
    """Every text in a JSON value, however deep."""
    layer = [value]
    while layer:
        yield from (item for item in layer if isinstance(item, str))
        layer = [
            inner
            for item in layer
            if isinstance(item, dict | list)
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
