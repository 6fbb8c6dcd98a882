"""The effect of a new value of one keyword on the set of allowed values.

Each function gets the old and the new value; None means that the keyword is missing. The functions
do not depend on the place of the keyword."""

from __future__ import annotations

from collections.abc import Callable, Collection
from fractions import Fraction
from typing import Any

from contracts.diff.changes.effects import Effect, mirrored

ValueEffect = Callable[[Any, Any], Effect]


def opaque_constraint(old: Any, new: Any) -> Effect:
    """The effect for a constraint such as `pattern`. Two different ones cannot be compared, so the
    effect is CHANGED unless the constraint was added or removed."""
    if old is not None and new is not None:
        return Effect.CHANGED
    return _effect(fewer=new is not None, more=old is not None)


def lower_limit(old: Any, new: Any) -> Effect:
    """The effect for a minimum. Raises TypeError if a value is not a number."""
    for limit in (old, new):
        if isinstance(limit, bool) or not isinstance(limit, int | float | None):
            raise TypeError(f"{limit!r} is not a number")
    if old is None or new is None:
        return opaque_constraint(old, new)
    return _effect(fewer=new > old, more=new < old)


def upper_limit(old: Any, new: Any) -> Effect:
    """The effect for a maximum. Raises TypeError if a value is not a number."""
    if old is None or new is None:
        return lower_limit(old, new)
    return mirrored(lower_limit(old, new))


def allowed_set(old: Collection[Any] | None, new: Collection[Any] | None) -> Effect:
    """The effect for a set of allowed values. None allows every value."""
    if old is None or new is None:
        return opaque_constraint(old, new)
    return _effect(fewer=bool(set(old) - set(new)), more=bool(set(new) - set(old)))


def boolean_constraint(old: Any, new: Any) -> Effect:
    """The effect for a constraint that is active if true. Raises TypeError for other values."""
    if not {type(old), type(new)} <= {bool, type(None)}:
        raise TypeError("the value must be true or false")
    return opaque_constraint(old or None, new or None)


def multiple_of(old: Any, new: Any) -> Effect:
    """The effect for `multipleOf`. Raises ValueError if a value is not above 0."""
    if old is None or new is None:
        return opaque_constraint(old, new)
    was, now = Fraction(str(old)), Fraction(str(new))
    if was <= 0 or now <= 0:
        raise ValueError("multipleOf must be above 0")
    narrowed, widened = now % was == 0, was % now == 0
    return _effect(fewer=narrowed, more=widened) if narrowed or widened else Effect.CHANGED


def discriminator(old: Any, new: Any) -> Effect:
    """The effect for `discriminator`. Entries of its mapping that map a value to the schema of the
    same name are ignored, because OpenAPI implies them. A schema may be a name or a `$ref`."""
    return Effect.NONE if _without_implied(old) == _without_implied(new) else Effect.CHANGED


def _without_implied(value: Any) -> Any:
    mapping = value.get("mapping") or {} if isinstance(value, dict) else None
    if not isinstance(mapping, dict):
        return value
    schemas = {value: str(s).removeprefix("#/components/schemas/") for value, s in mapping.items()}
    return {**value, "mapping": {value: name for value, name in schemas.items() if value != name}}


def always_changed(old: Any, new: Any) -> Effect:
    """The effect for a value of which any change breaks both sides."""
    del old, new
    return Effect.CHANGED


def always_noted(old: Any, new: Any) -> Effect:
    """The effect for a value whose changes are reported but break nobody."""
    del old, new
    return Effect.NOTED


def always_cosmetic(old: Any, new: Any) -> Effect:
    """The effect for a value that only people read."""
    del old, new
    return Effect.NONE


def safe_effect(effect_of: ValueEffect, old: Any, new: Any) -> Effect:
    """The effect that a function finds; CHANGED if it cannot read one of the values."""
    try:
        return effect_of(old, new)
    except (TypeError, ValueError, OverflowError):
        return Effect.CHANGED


def _effect(*, fewer: bool, more: bool) -> Effect:
    return (Effect.NARROWED if fewer else Effect.NONE) | (Effect.WIDENED if more else Effect.NONE)
