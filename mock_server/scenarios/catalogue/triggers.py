"""Ways to trigger an answer, as data: a change to a valid call, or a step before it.

`text` describes each for people. A test carries out every one."""

from __future__ import annotations

import json
from typing import Any

from msgspec import UNSET, Struct

from mock_server.scenarios.names import URL_PARAMETER

SCENARIO = "X-Mock-Scenario"


class Trigger(Struct, frozen=True):
    """operation: the call to change, by operationId; "" for all."""

    operation: str

    @property
    def way(self) -> str:
        """The kind of trigger in one word, such as `header`."""
        return type(self).__name__.removesuffix("Trigger").lower()

    @property
    def text(self) -> str:
        """One line that describes the trigger."""
        raise NotImplementedError


class HeaderTrigger(Trigger, frozen=True):
    """A header of the call; value None: without this header."""

    name: str
    value: str | None

    @property
    def text(self) -> str:
        if self.value is None:
            return f"leave out the header {self.name}"
        return f"-H '{self.name}: {self.value}'"


class UrlTrigger(Trigger, frozen=True):
    """A scenario in the URL at `pointer` (JSON pointer) of the body."""

    pointer: str
    scenario: str

    @property
    def text(self) -> str:
        return f"?{URL_PARAMETER}={self.scenario}"


class KeyTrigger(Trigger, frozen=True):
    """A scenario behind a `+` in the API key."""

    scenario: str

    @property
    def text(self) -> str:
        return f"-H 'Authorization: Bearer sk-anything+{self.scenario}'"


class FieldTrigger(Trigger, frozen=True):
    """Another value at `pointer` of the body ("": the whole body); UNSET removes it. note: is added
    to the text."""

    pointer: str
    value: Any = UNSET
    note: str = ""

    @property
    def text(self) -> str:
        place = self.pointer[1:].replace("/", ".") or "the body"
        if self.value is UNSET:
            return f"leave out {place}"
        return f"{place}: {json.dumps(self.value)}{self.note}"


class QueryTrigger(Trigger, frozen=True):
    """A query parameter."""

    name: str
    value: str

    @property
    def text(self) -> str:
        return f"?{self.name}={self.value}"


class MethodTrigger(Trigger, frozen=True):
    """Another method."""

    method: str

    @property
    def text(self) -> str:
        return f"send it as {self.method}"


class PathTrigger(Trigger, frozen=True):
    """Another path."""

    path: str

    @property
    def text(self) -> str:
        return f"call {self.path}"


class SizeTrigger(Trigger, frozen=True):
    """A `body` or `headers` with more than `most` bytes."""

    part: str
    most: int

    @property
    def text(self) -> str:
        return f"send more than {self.most} bytes of {self.part}"


class BrokenTrigger(Trigger, frozen=True):
    """Bytes that are not HTTP."""

    @property
    def text(self) -> str:
        return "send bytes that are not HTTP"


class RateTrigger(Trigger, frozen=True):
    """More calls per second than the service allows; the fake needs `--limits documented`."""

    per_second: float

    @property
    def text(self) -> str:
        return f"emo serve --limits documented, then over {self.per_second:g} calls a second"


class ControlTrigger(Trigger, frozen=True):
    """A call of the control API with the same key. once: a condition, is added to the text."""

    path: str
    body: dict[str, Any]
    once: str = ""

    @property
    def text(self) -> str:
        return f"PUT /__mock__/{self.path} {json.dumps(self.body)}{self.once}"


class ServeTrigger(Trigger, frozen=True):
    """An option of `emo serve`."""

    option: str
    value: str

    @property
    def text(self) -> str:
        return f"emo serve {self.option} {self.value}"
