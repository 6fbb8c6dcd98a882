"""Answers downloads of results as the object store does: the path names tenant and task, and no key
is sent."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from urllib.parse import unquote

from contracts.spec.loader import Spec
from contracts.spec.validation import Violation
from mock_server.engine.callers import Callers
from mock_server.engine.directives import decide, why_unknown
from mock_server.engine.operations import object_store
from mock_server.engine.operations.results import is_signed, open_result, place
from mock_server.engine.operations.tasks import state_shown
from mock_server.engine.with_fault import with_fault
from mock_server.scenarios.names import (
    HEADER,
    NO_DIRECTIVE,
    Directive,
    Selection,
    UnknownScenario,
)
from mock_server.scenarios.rules import Ruleset
from mock_server.simulation.call import Call, Reply
from mock_server.stages import ANONYMOUS, Answer, Caller, Request
from mock_server.stores.protocol import Store
from mock_server.stores.session import Session


class DownloadResponder:
    """The stages of a download. A URL that was not signed for the tenant does not count as a call
    of the tenant, so that strangers cannot fill its journal."""

    def __init__(
        self, spec: Spec, store: Store, callers: Callers, file: Callable[[float], Ruleset]
    ) -> None:
        self._spec = spec
        self._store = store
        self._callers = callers
        self._file = file

    def caller(self, call: Call) -> Caller:
        where = place(call.path)
        if where is None or not is_signed(self._secret(call), call.path, call.query):
            return Caller()
        with self._store.tenant(where.tenant) as session:
            return Caller() if session.is_new else Caller(where.tenant)

    def validate(self, call: Call, caller: Caller, session: Session, real: float) -> Request:
        where, now = place(call.path), session.record.clock.now(real)
        task_id = unquote(where.task_id) if where and caller.tenant_id != ANONYMOUS else ""
        request_id = self._callers.request_id(session)
        return Request(
            call, real, now, request_id, caller, operation=self._spec.result, path_value=task_id
        )

    def decide(self, request: Request, session: Session) -> Directive:
        """Choose the directive by the header, by rules for downloads, or by the scenario of the
        create call of the task."""
        task = session.task(request.path_value)
        selections = [Selection("task", task.download)] if task and task.download else []
        file = self._file(request.real).rules if request.caller.tenant_id != ANONYMOUS else ()
        is_selected = HEADER in request.call.headers and request.caller.tenant_id != ANONYMOUS
        if not (selections or session.record.rules or file or is_selected):
            return NO_DIRECTIVE
        status = partial(state_shown, session, False, request.path_value, request.now)
        try:
            directive = decide(
                self._spec, request, session, self._spec.result, selections, file, status
            )
        except UnknownScenario as unknown:
            return Directive(unknown=why_unknown(self._spec, unknown, request))
        is_over = (
            directive.source == "task" and task and directive.is_over(request.now - task.ended)
        )
        return NO_DIRECTIVE if is_over else directive

    def operate(self, request: Request, directive: Directive, session: Session) -> Answer:
        if directive.unknown:
            violation = Violation("", "", "", directive.unknown)
            return Answer(None, {}, request.now, violation=violation)
        call = request.call
        found = open_result(self._secret(call), call.path, call.query, request.now)
        outcome = object_store.outcome_of(self._spec.result, call, directive.answer, found)
        return Answer(outcome, {"found": found}, request.now)

    def render(
        self, request: Request, directive: Directive, answer: Answer, session: Session
    ) -> Reply:
        if answer.outcome is None:
            return object_store.unknown_scenario(directive.unknown, request)
        reply = object_store.render(answer.outcome, answer.facts["found"], request)
        if not directive.name:
            return reply
        secret = self._callers.secret_of(session.tenant_id)
        return with_fault(reply, request, directive, request.now, session, secret)

    def forget(self, tenant_id: str) -> None:
        """Drop what is kept of a tenant outside of the store: nothing."""

    def _secret(self, call: Call) -> bytes:
        where = place(call.path)
        return self._callers.secret_of(where.tenant if where else ANONYMOUS)
