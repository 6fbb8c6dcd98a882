"""What a tenant's calls are to meet: scenarios, variants, an account; and what they cost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec.json import encode
from msgspec.structs import replace

from mock_server.control.request import Asked, ControlError, number
from mock_server.scenarios import variants as chosen
from mock_server.scenarios.rules import Counters, Rule, Ruleset, counters_of
from mock_server.simulation.billing import Used
from mock_server.stores.protocol import Tenant

MOST_RULES = 1000
MOST_BYTES = 1 << 20  # of the rules of one key, as JSON
MOST_BYTES_OF_ALL = 16 << 20  # of all keys; as Python's objects they are up to 15 times as large
ACCOUNT_HELP = 'give {"balance": CNY or null} or {"free_only": true or false}, or both'


def scenarios(asked: Asked) -> dict[str, Any]:
    """Shows the key's rules, how often each matched and decided, and which never did."""
    record = asked.tenant
    served = asked.engine.file(asked.real).rules
    shown = _shown(record.rules, record.counters), _shown(served, record.counters)
    unused = [rule["name"] for rules in shown for rule in rules if not rule["fired"]]
    return {"scenarios": shown[0], "file": shown[1], "unused": unused}


def add_scenarios(asked: Asked) -> dict[str, Any]:
    """Adds rules: one, a list, or rules and variants."""
    record = asked.tenant
    return _set(asked, list(record.rules))


def set_scenarios(asked: Asked) -> dict[str, Any]:
    """Replaces the rules; those that stay go on counting."""
    return _set(asked, [])


def drop_scenarios(asked: Asked) -> dict[str, Any]:
    """Drops the rules, and says which never decided a call."""
    told = scenarios(asked)
    asked.save(_with_rules(asked, ()))
    return {"dropped": [rule["name"] for rule in told["scenarios"]], "unused": told["unused"]}


def _set(asked: Asked, before: list[Rule]) -> dict[str, Any]:
    record = asked.tenant
    new = _compiled(asked, record.clock.now(asked.real), len(before))
    if len(before) + len(new.rules) > MOST_RULES:
        raise ControlError(f"a key has at most {MOST_RULES} scenarios; DELETE those that are over")
    names = [rule.name for rule in before]
    for rule in new.rules:
        if rule.name in names:
            raise ControlError(f"there is a scenario {rule.name!r}; name it otherwise, or PUT all")
    began = {rule.id: rule.began for rule in record.rules}
    rules = [*before, *(replace(r, began=began.get(r.id, r.began)) for r in new.rules)]
    changed = _with_rules(asked, tuple(rules))
    _check_size(asked, changed.rule_bytes)
    asked.save(replace(changed, variants={**record.variants, **new.variants}))
    return scenarios(asked)


def _with_rules(asked: Asked, rules: tuple[Rule, ...]) -> Tenant:
    """The record with these rules, and what they and the file's counted so far."""
    ids = {rule.id for rule in (*rules, *asked.engine.file(asked.real).rules)}
    counters = counters_of(asked.tenant.counters, ids)
    size = sum(len(encode(rule.source)) for rule in rules)
    return replace(asked.tenant, rules=rules, rule_bytes=size, counters=counters)


def _check_size(asked: Asked, size: int) -> None:
    if size > MOST_BYTES:
        raise ControlError("the scenarios of a key have at most 1 MiB; DELETE those that are over")
    others = asked.engine.store.rule_bytes() - asked.tenant.rule_bytes
    if others + size > MOST_BYTES_OF_ALL:
        raise ControlError(
            "the scenarios of all keys have at most 16 MiB; DELETE those of keys that need them no "
            "longer, or start another fake"
        )


def _compiled(asked: Asked, now: float, before: int) -> Ruleset:
    from mock_server.scenarios.rule_compile import RuleError, compile_ruleset, in_full

    value, put_before = in_full(asked.body)
    try:
        return compile_ruleset(asked.engine.spec, value, now, before)
    except RuleError as error:
        problems = (p._replace(pointer=p.pointer.removeprefix(put_before)) for p in error.problems)
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


def variants(asked: Asked) -> dict[str, Any]:
    """Shows where the documentation contradicts itself, and which side is served."""
    engine = asked.engine
    in_effect = engine.variants_of(asked.tenant, asked.real)
    return {
        name: {
            "summary": variant.summary,
            "chosen": in_effect.get(name, variant.default),
            "choices": {choice: said.summary for choice, said in variant.choices.items()},
        }
        for name, variant in engine.spec.variants.items()
    }


def set_variants(asked: Asked) -> dict[str, Any]:
    """Chooses sides: {"NAME": "CHOICE"}; the others are as for the server."""
    try:
        chosen.check(asked.engine.spec, asked.arguments)
    except chosen.VariantError as error:
        raise ControlError(str(error)) from None
    record = asked.tenant
    asked.save(replace(record, variants=dict(asked.arguments)))
    return variants(asked)


def account(asked: Asked) -> dict[str, Any]:
    """Shows what the key may still spend."""
    found = asked.tenant.account
    return {"balance": found.balance, "free_only": found.free_only}


def set_account(asked: Asked) -> dict[str, Any]:
    """Sets what the key may spend.

    `balance`: CNY that may be spent before Arrearage, null for no end. `free_only`: nothing beyond
    the free quota, then AllocationQuota.FreeTierOnly."""
    given = asked.arguments
    if not given or given.keys() - {"balance", "free_only"}:
        raise ControlError(ACCOUNT_HELP)
    found = asked.tenant.account
    balance = given.get("balance", found.balance)
    free_only = given.get("free_only", found.free_only)
    if balance is not None and number("balance", balance) < 0:
        raise ControlError(f"balance {balance} is below 0; 0 refuses every call that costs")
    if not isinstance(free_only, bool):
        raise ControlError(ACCOUNT_HELP)
    record = asked.tenant
    changed = replace(record.account, balance=balance, free_only=free_only)
    asked.save(replace(record, account=changed))
    return account(asked)


def usage(asked: Asked) -> dict[str, Any]:
    """Shows what the calls would have cost by now."""
    rows = asked.engine.tenants.usage(asked.tenant_id, asked.real)
    total = round(sum(row.cost for row in rows), 6)
    return {"currency": "CNY", "total": total, "models": [_row(row) for row in rows]}


def _row(row: Used) -> dict[str, Any]:
    ratio = {"ratio": row.ratio} if row.ratio else {}
    quantity = round(row.quantity, 6)
    return {
        "model": row.model, "unit": row.unit, **ratio,
        "quantity": quantity, "price": row.price, "cost": row.cost,
    }  # fmt: skip
