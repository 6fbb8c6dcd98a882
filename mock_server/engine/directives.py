"""Chooses the directive of a call. The first match in this list wins: the call's header, the
tenant's rules, an input URL, the suffix of the key, the server's file. Pure."""

from __future__ import annotations

from collections.abc import Callable

from contracts.spec.loader import Operation, Spec
from mock_server.journal.redact import without_secrets
from mock_server.scenarios.keys import suggestions
from mock_server.scenarios.names import (
    NO_DIRECTIVE,
    Directive,
    Selection,
    UnknownScenario,
    choose_directive,
    directive_of_rule,
    selected_by_header,
)
from mock_server.scenarios.rules import CallFacts, Counters, Match, Rule, count_fired, first_match
from mock_server.stages import Request
from mock_server.stores.session import Session


def decide(
    spec: Spec, request: Request, session: Session, operation: Operation,
    selections: list[Selection], file: tuple[Rule, ...], status: Callable[[], str],
) -> Directive:  # fmt: skip
    """The directive of the call. The rules that match it are counted in the session.

    selections: scenarios that the tenant's rules override. status: the state of the call's task.
    Raises UnknownScenario if any of them, also one that would not win, names an unknown
    scenario."""
    header = choose_directive(spec, operation, selected_by_header(request.call.headers))
    weaker = choose_directive(spec, operation, selections)
    tenant = session.record
    if not tenant.rules and not file:
        return header or weaker or NO_DIRECTIVE
    facts = CallFacts(
        operation.id, request.body, request.call.headers, request.path_value, status, request.now,
        tenant.began,
    )  # fmt: skip
    own, counters = first_match(tenant.rules, tenant.counters, facts)
    served, counters = first_match(file, counters, facts)
    directive, counters = _strongest(spec, operation, header, own, weaker, served, counters)
    session.change(counters=counters)
    return directive


def _strongest(
    spec: Spec, operation: Operation, header: Directive | None, own: Match | None,
    weaker: Directive | None, served: Match | None, counters: Counters,
) -> tuple[Directive, Counters]:  # fmt: skip
    if header is not None:
        return header, counters
    if own is not None:
        return directive_of_rule(spec, operation, own, "rule"), count_fired(counters, own.rule)
    if weaker is not None:
        return weaker, counters
    if served is not None:
        return directive_of_rule(spec, operation, served, "file"), count_fired(
            counters, served.rule
        )
    return NO_DIRECTIVE, counters


def check_ending(directive: Directive, model: str) -> None:
    """Raises UnknownScenario for an ending that tasks of this model cannot have."""
    ending = directive.ending
    if ending and ending.models and model not in ending.models:
        raise UnknownScenario(directive.name, [], f"a task of {model} cannot end so")


def failing(directive: Directive, ending: Directive) -> Directive:
    """The directive of a create call whose task must fail: a fault or a 200 does not repair the
    call."""
    if directive.ending or (directive.answer and directive.answer.status != 200):
        return directive
    return directive._replace(ending=ending.ending) if directive.name else ending


def why_unknown(spec: Spec, unknown: UnknownScenario, request: Request) -> str:
    """The error message for an unknown scenario, without any part of an API key. The part behind
    `+` counts as a part of the key."""
    if unknown.name == request.caller.by_key.name:
        unknown = UnknownScenario("", suggestions(spec, request.caller.by_key.name))
    call = request.call
    return without_secrets(str(unknown), call.headers, call.query, public=unknown.similar)
