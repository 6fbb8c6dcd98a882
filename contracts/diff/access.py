"""Compares the servers of an operation, and the security that it requires."""

from __future__ import annotations

from msgspec.structs import replace

from contracts.diff.changes import Differences, Effect, SpecDifference, added_or_removed
from contracts.diff.document import MISSING, Node, Pair
from contracts.diff.meanings import (
    CHANGED,
    COSMETIC,
    NOT_JUDGED,
    PROSE,
    Meaning,
    Table,
    allowed_set,
    compare_fields,
    constraint,
    each_object,
    ignoring_case,
)
from contracts.diff.service import REFUSALS

# One alternative of a `security` list: its schemes, and its scopes as `SCHEME SCOPE`.
Requirement = frozenset[str]


def servers(pair: Pair) -> Differences:
    """Compare `servers`. Their order has no meaning. An added server breaks nobody, because no
    client has to use it; so it is compared like an optional part of an answer."""
    old, new = ({str(s.get("url").value): s for s in node.items()} for node in pair)
    for url in old | new:
        server = Pair(old.get(url, MISSING), new.get(url, MISSING))
        if server.in_both:
            yield from compare_fields(server, _SERVER, "answer")
        elif url != "/" or (old and new):  # without servers, OpenAPI assumes "/"
            yield added_or_removed(server, "server", "answer", "")


def security(pair: Pair) -> Differences:
    """Compare `security`, and the schemes that it requires. It allows fewer calls if an old
    alternative has none among the new ones that demands no more."""
    schemes = Pair(*(node.document.root for node in pair)).get("components").get("securitySchemes")
    renamed = _old_names(schemes)
    old, new = _requirements(pair.old, {}), _requirements(pair.new, renamed)
    lost = {was for was in old if not any(now <= was for now in new)}
    gained = {now for now in new if not any(was <= now for was in old)}
    effect = allowed_set(lost, gained)
    if effect:
        yield SpecDifference(pair, "security", effect, "request")
    was, now = set().union(*old), set().union(*new)
    for name in sorted((was | now) - {*renamed.values()}):
        scheme = schemes.get(name)
        if scheme.in_both:
            is_header = scheme.shown.get("in").value == "header"
            table = {**_SCHEME, "name": ignoring_case(NOT_JUDGED)} if is_header else _SCHEME
            yield from compare_fields(scheme, table, "request")
        elif scheme.shown.exists and name in was & now:
            lone = added_or_removed(scheme, "security-scheme", "request", "", Effect.CHANGED)
            text = f"{name} is required by both documents, but only one defines it"
            yield replace(lone, text=text)


def _requirements(node: Node, old_names: dict[str, str]) -> list[Requirement]:
    """The alternatives of a `security` list; a call must satisfy one of them. An empty list allows
    every call."""
    found = []
    for requirement in node.items():
        scopes = {old_names.get(n, n): s.items() for n, s in requirement.fields().items()}
        demands = {f"{scheme} {scope.value}" for scheme, each in scopes.items() for scope in each}
        found.append(frozenset({*scopes, *demands}))
    return found or [frozenset()]


def _old_names(schemes: Pair) -> dict[str, str]:
    """The old name of each new scheme that equals a removed one."""
    old, new = (node.fields() for node in schemes)
    return {
        name: removed
        for name in new.keys() - old.keys()
        for removed in old.keys() - new.keys()
        if Pair(old[removed], new[name]).is_same(PROSE)
    }


_SERVER: Table = {"url": CHANGED, "variables": each_object("variable", {"default": CHANGED})}
_SCHEME: Table = {
    "type": CHANGED,
    "scheme": ignoring_case(CHANGED),
    "bearerFormat": COSMETIC,  # a hint for people
    "x-key-pattern": Meaning(constraint),
    "x-refusals": REFUSALS,
}
