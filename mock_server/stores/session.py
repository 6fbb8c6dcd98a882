"""The data of one request: the call, its tenant, and the result of each step. Data only."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from contracts.spec.loader import Operation, Outcome, Spec
from contracts.spec.validation import Violation
from mock_server.scenarios.keys import NO_SCENARIO, KeyScenario
from mock_server.scenarios.names import NO_DIRECTIVE, Directive
from mock_server.scenarios.variants import NO_EFFECTS, Effects
from mock_server.simulation.call import Call
from mock_server.stores.protocol import Store, Tenant

Facts = dict[str, Any]
Answer = tuple[Outcome, Facts]
ANONYMOUS = ""


class Refused(Exception):
    """The call is refused. The outcome that the violation names is the answer."""

    def __init__(self, violation: Violation) -> None:
        super().__init__(violation.reason)
        self.violation = violation


class Request(Struct):
    """One call while the engine answers it. Each step of the engine adds its results.

    real: the machine's time, epoch s. now: the tenant's time, epoch s. path_value: the task_id in
    the path. detail: the field for which the created task fails (a variant creates it although the
    field is missing). task_id: of the task that the call created, or whose video it downloads.
    download: the scenario for downloads of the created task's video. source: who refused the call
    if it was not the spec (`limits`, `account`, `variant NAME`). near_miss: an accepted field that
    looks like a typo. explained: True if the fake can explain the answer. by_key: the scenario that
    the key selects."""

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
    directive: Directive = NO_DIRECTIVE
    effects: Effects = NO_EFFECTS
    source: str = ""
    violation: Violation | None = None
    near_miss: Violation | None = None
    explained: bool = False
    by_key: KeyScenario = NO_SCENARIO

    def __repr__(self) -> str:
        """The operation and the tenant only: the call itself may contain a key anywhere."""
        operation = self.operation.id if self.operation else "no operation"
        return f"<Request {self.request_id}: {operation} of tenant {self.tenant_id!r}>"


class Session(Struct):
    """The input of a handler: a call that passed all checks, its tenant, the store and the spec.

    content, secret: seeds for media and for ids (see seeds.Seeds)."""

    spec: Spec
    store: Store
    content: bytes
    secret: bytes
    operation: Operation
    tenant: Tenant
    request: Request

    def save(self, **changes: Any) -> None:
        """Change fields of the tenant's record and save it."""
        self.tenant = replace(self.tenant, **changes)
        self.store.save(self.request.tenant_id, self.tenant)

    def move_to(self, moment: float) -> None:
        """Set the tenant's clock to exactly `moment` (epoch s)."""
        self.save(clock=self.tenant.clock.at(moment, self.request.real))
        self.request.now = moment
