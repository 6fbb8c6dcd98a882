"""The models of x-models as data: what each reads of a request, costs, takes and answers. Adding a
model changes no Python: code asks for a pointer or a fact, and never for a model by its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta, Struct

from contracts.spec.keywords import ratio_of
from contracts.spec.pointers import MISSING, field_of, parts_of, pointer_of
from contracts.spec.validation import BodyValidator

Amount = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=0)]
Size = Annotated[int, Meta(ge=1)]
URL, SECONDS, TIER, FACE, AREA = "url", "seconds", "tier", "face", "area"


class _Model(
    Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True, dict=True
):
    """operation: the operation that takes the model's calls. succeeds: the outcome of a call, or of
    a task, that succeeds. media_at: the pointer in the body of the URL that decides the result.
    answer: what of that outcome is computed: for each pointer a fact, or a value for each tier.
    free: images, or seconds of video, that cost nothing."""

    operation: str
    succeeds: str
    media_at: str
    answer: dict[str, str | dict[str, Any]]
    free: Count

    def filled(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """The computed fields of the answer by their names. facts: by the names above."""
        return {
            name: facts[fact] if isinstance(fact, str) else fact[facts[TIER]]
            for name, fact in self._named_facts
        }

    @cached_property
    def _named_facts(self) -> list[tuple[str, str | dict[str, Any]]]:
        return [(parts_of(pointer)[-1], fact) for pointer, fact in self.answer.items()]

    def places(self, fact: str) -> list[str]:
        """The pointers of the answer that have a fact."""
        return [pointer for pointer, found in self.answer.items() if found == fact]


class ImageModel(_Model, frozen=True, kw_only=True):
    """A model that checks an image and answers at once. Facts: `face` and `area`, two boxes.
    ratio_at: the pointer of the ratio of the area in the body. price_per_image: CNY."""

    ratio_at: str
    price_per_image: Amount
    unit: ClassVar[str] = "image"

    @property
    def prices(self) -> dict[str, float]:
        """CNY for each unit, by tier; an image has none."""
        return {"": self.price_per_image}


class VideoModel(_Model, frozen=True, kw_only=True):
    """A model that creates tasks. Facts: the `url` of the video, its length in `seconds`, and its
    `tier`, the key of its price.

    price_per_video_second: CNY for each tier. tier_at: the pointer in the body of the field that
    decides the tier, "" if there is one tier. A task runs for work_seconds_per_video_second; before
    and after that it may have further states, each for some seconds."""

    price_per_video_second: dict[str, Amount]
    tier_at: str = ""
    queue_seconds: Amount
    work_seconds_per_video_second: Amount
    before_running: dict[str, Amount] = {}
    after_running: dict[str, Amount] = {}
    concurrency: Size
    task_life_seconds: Size
    result_life_seconds: Size
    unit: ClassVar[str] = "second"

    @property
    def prices(self) -> dict[str, float]:
        """CNY for each unit, by tier."""
        return self.price_per_video_second

    @cached_property
    def tiers(self) -> list[str]:
        return list(self.price_per_video_second)

    def billed(self, answer: Any) -> tuple[Any, Any]:
        """The tier and the seconds in an answer of a task that succeeded; MISSING if they are not
        there. A model with one tier does not say it."""
        seconds = field_of(answer, self.places(SECONDS)[0])
        for pointer, fact in self.answer.items():
            value = field_of(answer, pointer)
            if fact == TIER:
                return value, seconds
            if isinstance(fact, dict):
                return next((tier for tier in fact if fact[tier] == value), MISSING), seconds
        return self.tiers[0], seconds

    @cached_property
    def working_states(self) -> tuple[str, ...]:
        """The states of a task that is being worked on, in order."""
        return (*self.before_running, "RUNNING", *self.after_running)

    @cached_property
    def further_seconds(self) -> float:
        """Seconds of work before and after RUNNING."""
        return sum((*self.before_running.values(), *self.after_running.values()))


Model = ImageModel | VideoModel


def model_of(node: Any) -> Model:
    """The model of an entry of x-models. Raises msgspec.ValidationError."""
    if "price-per-image" in node:
        return msgspec.convert(node, ImageModel)
    return msgspec.convert(node, VideoModel)


def named_model(body: Any) -> str:
    """The model that a body names; "" if it names none."""
    name = body.get("model") if isinstance(body, dict) else None
    return name if isinstance(name, str) else ""


def tier_of(model: VideoModel, body: BodyValidator, value: Any) -> str:
    """The tier of a valid request: the value of its field or the ratio of its box; the default of
    the field, or the first tier, if it was not sent."""
    sent, schema = field_of(value, model.tier_at), body.field(model.tier_at)
    ratios = schema.get("x-aspect-ratios")
    if ratios and sent is not MISSING:
        sent = ratio_of(sent, ratios, schema.get("x-aspect-tolerance", 0))
    sent = schema.get("default") if sent is MISSING else sent
    return sent if sent in model.price_per_video_second else model.tiers[0]


def of_tier(model: VideoModel, body: BodyValidator, value: Any, tier: str) -> Any:
    """A copy of a request with the field that makes it one of this tier."""
    if not model.tier_at or tier_of(model, body, value) == tier:
        return value
    is_box = "x-aspect-ratios" in body.field(model.tier_at)
    return replaced(value, model.tier_at, box_of(tier) if is_box else tier)


def box_of(ratio: str) -> list[int]:
    """A box [x1, y1, x2, y2] with this ratio of width to height, `W:H`."""
    width, height = (int(part) * 200 for part in ratio.split(":"))
    return [0, 0, width, height]


def replaced(value: Any, pointer: str, new: Any) -> Any:
    """A copy of a JSON object with another value at the pointer. Missing objects are created."""
    name, *rest = parts_of(pointer)
    below = value.get(name, {})
    return {**value, name: replaced(below, pointer_of(rest), new) if rest else new}


def problems(
    name: str, model: Model, body: BodyValidator | None, answers: Mapping[str, Any]
) -> Iterator[str]:
    """The contradictions of a model with the rest of the spec. body: of its requests. answers: the
    values of the outcomes by name."""
    place = f"x-models {name}"
    at = (model.ratio_at,) if isinstance(model, ImageModel) else filter(None, (model.tier_at,))
    for pointer in (model.media_at, *at):
        if body is None or not body.field(pointer):
            yield f"{place}: its body has no field {pointer}"
    if model.succeeds not in answers:
        yield f"{place}: unknown outcome {model.succeeds}"
        return
    for pointer in model.answer:
        if field_of(answers[model.succeeds], pointer) is MISSING:
            yield f"{place}: the outcome {model.succeeds} has no value at {pointer}"
    known = {FACE, AREA} if isinstance(model, ImageModel) else {URL, SECONDS, TIER}
    tiers = model.tiers if isinstance(model, VideoModel) else []
    for pointer, fact in model.answer.items():
        if isinstance(fact, str) and fact not in known:
            yield f"{place}: unknown fact {fact} at {pointer}, not in {sorted(known)}"
        elif isinstance(fact, dict) and sorted(fact) != sorted(tiers):
            yield f"{place}: {pointer} needs a value for each tier of {tiers}"
