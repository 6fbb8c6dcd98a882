"""What changes in where a service is and in who may call it do. Knows no operation."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import UNSET

from contracts.diff.changes.changes import Found
from contracts.diff.changes.document import Node, Pair, canonical
from contracts.diff.changes.effects import Effect, Side
from contracts.diff.operations.agreements import REFUSALS
from contracts.diff.schemas.judges import noted, other, rule, sets, words
from contracts.diff.schemas.tables import WORDS, Rule, by_table, leaf, lone, text

# What a security requirement demands: schemes, and scopes of schemes.
Demands = frozenset[str]


def servers(pair: Pair, side: Side) -> Iterator[Found]:
    """The rule of the servers; their order says nothing. One more may be called, and need not."""
    del side
    old, new = ({str(s.get("url").value): s for s in node.items()} for node in pair)
    for url in dict.fromkeys([*old, *new]):
        if url == "/" and not (old and new):
            continue  # it is what counts without any
        server = Pair(old.get(url) or pair.old.absent("-"), new.get(url) or pair.new.absent("-"))
        if server.in_both:
            yield from by_table(server, {"variables": _variables}, "answer")
        else:
            yield lone(server, "server", "answer")


def _variables(pair: Pair, side: Side) -> Iterator[Found]:
    for variable in pair.each():
        yield from by_table(variable, {"enum": _choices, "default": leaf(other, UNSET)}, side)


def _choices(pair: Pair, side: Side) -> Iterator[Found]:
    """What a variable of a server may be."""
    old, new = (set(map(canonical, n.value)) if isinstance(n.value, list) else None for n in pair)
    offered = {Effect.NARROWED: Effect.WITHDRAWN, Effect.WIDENED: Effect.OFFERED}
    effect = Effect.NONE
    for flag in sets(old, new):
        effect |= offered[flag]
    if effect:
        yield Found(pair, "server-variable", effect, side)


def schemes(root: Pair, side: Side) -> Iterator[Found]:
    """The differences of the security schemes that a call may have to follow; one that is new or
    gone counts where it is demanded."""
    old, new = (_demanded(node) for node in root)
    for scheme in root.get("components").get("securitySchemes").each():
        name = scheme.shown.name
        if scheme.in_both and name in old | new:
            yield from by_table(scheme, _SCHEME, side)
        elif not scheme.in_both and name in (new if scheme.old.is_there else old):
            how = "added" if scheme.new.is_there else "removed"
            said = f"{name} is demanded, and only one of the two says what it is"
            yield Found(scheme, "security-scheme", Effect.CHANGED, side, said, how=how)


def _demanded(root: Node) -> set[str]:
    """The names of the schemes that any operation may demand."""
    items = root.get("paths").fields().values()
    operations = [inner for item in items for inner in item.fields().values()]
    lists = [node.get("security") for node in (root, *operations)]
    return {name for demands in lists for way in demands.items() for name in way.fields()}


def _spelled(pair: Pair, side: Side) -> Iterator[Found]:
    """The rule of what means the same in any case."""
    old, new = (str(node.value).lower() for node in pair)
    if old != new:
        yield from leaf(other, UNSET)(pair, side)


def _flows(pair: Pair, side: Side) -> Iterator[Found]:
    for flow in pair.each():
        yield from by_table(flow, {"scopes": _scopes}, side)


def _scopes(pair: Pair, side: Side) -> Iterator[Found]:
    """What may be asked for, each with words for people; what is demanded is said elsewhere."""
    for scope in pair.each():
        yield from leaf(words if scope.in_both else noted, UNSET)(scope, side)


_SCHEME: dict[str, Rule] = {
    "scheme": _spelled,
    "flows": _flows,
    "bearerFormat": text,
    "x-key-pattern": leaf(rule),
    "x-refusals": REFUSALS,
}


class Security:
    """Who may call. root: both documents."""

    def __init__(self, root: Pair) -> None:
        self._common = root.get("security")
        self._names = _aliases(root.get("components").get("securitySchemes"))

    def differences(self, own: Pair, side: Side) -> Iterator[Found]:
        """What an operation demands: what it says itself, else what the document says. To demand
        less is to allow more."""
        pair = Pair(*(n if n.is_there else c for n, c in zip(own, self._common, strict=True)))
        old, new = _ways(pair.old, {}), _ways(pair.new, self._names)
        effect = Effect.NONE
        if not all(any(way <= was for way in new) for was in old):
            effect |= Effect.NARROWED
        if not all(any(was <= way for was in old) for way in new):
            effect |= Effect.WIDENED
        if effect:
            yield Found(pair, "security", effect, side)


def _ways(node: Node, names: dict[str, str]) -> list[Demands]:
    """The ways to be let in, any of which will do; without any everybody is."""
    found = []
    for way in node.items():
        demands = set()
        for name, scopes in way.fields().items():
            scheme = names.get(name, name)
            demands |= {scheme, *(f"{scheme} {scope.value}" for scope in scopes.items())}
        found.append(frozenset(demands))
    return found or [frozenset()]


def _aliases(schemes: Pair) -> dict[str, str]:
    """The old name of each new scheme that is an old one under another name."""
    old, new = (node.fields() for node in schemes)
    return {
        name: gone
        for name in new.keys() - old.keys()
        for gone in old.keys() - new.keys()
        if Pair(old[gone], new[name]).is_same(WORDS)
    }
