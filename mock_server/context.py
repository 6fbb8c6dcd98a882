"""What a handler is given and what it gives back. Data only."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from contracts.rules import Violation
from contracts.spec import Operation, Outcome, Spec
from mock_server.scenarios import Choice
from mock_server.stores import Store, Tenant

Facts = dict[str, Any]
Answer = tuple[Outcome, Facts]


class Refused(Exception):
    """The call is refused: which rule it broke says which outcome answers it."""

    def __init__(self, violation: Violation) -> None:
        super().__init__(violation.reason)
        self.violation = violation


class Context(Struct):
    """A call that passed every check, and the world it meets. `now` is the tenant's time."""

    spec: Spec
    operation: Operation
    store: Store
    seed: bytes
    tenant_id: str
    tenant: Tenant
    real: float
    now: float
    request_id: str
    origin: str
    path_value: str
    query: dict[str, Any]
    body: Any
    choice: Choice

    def move_to(self, moment: float) -> None:
        """Let the tenant's clock jump to `moment`, exactly."""
        clock = self.tenant.clock.at(moment, self.real)
        self.tenant = Tenant(clock, self.tenant.queue)
        self.store.save(self.tenant_id, self.tenant)
        self.now = moment
