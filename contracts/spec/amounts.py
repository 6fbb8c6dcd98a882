"""What x-models and x-limits have to say, and in which form: who reads them does not look again."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

Amount = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=0)]
Size = Annotated[int, Meta(ge=1)]


class Limits(Struct, rename="kebab", forbid_unknown_fields=True):
    """Bytes that a call may have."""

    body_bytes: Size
    header_bytes: Size


class OfImages(Struct, rename="kebab", forbid_unknown_fields=True):
    """A model that answers at once. Prices are CNY."""

    operation: str
    price_per_image: Amount
    free: Count


class OfVideos(Struct, rename="kebab", forbid_unknown_fields=True):
    """A model whose tasks are waited for. price_per_video_second: CNY, by the video's ratio."""

    operation: str
    price_per_video_second: dict[str, Amount]
    free: Count
    queue_seconds: Amount
    work_seconds_per_video_second: Amount
    concurrency: Size
    task_life_seconds: Size
    result_life_seconds: Size


def problems(limits: Any, models: Any, operations: Collection[str]) -> Iterator[str]:
    """What is missing, misspelled or of no use in both. operations: the ids that there are."""
    yield from _of_form("x-limits", limits, Limits)
    wrong = list(_of_form("x-models", models, dict[str, dict[str, Any]]))
    yield from wrong
    for name, said in {} if wrong else models.items():
        place = f"x-models {name}"
        yield from _of_form(place, said, OfImages if "price-per-image" in said else OfVideos)
        if said.get("operation", "") not in ("", *operations):
            yield f"{place}: no operation {said['operation']!r}"


def _of_form(place: str, said: Any, form: Any) -> Iterator[str]:
    try:
        msgspec.convert(said, form)
    except msgspec.ValidationError as error:
        yield f"{place}: {error}"
