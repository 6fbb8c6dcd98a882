"""Shows and sets a tenant's scenarios, variants and account, and shows the cost of its calls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec.json import encode
from msgspec.structs import replace

from mock_server.control.request import ControlError, ControlRequest, number
from mock_server.engine import quotas
from mock_server.scenarios import variants as chosen
from mock_server.scenarios.rules import Counters, Rule, Ruleset, counters_of
from mock_server.simulation.billing import Used
from mock_server.stores.records import Tenant
from mock_server.stores.session import Session

MOST_RULES = 1000
MOST_BYTES = 1 << 20  # of the rules of one key, as JSON
MOST_BYTES_OF_ALL = 16 << 20  # of all keys; Python objects take up to 15 times as much
ACCOUNT_HELP = 'give {"balance": CNY or null} or {"free_only": true or false}, or both'


def scenarios(request: ControlRequest) -> dict[str, Any]:
    """Shows the key's rules, how often each matched and decided, and the unused ones."""
    with request.session() as session:
        return _scenarios(request, session)


def _scenarios(request: ControlRequest, session: Session) -> dict[str, Any]:
    record, served = session.record, request.engine.file(request.real).rules
    shown = _shown(record.rules, record.counters), _shown(served, record.counters)
    unused = [rule["name"] for rules in shown for rule in rules if not rule["fired"]]
    return {"scenarios": shown[0], "file": shown[1], "unused": unused}


def add_scenarios(request: ControlRequest) -> dict[str, Any]:
    """Adds rules: one, a list, or rules and variants."""
    with request.session() as session:
        return _set(request, session, list(session.record.rules))


def set_scenarios(request: ControlRequest) -> dict[str, Any]:
    """Replaces the rules. Rules that stay keep their counters."""
    with request.session() as session:
        return _set(request, session, [])


def drop_scenarios(request: ControlRequest) -> dict[str, Any]:
    """Deletes the rules, and shows which never decided a call."""
    with request.session() as session:
        before = _scenarios(request, session)
        session.record = _with_rules(request, session.record, ())
    return {"dropped": [rule["name"] for rule in before["scenarios"]], "unused": before["unused"]}


def _set(request: ControlRequest, session: Session, before: list[Rule]) -> dict[str, Any]:
    record = session.record
    new = _compiled(request, record.clock.now(request.real), len(before))
    if len(before) + len(new.rules) > MOST_RULES:
        raise ControlError(f"a key has at most {MOST_RULES} scenarios; DELETE some first")
    names = [rule.name for rule in before]
    for rule in new.rules:
        if rule.name in names:
            raise ControlError(f"there is a scenario {rule.name!r}; rename it, or PUT all")
    began = {rule.id: rule.began for rule in record.rules}
    rules = [*before, *(replace(r, began=began.get(r.id, r.began)) for r in new.rules)]
    changed = _with_rules(request, record, tuple(rules))
    others = request.engine.store.rule_bytes() - record.rule_bytes
    _check_size(changed.rule_bytes, others)
    session.record = replace(changed, variants={**record.variants, **new.variants})
    return _scenarios(request, session)


def _with_rules(request: ControlRequest, record: Tenant, rules: tuple[Rule, ...]) -> Tenant:
    """The record with these rules. The counters of these and of the file's rules stay."""
    ids = {rule.id for rule in (*rules, *request.engine.file(request.real).rules)}
    counters = counters_of(record.counters, ids)
    size = sum(len(encode(rule.source)) for rule in rules)
    return replace(record, rules=rules, rule_bytes=size, counters=counters)


def _check_size(size: int, others: int) -> None:
    if size > MOST_BYTES:
        raise ControlError("the scenarios of a key have at most 1 MiB; DELETE some first")
    if others + size > MOST_BYTES_OF_ALL:
        raise ControlError(
            "the scenarios of all keys have at most 16 MiB; DELETE those of keys that no longer "
            "need them, or start another fake"
        )


def _compiled(request: ControlRequest, now: float, before: int) -> Ruleset:
    from mock_server.scenarios.rule_compile import RuleError, compile_ruleset, complete_document

    value, prefix = complete_document(request.body)
    try:
        return compile_ruleset(request.engine.spec, value, now, before)
    except RuleError as error:
        problems = (p._replace(pointer=p.pointer.removeprefix(prefix)) for p in error.problems)
        raise ControlError("; ".join(f"{p.pointer or '/'}: {p.text}" for p in problems)) from None


def _shown(rules: Iterable[Rule], counters: Counters) -> list[dict[str, Any]]:
    return [
        {
            "name": rule.name,
            "matched": counters.matched.get(rule.id, 0),
            "fired": counters.fired.get(rule.id, 0),
            "rule": rule.source,
        }
        for rule in rules
    ]


def variants(request: ControlRequest) -> dict[str, Any]:
    """Shows each contradiction of the documentation, and which side is served."""
    engine = request.engine
    with request.session() as session:
        in_effect = engine.variants_of(session.record, request.real)
    return {
        name: {
            "summary": variant.summary,
            "chosen": in_effect.get(name, variant.default),
            "choices": {name: choice.summary for name, choice in variant.choices.items()},
        }
        for name, variant in engine.spec.variants.items()
    }


def set_variants(request: ControlRequest) -> dict[str, Any]:
    """Chooses sides: {"NAME": "CHOICE"}. The others are as the server was started."""
    try:
        chosen.check(request.engine.spec, request.arguments)
    except chosen.VariantError as error:
        raise ControlError(str(error)) from None
    with request.session() as session:
        session.change(variants=dict(request.arguments))
    return variants(request)


def account(request: ControlRequest) -> dict[str, Any]:
    """Shows the balance of the key."""
    with request.session() as session:
        return _account(session)


def _account(session: Session) -> dict[str, Any]:
    found = session.record.account
    return {"balance": found.balance, "free_only": found.free_only}


def set_account(request: ControlRequest) -> dict[str, Any]:
    """Sets the balance of the key.

    `balance`: CNY to spend before Arrearage; null for no limit. `free_only`: only the free quota,
    then AllocationQuota.FreeTierOnly."""
    given = request.arguments
    if not given or given.keys() - {"balance", "free_only"}:
        raise ControlError(ACCOUNT_HELP)
    with request.session() as session:
        found = session.record.account
        balance = given.get("balance", found.balance)
        free_only = given.get("free_only", found.free_only)
        if balance is not None and number("balance", balance) < 0:
            raise ControlError(f"balance {balance} is below 0; 0 refuses every call that costs")
        if not isinstance(free_only, bool):
            raise ControlError(ACCOUNT_HELP)
        session.change(account=replace(found, balance=balance, free_only=free_only))
        return _account(session)


def usage(request: ControlRequest) -> dict[str, Any]:
    """Shows the cost of the calls so far."""
    with request.session() as session:
        now = session.record.clock.now(request.real)
        rows = quotas.usage(request.engine.spec, session, now)
    total = round(sum(row.cost for row in rows), 6)
    return {"currency": "CNY", "total": total, "models": [_row(row) for row in rows]}


def _row(row: Used) -> dict[str, Any]:
    ratio = {"ratio": row.ratio} if row.ratio else {}
    quantity = round(row.quantity, 6)
    return {
        "model": row.model, "unit": row.unit, **ratio,
        "quantity": quantity, "price": row.price, "cost": row.cost,
    }  # fmt: skip
