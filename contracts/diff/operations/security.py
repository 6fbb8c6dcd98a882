"""Compares security schemes and the security requirements of operations."""

from __future__ import annotations

from msgspec import UNSET

from contracts.diff.changes.change import Differences, SpecDifference
from contracts.diff.changes.document import Node, Pair
from contracts.diff.changes.effects import Effect, Side
from contracts.diff.operations.extensions import REFUSALS
from contracts.diff.schemas.fields import (
    PROSE,
    FieldComparer,
    compare_fields,
    prose,
    value_comparer,
)
from contracts.diff.schemas.value_effects import (
    always_changed,
    always_cosmetic,
    always_noted,
    opaque_constraint,
)

# One alternative of a `security` list: its schemes, and its scopes as `SCHEME SCOPE`.
Requirement = frozenset[str]


def security_schemes(root: Pair, side: Side) -> Differences:
    """Compare the security schemes that operations require. An added or removed scheme is a
    difference only if the other document requires it too."""
    old, new = (_required_schemes(node) for node in root)
    for scheme in root.get("components").get("securitySchemes").each():
        name = scheme.shown.name
        if scheme.in_both and name in old | new:
            yield from compare_fields(scheme, _SCHEME, side)
        elif not scheme.in_both and name in (new if scheme.old.exists else old):
            verb = "added" if scheme.new.exists else "removed"
            text = f"{name} is required by both documents, but only one defines it"
            yield SpecDifference(scheme, "security-scheme", Effect.CHANGED, side, text, verb=verb)


def _required_schemes(root: Node) -> set[str]:
    """The names of the schemes that the document or one of its operations requires."""
    items = root.get("paths").fields().values()
    operations = [inner for item in items for inner in item.fields().values()]
    lists = [node.get("security") for node in (root, *operations)]
    return {name for each in lists for requirement in each.items() for name in requirement.fields()}


def _case_insensitive(pair: Pair, side: Side) -> Differences:
    old, new = (str(node.value).lower() for node in pair)
    if old != new:
        yield from value_comparer(always_changed, UNSET)(pair, side)


def _flows(pair: Pair, side: Side) -> Differences:
    for flow in pair.each():
        yield from compare_fields(flow, {"scopes": _scopes}, side)


def _scopes(pair: Pair, side: Side) -> Differences:
    """Compare the available scopes and their descriptions. Required scopes are compared in
    SecurityRequirements."""
    for scope in pair.each():
        effect_of = always_cosmetic if scope.in_both else always_noted
        yield from value_comparer(effect_of, UNSET)(scope, side)


_SCHEME: dict[str, FieldComparer] = {
    "scheme": _case_insensitive,
    "flows": _flows,
    "bearerFormat": prose,
    "x-key-pattern": value_comparer(opaque_constraint),
    "x-refusals": REFUSALS,
}


class SecurityRequirements:
    """Compares the security requirements of operations. root: both documents."""

    def __init__(self, root: Pair) -> None:
        self._common = root.get("security")
        self._old_names = _renamed_schemes(root.get("components").get("securitySchemes"))

    def differences(self, own: Pair, side: Side) -> Differences:
        """Compare the requirements of an operation. own: its `security`; without one, the
        `security` of the document applies. Fewer requirements allow more calls."""
        pair = Pair(*(n if n.exists else c for n, c in zip(own, self._common, strict=True)))
        old, new = _requirements(pair.old, {}), _requirements(pair.new, self._old_names)
        effect = Effect.NONE
        if not all(any(now <= was for now in new) for was in old):
            effect |= Effect.NARROWED
        if not all(any(was <= now for was in old) for now in new):
            effect |= Effect.WIDENED
        if effect:
            yield SpecDifference(pair, "security", effect, side)


def _requirements(node: Node, old_names: dict[str, str]) -> list[Requirement]:
    """The alternatives of a `security` list; a call must satisfy one of them. An empty list allows
    every call."""
    found = []
    for requirement in node.items():
        parts = set()
        for name, scopes in requirement.fields().items():
            scheme = old_names.get(name, name)
            parts |= {scheme, *(f"{scheme} {scope.value}" for scope in scopes.items())}
        found.append(frozenset(parts))
    return found or [frozenset()]


def _renamed_schemes(schemes: Pair) -> dict[str, str]:
    """The old name of each new scheme that equals a removed one."""
    old, new = (node.fields() for node in schemes)
    return {
        name: removed
        for name in new.keys() - old.keys()
        for removed in old.keys() - new.keys()
        if Pair(old[removed], new[name]).is_same(PROSE)
    }
