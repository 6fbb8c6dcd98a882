"""The values that pass from stage to stage of the engine. Data only.

`Engine.handle` makes them in this order: Caller, Request, Directive (mock_server.scenarios.names),
Answer, Reply (mock_server.simulation.call)."""

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

    source: who refuses it, if it is not the spec (`limits`, `account`, `variant NAME`). near_miss:
    an accepted field that looks like a mistake."""

    def __init__(
        self, violation: Violation, source: str = "", near_miss: Violation | None = None
    ) -> None:
        super().__init__(violation.reason)
        self.violation, self.source, self.near_miss = violation, source, near_miss


class Caller(Struct, frozen=True, gc=False):
    """Who calls. key: the accepted API key; "" if there is none, and for downloads, which need
    none. by_key: the scenario that the key selects. refusal: why no key is accepted."""

    tenant_id: str = ANONYMOUS
    key: str = ""
    by_key: KeyScenario = NO_SCENARIO
    refusal: Violation | None = None


class Request(Struct, frozen=True, gc=False):
    """A call after validation: accepted or refused.

    real: the machine's time, epoch s. now: the tenant's time, epoch s. effects: those of the chosen
    variants. operation: None if the call was refused before its path was known. path_value: the
    task_id in the path. urls: the input URLs. is_refused: whether the call is refused; `violation`
    is the reason. A call that is not refused has a violation if a variant accepts it all the same.
    ending: how a variant ends the task that the call creates. source, near_miss: as in Refused;
    source is `mistake` after an exception of the fake."""

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
    task_id: of the task that the call created. source: `variant NAME` if a variant chose the
    outcome. violation: why the call is refused; with a recorded answer, how its body breaks the
    spec."""

    outcome: Outcome | None
    facts: Facts
    now: float
    task_id: str = ""
    source: str = ""
    violation: Violation | None = None
