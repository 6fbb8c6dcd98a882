"""Which scenario a call gets, of all that ask for one. The precedence, the strongest first: the
call's header, the tenant's rules, an input URL, the key's suffix, the server's file. Pure."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from contracts.spec.loader import Operation, Spec
from mock_server.journal.redact import without_secrets
from mock_server.scenarios.keys import suggestions
from mock_server.scenarios.names import (
    HEADER,
    NOTHING,
    URL_PARAMETER,
    Asked,
    Choice,
    UnknownScenario,
    asked_before_rules,
    choose,
    choose_by_rule,
)
from mock_server.scenarios.rules import Hit, Rule, Seen, Tally, fire, pick
from mock_server.stores.protocol import Tenant
from mock_server.stores.session import Request


def asks(request: Request, tenant: Tenant, urls: list[str], file: tuple[Rule, ...]) -> bool:
    """Whether anything may ask for a scenario. Most calls end here: 0.3 us."""
    return bool(
        tenant.rules
        or file
        or HEADER in request.call.headers
        or request.by_key.name
        or (urls and URL_PARAMETER in " ".join(urls))
    )


def decide(
    spec: Spec, request: Request, tenant: Tenant, operation: Operation, asked: list[Asked],
    file: tuple[Rule, ...], status: Callable[[], str],
) -> tuple[Choice, Tenant]:  # fmt: skip
    """What becomes of the call, and the tenant's record with every rule that counted it. asked:
    what is weaker than the tenant's rules. Raises UnknownScenario for any name that does not exist,
    also a weaker one's."""
    header = choose(spec, operation, asked_before_rules(request.call.headers))
    weaker = choose(spec, operation, asked)
    if not tenant.rules and not file:
        return header or weaker or NOTHING, tenant
    task_id = request.path_value or request.task_id
    seen = Seen(
        operation.id, request.body, request.call.headers, task_id, status, request.now, tenant.began
    )
    own, tally = pick(tenant.rules, tenant.tally, seen)
    served, tally = pick(file, tally, seen)
    choice, tally = _strongest(spec, operation, header, own, weaker, served, tally)
    return choice, replace(tenant, tally=tally)


def _strongest(
    spec: Spec, operation: Operation, header: Choice | None, own: Hit | None,
    weaker: Choice | None, served: Hit | None, tally: Tally,
) -> tuple[Choice, Tally]:  # fmt: skip
    if header is not None:
        return header, tally
    if own is not None:
        return choose_by_rule(spec, operation, own, "rule"), fire(tally, own.rule)
    if weaker is not None:
        return weaker, tally
    if served is not None:
        return choose_by_rule(spec, operation, served, "file"), fire(tally, served.rule)
    return NOTHING, tally


def in_spite(choice: Choice, fate: Choice | None) -> Choice:
    """The choice for a creation whose task is to fail: a fault or a 200 do not mend the call."""
    if fate is None or choice.fate or (choice.answer and choice.answer.status != 200):
        return choice
    return choice._replace(fate=fate.fate) if choice.name else fate


def why_unknown(spec: Spec, unknown: UnknownScenario, request: Request) -> str:
    """The error's text for a client, without any part of a key: what stands behind its `+` is one,
    too."""
    if unknown.name == request.by_key.name:
        unknown = UnknownScenario("", suggestions(spec, request.by_key.name))
    call = request.call
    return without_secrets(str(unknown), call.headers, call.query, public=unknown.near_by)
