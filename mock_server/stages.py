"""The values that pass from stage to stage of the engine: Caller, Request, Answer. Data only."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from contracts.spec.loader import Operation, Outcome
from contracts.spec.validation import Violation
from mock_server.scenarios.keys import NO_SCENARIO, KeyScenario
from mock_server.scenarios.names import Directive
from mock_server.scenarios.variants import NO_EFFECTS, Effects
from mock_server.simulation.call import Call

Facts = dict[str, Any]
ANONYMOUS = ""  # the tenant of calls without an accepted key


class Refused(Exception):
    """The call is refused. The outcome that the violation names is the answer.

    source, near_miss: as in Request."""

    def __init__(
        self, violation: Violation, source: str = "", near_miss: Violation | None = None
    ) -> None:
        super().__init__(violation.reason)
        self.violation, self.source, self.near_miss = violation, source, near_miss


class Caller(Struct, frozen=True, gc=False):
    """Who calls. by_key: the scenario that the key selects. refusal: why there is no accepted
    key."""

    tenant_id: str = ANONYMOUS
    key: str = ""
    by_key: KeyScenario = NO_SCENARIO
    refusal: Violation | None = None


class Request(Struct, frozen=True, gc=False):
    """A validated call.

    real: the machine's time, epoch s. now: the tenant's time, epoch s. path_value: the task_id in
    the path. urls: the input URLs. violation: why the call is refused; if it is not refused, a
    violation in spite of which a variant accepts it. ending: how a variant ends the task that the
    call creates. source: who refused the call if it was not the spec (`limits`, `account`, `variant
    NAME`). near_miss: an accepted field that looks like a mistake."""

    call: Call
    real: float
    now: float
    request_id: str
    caller: Caller = Caller()
    effects: Effects = NO_EFFECTS
    operation: Operation | None = None
    path_value: str = ""
    query: dict[str, Any] = {}
    body: Any = None
    urls: list[str] = []
    violation: Violation | None = None
    is_refused: bool = False
    ending: Directive | None = None
    source: str = ""
    near_miss: Violation | None = None

    def __repr__(self) -> str:
        """The operation and the tenant only: the call itself may contain a key anywhere."""
        operation = self.operation.id if self.operation else "no operation"
        return f"<Request {self.request_id}: {operation} of tenant {self.caller.tenant_id!r}>"


class Answer(Struct, frozen=True, gc=False):
    """What the operation answers.

    outcome: None for an answer that no spec describes. facts: the values that fill it. now: the
    tenant's time of the answer, epoch s: later than that of the request if a poll moved the clock.
    task_id: of the task that the call created. source, violation: as in Request, if the operation
    or a variant decided so."""

    outcome: Outcome | None
    facts: Facts
    now: float
    task_id: str = ""
    source: str = ""
    violation: Violation | None = None
