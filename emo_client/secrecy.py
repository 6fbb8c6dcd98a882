"""Hides the key in what a service sends back: some gateways repeat it in their answers."""

import json
from base64 import b64encode
from html import escape
from urllib.parse import quote

# A shorter key could be part of any word.
SHORTEST = 8
SHOWN = "…"


class Secret:
    """A key that no error, repr or log may show. It is shown by `reveal` alone."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._forms = sorted(_forms(key), key=len, reverse=True) if len(key) >= SHORTEST else []

    def __repr__(self) -> str:
        return "<key>"

    def reveal(self) -> str:
        """The key, for the header that carries it."""
        return self._key

    def clean(self, text: str) -> str:
        """The text without the key, as it is or escaped for JSON, URLs and HTML, or in base64."""
        for form in self._forms:
            text = text.replace(form, SHOWN)
        return text

    def clean_bytes(self, data: bytes) -> bytes:
        """The same of bytes in any charset that has ASCII in it."""
        for form in self._forms:
            data = data.replace(form.encode(), SHOWN.encode())
        return data


def _forms(key: str) -> set[str]:
    quoted, escaped = quote(key, safe=""), json.dumps(key)[1:-1]
    return {
        key, quoted, quoted.replace("-", "%2D"), quote(key), escaped, repr(key)[1:-1],
        key.replace("\\", "\\\\"), escaped.replace("/", "\\/"),
        "".join(f"\\u{ord(char):04x}" for char in key), escape(key),
        escape(key, quote=False), b64encode(key.encode()).decode().rstrip("="),
    }  # fmt: skip
