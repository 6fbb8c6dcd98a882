"""Converts JSON to a model, even if a service sends other types than documented. A number becomes
text where text is expected. An optional field of a wrong type is left out: it is not worth losing a
paid video."""

from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin

import msgspec
from msgspec import Struct, ValidationError

from emo_client.decoding.envelope import text_of_value

T = TypeVar("T", bound=Struct)


def convert(value: Any, kind: type[T]) -> T:
    """The value as this type. Raises msgspec.ValidationError, with the path of the field, if a
    required field is missing or has a wrong type."""
    model: T = msgspec.convert(_fitted(value, kind), kind, strict=False)
    return model


def _fitted(value: Any, kind: Any) -> Any:
    """The value, adapted so that it converts to the type."""
    if isinstance(kind, UnionType):
        (kind,) = (one for one in get_args(kind) if one is not NoneType)
        return None if value is None else _optional(value, kind)
    if kind is str:
        return text_of_value(value) if isinstance(value, int | float) else value
    if get_origin(kind) is list and isinstance(value, list):
        return [_fitted(item, get_args(kind)[0]) for item in value]
    if isinstance(kind, type) and issubclass(kind, Struct) and isinstance(value, dict):
        return _struct(value, kind)
    return value


def _struct(value: dict[str, Any], kind: type[Struct]) -> dict[str, Any]:
    """The fields of the struct that the value has."""
    fields = msgspec.structs.fields(kind)
    return {f.name: _fitted(value[f.name], f.type) for f in fields if f.name in value}


def _optional(value: Any, kind: Any) -> Any:
    if kind is str:
        return text_of_value(value)
    try:
        return msgspec.convert(_fitted(value, kind), kind, strict=False)
    except ValidationError:
        return None
