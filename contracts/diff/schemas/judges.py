"""What another value of one keyword does to what it allows. Judges two values; knows nothing of
where they stand. None is a keyword that is not there."""

from __future__ import annotations

from collections.abc import Callable, Collection
from fractions import Fraction
from typing import Any

from contracts.diff.changes.effects import Effect, mirrored

Judge = Callable[[Any, Any], Effect]


def rule(old: Any, new: Any) -> Effect:
    """A rule that is there or not, as `pattern`; which of two allows more is not decided."""
    if old is not None and new is not None:
        return Effect.CHANGED
    return _either(gone=new is not None, come=old is not None)


def lower(old: Any, new: Any) -> Effect:
    """A least allowed number; none is no limit. Raises TypeError where one is no number."""
    for limit in (old, new):
        if isinstance(limit, bool) or not isinstance(limit, int | float | None):
            raise TypeError(f"{limit!r} is no number")
    if old is None or new is None:
        return rule(old, new)
    return _either(gone=new > old, come=new < old)


def upper(old: Any, new: Any) -> Effect:
    """A greatest allowed number; none is no limit. Raises TypeError where one is no number."""
    if old is None or new is None:
        return lower(old, new)
    return mirrored(lower(old, new))


def sets(old: Collection[Any] | None, new: Collection[Any] | None) -> Effect:
    """All that is allowed, by value; none is everything."""
    if old is None or new is None:
        return rule(old, new)
    return _either(gone=bool(set(old) - set(new)), come=bool(set(new) - set(old)))


def switch(old: Any, new: Any) -> Effect:
    """A rule that holds when it is true. Raises TypeError where one is neither true nor false."""
    if not {type(old), type(new)} <= {bool, type(None)}:
        raise TypeError("a switch is true or false")
    return rule(old or None, new or None)


def multiple(old: Any, new: Any) -> Effect:
    """What a number must be a multiple of. Raises ValueError where one is not above 0."""
    if old is None or new is None:
        return rule(old, new)
    was, now = Fraction(str(old)), Fraction(str(new))
    if was <= 0 or now <= 0:
        raise ValueError("a number is a multiple of what is above 0")
    narrowed, widened = now % was == 0, was % now == 0
    return _either(gone=narrowed, come=widened) if narrowed or widened else Effect.CHANGED


def discriminators(old: Any, new: Any) -> Effect:
    """Which field tells alternatives apart. That a value is the name of its schema goes without
    saying, and a schema is named by its name or a `$ref`."""
    return Effect.NONE if _told_apart(old) == _told_apart(new) else Effect.CHANGED


def _told_apart(said: Any) -> Any:
    mapping = said.get("mapping") or {} if isinstance(said, dict) else None
    if not isinstance(mapping, dict):
        return said
    schemas = {value: str(s).removeprefix("#/components/schemas/") for value, s in mapping.items()}
    return {**said, "mapping": {value: name for value, name in schemas.items() if value != name}}


def other(old: Any, new: Any) -> Effect:
    """Something else is agreed."""
    del old, new
    return Effect.CHANGED


def noted(old: Any, new: Any) -> Effect:
    """Breaks nobody."""
    del old, new
    return Effect.NOTED


def words(old: Any, new: Any) -> Effect:
    """For people alone."""
    del old, new
    return Effect.NONE


def judged(judge: Judge, old: Any, new: Any) -> Effect:
    """What the judge says; CHANGED where a value is nothing that it knows."""
    try:
        return judge(old, new)
    except (TypeError, ValueError, OverflowError):
        return Effect.CHANGED


def _either(*, gone: bool, come: bool) -> Effect:
    return (Effect.NARROWED if gone else Effect.NONE) | (Effect.WIDENED if come else Effect.NONE)
