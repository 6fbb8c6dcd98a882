"""What changes in the parameters of an operation do: which there are, and where they travel. Knows
nothing of what each may be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from msgspec.structs import replace

from contracts.diff.changes.changes import Found, effect_of
from contracts.diff.changes.document import Node, Pair
from contracts.diff.changes.effects import Effect
from contracts.diff.changes.renames import renames
from contracts.diff.operations.payloads import Payloads, lone_part
from contracts.spec.document import PARAMETER_KEYS

# Headers that are no parameters, in lower case: OpenAPI says these by other means.
_ELSEWHERE = {"accept", "content-type", "authorization"}


class Key(NamedTuple):
    """What a parameter is known by: where it travels, and its name; in a path, its position. The
    case of a header says nothing."""

    where: str
    name: str


def parameters(payloads: Payloads, item: Pair, own: Pair) -> Iterator[Found]:
    """Those of a path item and of an operation of it."""
    old, new = (_keyed(*nodes) for nodes in zip(item, own, strict=True))
    moved = _moved(old, new)
    hints = _renames(payloads, old, new)
    for key in [k for k in dict.fromkeys([*old, *new]) if k not in moved.values()]:
        was, now = (node.get("parameters").absent("-") for node in own)
        pair = Pair(old.get(key) or was, new.get(moved.get(key, key)) or now)
        if pair.in_both:
            found = [*payloads.parameter(pair, "request"), *_names(pair)]
        else:
            how = "new" if pair.new.is_there else "gone"
            said = f"parameter {pair.shown.get('name').value} is {how}"
            lone = lone_part(pair, "parameter", "request")
            found = [replace(lone, text=said, hint=hints.get(key, ""))]
        use = f"{key.where} {pair.shown.get('name').value}"
        yield from (one.of(use) for one in found)


def _keyed(item: Node, operation: Node) -> dict[Key, Node]:
    """The parameters, and the headers that the operation refuses, which say the same elsewhere;
    those of the operation count before those of its path."""
    positions = re.findall(r"{([^{}]*)}", item.name)
    found = {}
    lists = item.get("parameters"), *(operation.get(key) for key in PARAMETER_KEYS)
    for node in chain.from_iterable(each.items() for each in lists):
        where, name = str(node.get("in").value), str(node.get("name").value)
        if where == "header" and name.lower() in _ELSEWHERE:
            continue
        if where == "path" and name in positions:
            key = Key(where, str(positions.index(name)))
        else:
            key = Key(where, name.lower() if where == "header" else name)
        found[key] = node
    return found


def _names(pair: Pair) -> Iterator[Found]:
    """Another place, or another name of the same part of a path, which generated code goes by."""
    for keyword, how, said in (
        ("in", "moved", "it travels elsewhere"),
        ("name", "renamed", "what is made from the document goes by its name"),
    ):
        inner = pair.get(keyword)
        old, new = (_written(node.value, pair) for node in inner)
        if inner.in_both and old != new:
            yield Found(inner, "parameter", Effect.CHANGED, "request", said, how=how)


def _written(value: object, pair: Pair) -> str:
    """A name or a place; the case of a header says nothing, once it is or was one."""
    is_header = any(node.get("in").value == "header" for node in pair)
    return str(value).lower() if is_header else str(value)


def _moved(old: dict[Key, Node], new: dict[Key, Node]) -> dict[Key, Key]:
    """The new key of each parameter that is gone, where another has its name elsewhere."""
    came = [key for key in new if key not in old]
    gone = [key for key in old if key not in new and key.where != "path"]
    return {key: there for key in gone for there in came if _has_moved(key, there)}


def _has_moved(gone: Key, came: Key) -> bool:
    is_header = "header" in (gone.where, came.where)
    names = {key.name.lower() if is_header else key.name for key in (gone, came)}
    return gone.where != came.where and len(names) == 1


def _renames(payloads: Payloads, old: dict[Key, Node], new: dict[Key, Node]) -> dict[Key, str]:
    """A hint for each that may have another name in the same place."""
    hints: dict[Key, str] = {}
    for where in ("query", "header", "cookie"):

        def is_equal(gone: str, came: str, where: str = where) -> bool:
            pair = Pair(old[Key(where, gone)], new[Key(where, came)])
            return not effect_of(payloads.parameter(pair, "request"))

        was, now = ([k.name for k in keys if k.where == where] for keys in (old, new))
        hints.update((Key(where, n), hint) for n, hint in renames(was, now, is_equal).items())
    return hints
