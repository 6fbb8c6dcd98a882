"""Compares the parameters of an operation: finds added, removed, moved and renamed ones. Their
schemas are compared in payloads."""

from __future__ import annotations

import re
from itertools import chain
from typing import NamedTuple

from msgspec.structs import replace

from contracts.diff.changes.change import Differences, SpecDifference, effect_of
from contracts.diff.changes.document import Node, Pair
from contracts.diff.changes.effects import Effect
from contracts.diff.changes.matching import rename_hints
from contracts.diff.operations.payloads import Payloads, lone_part
from contracts.spec.document import PARAMETER_KEYS

# Headers that OpenAPI ignores as parameters, in lower case: it describes them elsewhere.
_IGNORED_HEADERS = {"accept", "content-type", "authorization"}


class ParameterKey(NamedTuple):
    """The identity of a parameter. location: its `in`. name: its name; of a header in lower case,
    of a path parameter its position in the path."""

    location: str
    name: str


def parameters(payloads: Payloads, item: Pair, own: Pair) -> Differences:
    """Compare the parameters of an operation. item: its path item, own: the operation."""
    old, new = (_by_key(*nodes) for nodes in zip(item, own, strict=True))
    moved = _moved(old, new)
    hints = _hints(payloads, old, new)
    for key in [k for k in dict.fromkeys([*old, *new]) if k not in moved.values()]:
        was, now = (node.get("parameters").absent("-") for node in own)
        pair = Pair(old.get(key) or was, new.get(moved.get(key, key)) or now)
        name = pair.shown.get("name").value
        if pair.in_both:
            found = [*payloads.parameter(pair, "request"), *_moves_and_renames(pair)]
        else:
            text = f"parameter {name} was {'added' if pair.new.exists else 'removed'}"
            lone = lone_part(pair, "parameter", "request")
            found = [replace(lone, text=text, hint=hints.get(key, ""))]
        use = f"{key.location} {name}"
        yield from (difference.in_use(use) for difference in found)


def _by_key(item: Node, operation: Node) -> dict[ParameterKey, Node]:
    """The parameters that apply to an operation, and its x-forbidden-headers. A parameter of the
    operation replaces the same one of the path item."""
    positions = re.findall(r"{([^{}]*)}", item.name)
    found = {}
    lists = item.get("parameters"), *(operation.get(key) for key in PARAMETER_KEYS)
    for node in chain.from_iterable(each.items() for each in lists):
        location, name = str(node.get("in").value), str(node.get("name").value)
        if location == "header" and name.lower() in _IGNORED_HEADERS:
            continue
        if location == "path" and name in positions:
            key = ParameterKey(location, str(positions.index(name)))
        else:
            key = ParameterKey(location, name.lower() if location == "header" else name)
        found[key] = node
    return found


def _moves_and_renames(pair: Pair) -> Differences:
    """The differences of a parameter's `in` and `name`. A path parameter may be renamed: it keeps
    its position, but generated code uses its name."""
    for keyword, verb, text in (
        ("in", "moved", "the parameter is sent in a different place"),
        ("name", "renamed", "generated code uses the name"),
    ):
        field = pair.get(keyword)
        old, new = (_comparable(node.value, pair) for node in field)
        if field.in_both and old != new:
            yield SpecDifference(field, "parameter", Effect.CHANGED, "request", text, verb=verb)


def _comparable(value: object, pair: Pair) -> str:
    """A name or location as text; in lower case if the parameter is or was a header."""
    is_header = any(node.get("in").value == "header" for node in pair)
    return str(value).lower() if is_header else str(value)


def _moved(
    old: dict[ParameterKey, Node], new: dict[ParameterKey, Node]
) -> dict[ParameterKey, ParameterKey]:
    """The new key of each removed parameter whose name was added in a different location."""
    added = [key for key in new if key not in old]
    removed = [key for key in old if key not in new and key.location != "path"]
    return {key: target for key in removed for target in added if _has_moved(key, target)}


def _has_moved(removed: ParameterKey, added: ParameterKey) -> bool:
    is_header = "header" in (removed.location, added.location)
    names = {key.name.lower() if is_header else key.name for key in (removed, added)}
    return removed.location != added.location and len(names) == 1


def _hints(
    payloads: Payloads, old: dict[ParameterKey, Node], new: dict[ParameterKey, Node]
) -> dict[ParameterKey, str]:
    """A hint for each parameter that may have been renamed in its location."""
    hints: dict[ParameterKey, str] = {}
    for location in ("query", "header", "cookie"):

        def is_equal(removed: str, added: str, location: str = location) -> bool:
            pair = Pair(old[ParameterKey(location, removed)], new[ParameterKey(location, added)])
            return not effect_of(payloads.parameter(pair, "request"))

        was, now = ([k.name for k in keys if k.location == location] for keys in (old, new))
        found = rename_hints(was, now, is_equal)
        hints.update((ParameterKey(location, name), hint) for name, hint in found.items())
    return hints
