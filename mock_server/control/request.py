"""What a control call asks, and what it is told. Data, and the checks of a value that all share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from mock_server.engine.pipeline import Engine
from mock_server.stores.protocol import Tenant

Typed = tuple[str, bytes]  # a content type and a body of it


class Export(NamedTuple):
    """An answer that grows with what is kept, made in pieces as it is sent. make: gives the content
    type and the pieces of the body. is_short: it is made at once, without another thread."""

    make: Callable[[], tuple[str, Iterator[str]]]
    is_short: bool = False


Told = dict[str, Any] | Typed | Export  # dict: JSON


class ControlError(ValueError):
    """A control call that makes no sense, with the way on."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


class Asked(NamedTuple):
    """real: the machine's time. body: the JSON that was sent, {}: none. given: path and query.
    authorization: the header as it was sent, b"": none."""

    engine: Engine
    tenant_id: str
    real: float
    body: Any = {}  # noqa: RUF012 (never written to)
    given: dict[str, str] = {}  # noqa: RUF012 (never written to)
    authorization: bytes = b""

    @property
    def tenant(self) -> Tenant:
        """The tenant's record."""
        return self.engine.tenants.get(self.tenant_id, self.real)

    def save(self, tenant: Tenant) -> None:
        """Keep the record."""
        self.engine.store.save(self.tenant_id, tenant)

    @property
    def arguments(self) -> dict[str, Any]:
        """The body of a call that takes an object."""
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
