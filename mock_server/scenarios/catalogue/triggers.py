"""Ways to trigger an answer, as data: a change to a valid call, or a step before it.

`text` describes each for people. A test carries out every one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal

from msgspec import UNSET, Struct

from mock_server.scenarios.names import URL_PARAMETER

SCENARIO = "X-Mock-Scenario"
Way = Literal[
    "header", "url", "key", "field", "query", "method", "path", "size", "broken", "rate", "control",
    "serve",
]  # fmt: skip


class Trigger(Struct, frozen=True):
    """One change or step. The meaning of `name` and `value` depends on `way`:

    - header: name and value; None: the call without this header
    - url: JSON pointer of a URL in the body, and the scenario to add to it
    - key: no name; the scenario behind a `+` in the API key
    - field: JSON pointer in the body ("": the whole body), and another value; UNSET removes it
    - query: name and value of a parameter
    - method, path: no name; another one
    - size: `body` or `headers`, with more than `value` bytes
    - broken: bytes that are not HTTP
    - rate: no name; more calls per second than `value`
    - control: path and body of a call of the control API with the same key
    - serve: name and value of an option of `emo serve`

    operation: the call to change, by operationId; "" for all. model: the model whose documented
    call is changed; "" for the first one. note: is added to the text."""

    way: Way
    operation: str
    name: str = ""
    value: Any = UNSET
    note: str = ""
    model: str = ""

    @property
    def text(self) -> str:
        """One line that describes the trigger."""
        of_model = f", in a call of {self.model}" if self.model else ""
        return _TEXTS[self.way](self) + self.note + of_model


def _header(trigger: Trigger) -> str:
    if trigger.value is None:
        return f"leave out the header {trigger.name}"
    return f"-H '{trigger.name}: {trigger.value}'"


def _field(trigger: Trigger) -> str:
    place = trigger.name[1:].replace("/", ".") or "the body"
    if trigger.value is UNSET:
        return f"leave out {place}"
    return f"{place}: {json.dumps(trigger.value)}"


_TEXTS: dict[Way, Callable[[Trigger], str]] = {
    "header": _header,
    "url": lambda t: f"?{URL_PARAMETER}={t.value}",
    "key": lambda t: f"-H 'Authorization: Bearer sk-anything+{t.value}'",
    "field": _field,
    "query": lambda t: f"?{t.name}={t.value}",
    "method": lambda t: f"send it as {t.value}",
    "path": lambda t: f"call {t.value}",
    "size": lambda t: f"send more than {t.value} bytes of {t.name}",
    "broken": lambda _: "send bytes that are not HTTP",
    "rate": lambda t: f"emo serve --limits documented, then over {t.value:g} calls a second",
    "control": lambda t: f"PUT /__mock__/{t.name} {json.dumps(t.value)}",
    "serve": lambda t: f"emo serve {t.name} {t.value}",
}
