"""Compares two OpenAPI documents operation by operation: parameters, bodies and answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from contracts.diff.access import security, servers
from contracts.diff.changes import (
    Differences,
    Effect,
    Side,
    SpecDifference,
    added_or_removed,
    in_use,
    rename_hints,
)
from contracts.diff.document import MISSING, Document, Node, Pair
from contracts.diff.meanings import (
    COSMETIC,
    NOT_JUDGED,
    NOTED,
    PROSE,
    FieldMeaning,
    Meaning,
    Table,
    compare_field,
    compare_fields,
    constraint,
    each_value,
    ignore,
    ignoring_case,
    meaning_of,
    required_flag,
    unless_default,
)
from contracts.diff.schemas import schema_differences
from contracts.diff.service import EXTENSIONS, RATE, outcomes
from contracts.spec.document import PARAMETER_KEYS

K = TypeVar("K")
V = TypeVar("V")
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# Headers that OpenAPI ignores as parameters, in lower case: it describes them elsewhere.
_IGNORED_HEADERS = {"accept", "content-type", "authorization"}


class Operation(NamedTuple):
    """An operation with its Path Item Object."""

    item: Node = MISSING
    node: Node = MISSING

    @property
    def label(self) -> str:
        """The operationId; without one, the method and path."""
        return self.id or self.method_and_path

    @property
    def id(self) -> str:
        value = self.node.get("operationId").value
        return value if isinstance(value, str) else ""

    @property
    def method_and_path(self) -> str:
        return f"{self.node.name.upper()} {self.item.name}"

    @property
    def key(self) -> str:
        """Equal for paths that differ only in the names of their parameters."""
        return re.sub(r"{[^{}]*}", "{}", self.method_and_path)

    def in_effect(self, name: str) -> Node:
        """The value of the operation, or else of its path, or else of the document."""
        places = (self.node, self.item, self.node.document.root)
        return next((found for each in places if (found := each.get(name)).exists), MISSING)

    def parameters(self) -> dict[tuple[str, str], Node]:
        """The parameters that apply to the operation, and its x-forbidden-headers, by location and
        name, or by the position of a path parameter in the path."""
        positions = re.findall(r"{([^{}]*)}", self.item.name)
        found = {}
        lists = self.item.get("parameters"), *(self.node.get(key) for key in PARAMETER_KEYS)
        for node in chain.from_iterable(each.items() for each in lists):
            location, name = str(node.get("in").value), str(node.get("name").value)
            if location == "path" and name in positions:
                name = str(positions.index(name))
            name = name.lower() if location == "header" else name
            if location != "header" or name not in _IGNORED_HEADERS:
                found[location, name] = node
        return found


def operations(document: Document) -> Iterator[Operation]:
    """The operations of a document."""
    for name, item in document.root.get("paths").fields().items():
        for method in METHODS if name.startswith("/") else ():
            if item.get(method).exists:
                yield Operation(item, item.get(method))


def duplicate_operations(document: Document) -> Iterator[str]:
    """A problem for each operation that a document has under two paths of the same shape."""
    known: dict[str, Operation] = {}
    for each in operations(document):
        first = known.setdefault(each.key, each)
        if first is not each:
            paths = f"{first.item.name} and {each.item.name}"
            yield f"{paths} are one path, and both have {each.node.name.upper()}"


def document_differences(old: Document, new: Document) -> Differences:
    """All differences of two documents."""
    root = Pair(old.root, new.root)
    yield from compare_fields(root, _ROOT, "request")
    olds, news = ({each.key: each for each in operations(side)} for side in (old, new))
    for was, now in _matched(olds, news, lambda one, other: one.id == other.id != ""):
        label = (now or was or Operation()).label
        yield from in_use(label, _operation(was or Operation(), now or Operation()))


def _matched(
    old: dict[K, V], new: dict[K, V], is_moved: Callable[[V, V], bool]
) -> Iterator[tuple[V | None, V | None]]:
    """The things of both documents, paired by their keys; those with another key by is_moved."""
    left = {key: value for key, value in new.items() if key not in old}
    for key, was in old.items():
        lone = () if key in new else [each for each in left if is_moved(was, left[each])]
        yield was, next((left.pop(each) for each in lone), new.get(key))
    yield from ((None, now) for now in left.values())


def _operation(was: Operation, now: Operation) -> Differences:
    own = Pair(was.node, now.node)
    if not own.in_both:
        label = (now if own.new.exists else was).label
        yield added_or_removed(own, "operation", "request", label)
        return
    if was.key != now.key:
        text = f"{was.method_and_path} moved to {now.method_and_path}"
        yield SpecDifference(own, "operation", Effect.CHANGED, "request", text, "moved")
    yield from compare_fields(Pair(was.item, now.item), _PATH_ITEM, "request")
    yield from compare_fields(own, _OPERATION, "request")
    yield from _parameters(was.parameters(), now.parameters())
    for name, compare in (("security", security), ("servers", servers)):
        yield from compare(Pair(was.in_effect(name), now.in_effect(name)))


def _parameters(old: dict[tuple[str, str], Node], new: dict[tuple[str, str], Node]) -> Differences:
    was, now = ({name: node for (_, name), node in side.items()} for side in (old, new))
    hints = rename_hints(was, now, PROSE | {"name"})
    for pair in (Pair(o or MISSING, n or MISSING) for o, n in _matched(old, new, _has_moved)):
        location, name = (str(pair.shown.get(key).value) for key in ("in", "name"))
        found = _parameter(pair, "request")
        if not pair.in_both:
            hint = hints.get(name.lower() if location == "header" else name, "")
            lone = _forbidden(pair, name) or _lone_part(pair, "parameter", "request", name)
            found = iter([replace(lone, hint=hint)])
        yield from in_use(f"{location} {name}", found)


def _forbidden(pair: Pair, name: str) -> SpecDifference | None:
    """The difference of a header that only one document forbids; None for any other parameter."""
    if "/x-forbidden-headers/" not in pair.shown.pointer:
        return None
    lone = added_or_removed(pair, "forbidden-header", "request", name, Effect.NARROWED)
    return replace(lone, text=f"{name} is {'now' if pair.new.exists else 'no longer'} refused")


def _has_moved(removed: Node, added: Node) -> bool:
    """Whether a parameter has the same name in another location."""
    old, new = (str(node.get("in").value) for node in (removed, added))
    was, now = (str(node.get("name").value) for node in (removed, added))
    is_same = was.lower() == now.lower() if "header" in (old, new) else was == now
    return is_same and old != new


def _parameter(pair: Pair, side: Side) -> Differences:
    """Compare a parameter of a request, or a header of an answer."""
    table = {**_PARAMETER, **_serialization(pair), "schema": _schema(pair)}
    yield from compare_fields(pair, table, side)


def _serialization(pair: Pair) -> Table:
    """The meaning of `style` and `explode`. Their defaults depend on the location and the style."""
    style = "form" if pair.shown.get("in").value in ("query", "cookie") else "simple"
    is_form = (pair.shown.get("style").value or style) == "form"
    defaults = {"style": style, "explode": is_form}
    return {k: NOT_JUDGED._replace(judge=unless_default(v)) for k, v in defaults.items()}


def _lone_part(pair: Pair, subject: str, side: Side, name: str) -> SpecDifference:
    """The difference of an added or removed parameter, header or body."""
    is_required = pair.shown.get("required").value is True
    effect = Effect.OFFERED | (Effect.NARROWED if is_required else Effect.NONE)
    return added_or_removed(pair, subject, side, name, effect)


def _body(pair: Pair, side: Side) -> Differences:
    table: Table = {"required": required_flag, "x-refusal": _REFUSAL, "content": _content(pair)}
    if pair.in_both:
        yield from compare_fields(pair, table, side)
    else:
        yield _lone_part(pair, "requestBody", side, "")


def _responses(pair: Pair, side: Side) -> Differences:
    """Compare the answers by status. A new status is like a new value of an enum: a client may not
    know it. A removed success (2XX) also takes an answer away that clients need."""
    del side
    for response in pair.each():
        status = response.shown.name
        if status.startswith("x-"):
            found = compare_field(response, meaning_of(status, {}), "answer")
        elif response.in_both:
            table: Table = {"headers": _headers, "content": _content(response), "links": _links}
            found = compare_fields(response, table, "answer")
        else:
            more = Effect.OFFERED if status.startswith("2") else Effect.NONE
            lone = added_or_removed(response, "response", "answer", None, Effect.WIDENED | more)
            found = iter([lone])
        yield from in_use(status, found)


def _headers(pair: Pair, side: Side) -> Differences:
    """Compare the headers of an answer. The case of their names has no meaning."""
    for header in pair.each(str.lower):
        name = header.shown.name
        lone = [] if header.in_both else [_lone_part(header, "header", side, name)]
        yield from in_use(f"header {name}", lone or _parameter(header, side))


def _content(owner: Pair) -> FieldMeaning:
    """The meaning of `content`. owner: the body or answer that has it."""

    def compare(pair: Pair, side: Side) -> Differences:
        table = {"schema": _schema(owner), "x-undocumented": NOTED}
        table |= {"examples": outcomes} if side == "answer" else {}
        for media in pair.each(lambda name: "".join(name.lower().split())):
            if media.in_both:
                yield from compare_fields(media, table, side)
            else:  # clients may receive an added type, and can no longer ask for a removed one
                more = Effect.OFFERED if side == "answer" else Effect.NONE
                yield added_or_removed(media, "content", side, None, Effect.WIDENED | more)

    return compare


def _schema(owner: Pair) -> FieldMeaning:
    """The meaning of `schema`. owner: names the refusal of a violation."""
    values = (node.get("x-refusal").value for node in owner)
    old, new = (value if isinstance(value, str) else None for value in values)
    return lambda pair, side: schema_differences(pair, side, (old, new))


def _links(pair: Pair, side: Side) -> Differences:
    """Compare links. They describe possible next calls and do not restrict answers."""
    for link in pair.each():
        if link.in_both:
            meaning = COSMETIC if link.is_same(PROSE) else NOTED
            yield from compare_field(link, meaning._replace(subject="link"), side)
        else:
            yield added_or_removed(link, "link", side)


_NAME = Meaning(Effect.CHANGED, "generated code uses the name", "parameter", "renamed")
_PLACE = Meaning(Effect.CHANGED, "the parameter is sent in a different place", "parameter", "moved")
_REFUSAL = Meaning(Effect.CHANGED, "an invalid value has a different answer")
_ROOT: Table = {
    **EXTENSIONS,
    "openapi": COSMETIC,
    "info": each_value(COSMETIC._replace(subject="info")),
    # These are compared for each operation.
    **dict.fromkeys(("paths", "components", "security", "servers"), ignore),
}
_PATH_ITEM: Table = dict.fromkeys((*METHODS, "parameters", "servers"), ignore)
_OPERATION: Table = {
    "operationId": Meaning(Effect.CHANGED, "generated code uses the name"),
    **dict.fromkeys((*PARAMETER_KEYS, "security", "servers"), ignore),
    "requestBody": _body,
    "responses": _responses,
    "x-rate": lambda pair, side: compare_fields(pair, RATE, side),
}
_PARAMETER: Table = {
    "name": ignoring_case(_NAME),
    "in": _PLACE,
    "required": required_flag,
    "x-refusal": _REFUSAL,
    "x-required-by-scheme": Meaning(constraint),
}
