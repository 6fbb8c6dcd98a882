"""The request and the answer of a control call, and the checks that all controls share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

from mock_server.engine.pipeline import Engine
from mock_server.stores.session import Session

Typed = tuple[str, bytes]  # content type and body


class Export(NamedTuple):
    """An answer whose size grows with the state, made in pieces while it is sent. make: returns the
    content type and the pieces of the body. is_short: made at once, without another thread."""

    make: Callable[[], tuple[str, Iterator[str]]]
    is_short: bool = False


ControlAnswer = dict[str, Any] | Typed | Export  # dict: JSON


class ControlError(ValueError):
    """A control call with invalid arguments. The text contains the next step."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


class ControlRequest(NamedTuple):
    """A control call. real: the machine's time, epoch s. body: its JSON value, {} for none. given:
    its path and query parameters. authorization: its header, b"" for none."""

    engine: Engine
    tenant_id: str
    real: float
    body: Any = {}  # noqa: RUF012 (never written to)
    given: dict[str, str] = {}  # noqa: RUF012 (never written to)
    authorization: bytes = b""

    def session(self) -> AbstractContextManager[Session]:
        """A unit of work on the tenant."""
        return self.engine.session(self.tenant_id, self.real)

    @property
    def arguments(self) -> dict[str, Any]:
        """The JSON object of the body. Raises ControlError for any other value."""
        if not isinstance(self.body, dict):
            raise ControlError("the body must be a JSON object")
        return self.body


def number(name: str, value: Any) -> float:
    """Return a number from -1e9 to 1e9. Callers that need a positive one check the sign."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ControlError(f"{name} must be a number, not {json.dumps(value)[:80]}")
    if not -1e9 <= value <= 1e9:
        side = "above 1e9" if value > 0 else "below -1e9"
        raise ControlError(f"{name} is {side}: give a number from 0 to 1e9")
    return float(value)
