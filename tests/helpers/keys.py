"""Formats of keys, and a search for one in a text. The search shares no code with the modules that
hide keys."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import quote, unquote

HEX = "0123456789abcdef0123456789abcdef"


class Shape(NamedTuple):
    """A secret and the place where a client puts it. `authorization`: the value of that header; the
    other fields are further parts of the call."""

    name: str
    secret: str
    authorization: str | None = None
    headers: dict[str, str] = {}  # noqa: RUF012 (never written to)
    query: str = ""
    path: str = ""
    body: dict[str, str] = {}  # noqa: RUF012

    @property
    def is_accepted(self) -> bool:
        """Whether the fake accepts the call's key."""
        sent = self.authorization or ""
        return sent[:7].lower() == "bearer " and sent[7:10] in ("sk-", "st-") and len(sent) > 10

    @property
    def anywhere(self) -> str:
        """The secret for places where no key belongs; a short one is hidden nowhere there."""
        return self.secret if len(self.secret) >= 8 else "short"


def _bearer(name: str, key: str, secret: str = "") -> Shape:
    return Shape(name, secret or key, f"Bearer {key}")


def _beside(name: str, secret: str, **where: object) -> Shape:
    """A secret in a call that also has an accepted key."""
    return Shape(name, secret, f"Bearer sk-beside-{name.replace(' ', '-')}", **where)  # type: ignore[arg-type]


def _basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


SHAPES = [
    _bearer("hex", f"sk-{HEX}"),
    _bearer("workspace", "sk-ws-H.ABCDEFG.ab12.MEUCIQDx-_yZ9"),
    _bearer("plan", "sk-sp-Q2x4bmV3cGxhbg"),
    _bearer("temporary", "st-8f3e2d1c0b9a8f7e6d5c"),
    _bearer("three characters", "sk-Qzx", "Qzx"),
    _bearer("four kilobytes", "sk-" + "aB3_zQ-9" * 511),
    _bearer("many dots", "sk-a.b.c.d.Qzx1.Yw2.Vu3.Ts4"),
    _bearer("patterns", "sk-(a+)+[^x]$^.*?{9}|Qzx"),
    _bearer("markup", "sk-</script><b>Qzx&amp;'x"),
    _bearer("quotes", 'sk-Qzx"\\n\\u0041\\\'`$(id)'),
    _bearer("percent", "sk-Qzx%2Babc%25def%00ghi"),
    _bearer("base64", "sk-Zm9v/YmFyQ+zx9eHl6cQ=="),
    _bearer("with a scenario", f"sk-{HEX}+RUNNING", f"sk-{HEX}"),
    _bearer("wrong scenario", f"sk-{HEX}+Qzx9Yw8Vu7"),
    _bearer("near a scenario", "sk-Qzx9Yw8Vu7.InvalidFile.NoHumn"),
    Shape("lower case", f"sk-{HEX}", f"bearer sk-{HEX}"),
    Shape("no scheme", f"sk-{HEX}", f"sk-{HEX}"),
    Shape("not accepted", "Qzx9Yw8Vu7Ts6Rq5", "Bearer Qzx9Yw8Vu7Ts6Rq5"),
    Shape("short, not accepted", "Qzx", "Bearer Qzx"),
    Shape("basic", "Qzx9Yw8Vu7Ts6Rq5", _basic("user:Qzx9Yw8Vu7Ts6Rq5")),
    Shape("basic name", f"sk-{HEX}", _basic(f"sk-{HEX}:")),
    _beside("api_key", "Qzx9Yw8Vu7", query="api_key=Qzx9Yw8Vu7&page_no=1"),
    _beside("short api_key", "Qzx", query="api_key=Qzx"),
    _beside("access_token", "Qzx9/Yw8+Vu7=", query="access_token=Qzx9%2FYw8%2BVu7%3D"),
    _beside("cookie", "Qzx9Yw8Vu7Ts6", headers={"cookie": "a=b; session=Qzx9Yw8Vu7Ts6"}),
    _beside("x-api-key", "Qzx9Yw8Vu7Ts6", headers={"x-api-key": "Qzx9Yw8Vu7Ts6"}),
    _beside("short api-key", "Qzx", headers={"api-key": "Qzx"}),
    _beside("misspelled header", "Qzx9Yw8Vu7", headers={"authorisation": "Bearer Qzx9Yw8Vu7"}),
    _beside("body", "Qzx9Yw8Vu7", body={"api_key": "Qzx9Yw8Vu7"}),
    _beside("short body", "Qzx", body={"token": "Qzx"}),
    _bearer("path", f"sk-path-{HEX}")._replace(path=f"sk-path-{HEX}"),
    _bearer("escaped path", f"sk-esc-{HEX}")._replace(path=f"%73%6B%2Desc-{HEX}"),
    _bearer("base64 query", f"sk-q-{HEX}")._replace(
        query="x=" + base64.b64encode(f"a:sk-q-{HEX}".encode()).decode()
    ),
]  # fmt: skip


def leaks(text: str, secret: str) -> bool:
    """Whether a text contains the secret in any usual encoding."""
    texts = [text, html.unescape(text), unquote(text), _unescaped(text), "".join(_decoded(text))]
    return any(form in one for one in texts for form in _forms(secret))


def _forms(secret: str) -> Iterator[str]:
    yield from (secret, quote(secret, safe=""), json.dumps(secret)[1:-1], html.escape(secret))
    if len(secret) > 12:
        yield secret[-12:]  # a part is as bad


def _unescaped(text: str) -> str:
    return text.replace('\\"', '"').replace("\\\\", "\\").replace("\\/", "/")


def _decoded(text: str) -> Iterator[str]:
    """The words of a text, decoded from base64."""
    for word in "".join(c if c.isalnum() or c in "+/_-" else " " for c in text).split():
        if len(word) >= 8:
            whole = word.replace("-", "+").replace("_", "/")[: len(word) // 4 * 4]
            yield base64.b64decode(whole, validate=False).decode("latin-1") + " "


Surface = Callable[..., str]
