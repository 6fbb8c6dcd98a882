"""What is known of a call on its way, what a handler is given, what it gives back. Data only."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from contracts.spec.loader import Operation, Outcome, Spec
from contracts.spec.validation import Violation
from mock_server.scenarios.keys import NO_SCENARIO, KeyScenario
from mock_server.scenarios.names import NOTHING, Choice
from mock_server.scenarios.variants import PLAIN, Effects
from mock_server.simulation.call import Call
from mock_server.stores.protocol import Store, Tenant

Facts = dict[str, Any]
Answer = tuple[Outcome, Facts]
ANONYMOUS = ""


class Refused(Exception):
    """The call is refused: which rule it broke says which outcome answers it."""

    def __init__(self, violation: Violation) -> None:
        super().__init__(violation.reason)
        self.violation = violation


class Visit(Struct):
    """One call on its way through the engine.

    real: the machine's time, now: the tenant's. path_value: the task_id in the path. detail: the
    missing field of a task that is to fail for it. task_id: that was created or asked for.
    download: the scenario of the created task's downloads. source: what refused it, where that was
    no rule of the spec (`limits`, `account`, `variant NAME`). near: an accepted field that looks
    like a typo. explained: whether there is something to explain. by_key: the scenario that the key
    asks for."""

    call: Call
    real: float
    tenant_id: str = ANONYMOUS
    key: str = ""
    now: float = 0.0
    request_id: str = ""
    operation: Operation | None = None
    path_value: str = ""
    query: dict[str, Any] = {}
    body: Any = None
    detail: str = ""
    task_id: str = ""
    download: str = ""
    choice: Choice = NOTHING
    effects: Effects = PLAIN
    source: str = ""
    violation: Violation | None = None
    near: Violation | None = None
    explained: bool = False
    by_key: KeyScenario = NO_SCENARIO

    def __repr__(self) -> str:
        """Which operation for which tenant; a key may stand anywhere in the call itself."""
        operation = self.operation.id if self.operation else "no operation"
        return f"<Visit {self.request_id}: {operation} of tenant {self.tenant_id!r}>"


class Context(Struct):
    """A call that passed every check, and the world it meets. content, secret: of seeds.Seeds."""

    spec: Spec
    store: Store
    content: bytes
    secret: bytes
    operation: Operation
    tenant: Tenant
    v: Visit

    def save(self, **changes: Any) -> None:
        """Change the tenant's record."""
        self.tenant = replace(self.tenant, **changes)
        self.store.save(self.v.tenant_id, self.tenant)

    def move_to(self, moment: float) -> None:
        """Let the tenant's clock jump to `moment`, exactly."""
        self.save(clock=self.tenant.clock.at(moment, self.v.real))
        self.v.now = moment
