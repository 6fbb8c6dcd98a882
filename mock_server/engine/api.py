"""The responder for calls to the API of the service: its stages validate, decide, operate and
render, in this order. Each calls the module with its work: validation.py and quotas.py,
directives.py, operations/, responses.py and with_fault.py."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from msgspec.structs import replace

from contracts.spec.loader import Operation, Spec
from contracts.spec.models import named_model
from contracts.spec.validation import Violation
from mock_server.engine.callers import Callers
from mock_server.engine.directives import check_ending, decide, failing, why_unknown
from mock_server.engine.operations.operation_input import OperationInput
from mock_server.engine.operations.table import HANDLERS
from mock_server.engine.operations.tasks import state_shown
from mock_server.engine.quotas import check_account, take_token
from mock_server.engine.responses import Responses, own
from mock_server.engine.validation import Validator
from mock_server.engine.with_fault import with_fault
from mock_server.scenarios import variants
from mock_server.scenarios.faults import FAULTS
from mock_server.scenarios.names import (
    HEADER,
    NO_DIRECTIVE,
    URL_PARAMETER,
    Directive,
    UnknownScenario,
    input_urls,
    scenario_for_download,
    selected_by_header,
    selected_by_url_or_key,
)
from mock_server.scenarios.rules import NO_RULES, Rule, Ruleset, no_file
from mock_server.scenarios.variants import NO_EFFECTS
from mock_server.settings import Settings
from mock_server.simulation.call import Call, Reply
from mock_server.simulation.clock import Clock
from mock_server.simulation.queue import Queue
from mock_server.stages import Answer, Caller, Refused, Request
from mock_server.stores.records import Tenant
from mock_server.stores.session import NO_RECORD, Session

UNKNOWN_SCENARIO = "UnknownScenario"  # the code of an answer that no service gives


class ApiResponder:
    """The stages of a call to the API.

    content: the seed of boxes and audio lengths. file: the rules and variants of the server's
    scenario file at a given time. Raises VariantError if the settings name an unknown variant."""

    def __init__(
        self,
        spec: Spec,
        settings: Settings,
        callers: Callers,
        content: bytes,
        file: Callable[[float], Ruleset],
    ) -> None:
        self.validator = Validator(spec)
        self._spec = spec
        self._callers = callers
        self._content = content
        self._file = file
        self._clock = settings.clock
        self._is_limited = settings.limits == "documented"
        self._queues = {
            name: Queue.of(settings.concurrency or model.concurrency)
            for name, model in spec.video_models.items()
        }
        self.responses = Responses(spec)
        self._variants = variants.check(spec, dict(settings.variants))
        self._effects = lru_cache(maxsize=256)(lambda chosen: variants.effects(spec, dict(chosen)))

    def caller(self, call: Call) -> Caller:
        return self._callers.of(call.headers)

    def set_up(self, session: Session, real: float) -> None:
        """Make the record of a new tenant. Its clock starts at the machine's time."""
        if session.record is NO_RECORD:
            rate, skip = self._clock
            session.record = Tenant(Clock(real, real, rate, skip), self._queues, began=real)

    def variants_of(self, tenant: Tenant, real: float) -> dict[str, str]:
        """The variants of a tenant: its own before those of the file before those of the server."""
        return {**self._variants, **self._file(real).variants, **tenant.variants}

    def validate(self, call: Call, caller: Caller, session: Session, real: float) -> Request:
        """Check the call in the order of the service: key, path, rate, headers, body, query,
        account. The first violation refuses it."""
        check = self.validator
        if session.record is NO_RECORD and caller.refusal is None:
            self.set_up(session, real)
        record, effects = session.record, NO_EFFECTS
        now = record.clock.now(real)
        if self._variants or record.variants or self._file is not no_file:
            chosen = self.variants_of(record, real)
            effects = self._effects(tuple(sorted(chosen.items())))
        operation: Operation | None = None
        path_value, body = "", None
        query: dict[str, Any] = {}
        urls: list[str] = []
        ending = violation = near_miss = None
        is_refused, source = False, ""
        try:
            if caller.refusal is not None:
                raise Refused(caller.refusal)
            operation, path_value = check.route(call)
            if self._is_limited:
                take_token(session, operation, now)
            check.headers(operation, call)
            body = check.json(operation, call)
            ending, violation = check.body(operation, body, effects)
            if operation.query:
                query = check.query(operation, call.query)
            if body is not None:
                urls = input_urls(body)
                unreachable, near_miss = check.urls(operation, call, body, urls, effects)
                ending = unreachable or ending
                if record.account.free_only or record.account.balance is not None:
                    check_account(self._spec, session, body["model"], now)
        except Refused as refused:
            is_refused, violation, source = True, refused.violation, refused.source
            near_miss = refused.near_miss or near_miss
        request_id = self._callers.request_id(session)  # takes a number of the tenant
        return Request(
            call, real, now, request_id, caller, effects, operation,
            path_value, query, body, urls, violation, is_refused, ending, source, near_miss,
        )  # fmt: skip

    def decide(self, request: Request, session: Session) -> Directive:
        """Choose what a scenario asks for."""
        if request.is_refused:
            return NO_DIRECTIVE
        directive, file = NO_DIRECTIVE, NO_RULES.rules
        if self._file is not no_file:
            file = self._file(request.real).rules
        if (
            session.record.rules
            or file
            or HEADER in request.call.headers
            or request.caller.by_key.name
            or (request.urls and URL_PARAMETER in " ".join(request.urls))
        ):  # otherwise no scenario can apply: most calls end here, after 0.3 us
            try:
                directive = self._chosen(request, session, file)
            except UnknownScenario as unknown:
                return Directive(unknown=why_unknown(self._spec, unknown, request))
        return failing(directive, request.ending) if request.ending else directive

    def _chosen(self, request: Request, session: Session, file: tuple[Rule, ...]) -> Directive:
        operation = request.operation
        assert operation
        skips = session.record.clock.skip and operation.id == "getTask"
        status = partial(state_shown, session, skips, request.path_value, request.now)
        selections = list(selected_by_url_or_key(request.urls, request.caller.by_key.name))
        directive = decide(self._spec, request, session, operation, selections, file, status)
        check_ending(directive, named_model(request.body))
        if not self._spec.creates_tasks(operation.id):
            return directive
        selections[:0] = selected_by_header(request.call.headers)
        return directive._replace(download=scenario_for_download(self._spec, selections))

    def operate(self, request: Request, directive: Directive, session: Session) -> Answer:
        """Carry out the operation, unless the call is refused or a scenario prevents it."""
        operation, fault, outcome = request.operation, directive.fault, directive.answer
        if request.is_refused and request.violation:
            return self.responses.refusal(request, request.violation)
        if directive.unknown:
            facts = {"code": UNKNOWN_SCENARIO, "message": directive.unknown}
            violation = Violation("", "", "", directive.unknown)
            return Answer(own(400), facts, request.now, violation=violation)
        assert operation
        if fault and not (outcome or FAULTS[fault.kind].carried_out):
            return Answer(None, {}, request.now)
        if outcome and outcome.status != 200:
            return self._varied(request, Answer(outcome, {}, request.now))
        secret = self._callers.secret_of(session.tenant_id)
        try:
            answer = HANDLERS[operation.id](
                OperationInput(self._spec, self._content, secret, operation, session, request,
                               directive)
            )  # fmt: skip
        except Refused as refused:
            return self.responses.refusal(request, refused.violation)
        return self._varied(request, answer) if request.effects.answers else answer

    def _varied(self, request: Request, answer: Answer) -> Answer:
        """The answer with the outcome that a variant gives in place of its own."""
        effects, outcome = request.effects, answer.outcome
        name = effects.answers.get(outcome.name) if outcome else None
        if name is None:
            return answer
        return replace(answer, outcome=self._spec.outcomes[name], source=effects.source(name))

    def render(
        self, request: Request, directive: Directive, answer: Answer, session: Session
    ) -> Reply:
        """Render the answer to bytes, with the scenario's fault."""
        reply = self.responses.render(request, answer)
        if not directive.name or answer.violation is not None:
            return reply
        secret = self._callers.secret_of(session.tenant_id)
        return with_fault(reply, request, directive, answer.now, session, secret)

    def forget(self, tenant_id: str) -> None:
        """Drop what is kept of a tenant outside of the store: nothing."""
