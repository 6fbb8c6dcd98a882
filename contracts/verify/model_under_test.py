"""The models that a run tests, and the fields of their bodies and answers by what they are for. A
check names a role, so that it holds for each model that has such a field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from string import Formatter
from typing import Any

from msgspec import Struct

from contracts.spec.loader import Spec
from contracts.spec.models import AREA, FACE, SECONDS, URL, replaced, tier_of
from contracts.spec.pointers import parts_of, pointer_of, value_at


class Media(Struct, frozen=True):
    """The input URLs of paid calls, and the length of the audio file in seconds. The documented
    audio file makes a video of 13.93 s (YU)."""

    image: str
    audio: str
    seconds: float = 13.93

    @classmethod
    def documented(cls, spec: Spec, model: str = "") -> Media:
        """The files of the documented request of a model; by default of the first one."""
        tested = ModelUnderTest(spec, model)
        made, seconds = spec.outcomes[tested.video.succeeds].value, tested.video.places(SECONDS)[0]
        return cls(
            image=value_at(tested.request, parts_of(tested["image"])),
            audio=value_at(tested.request, parts_of(tested["audio"])),
            seconds=value_at(made, parts_of(seconds)),
        )


class ModelUnderTest:
    """A model that makes videos, and the model that checks images for it.

    name, video, create, request: the first one's name, data, operation and documented request.
    detector, image, detect: of the second one. Raises KeyError for a model that makes no videos."""

    def __init__(self, spec: Spec, name: str = "") -> None:
        self.spec = spec
        self.name = name or next(iter(spec.video_models))
        self.video = spec.video_models[self.name]
        self.detector, self.image = next(iter(spec.image_models.items()))
        self.create = spec.operations[self.video.operation]
        self.detect = spec.operations[self.image.operation]
        self.request = next(iter(self.create.requests_for(self.name).values()))
        body = self.create.body_for(self.name)
        assert body
        self.body = body
        self._pointers = dict(self._roles())

    def __getitem__(self, role: str) -> str:
        """The pointer of the field with this role. Raises KeyError if the models have none."""
        return self._pointers[role]

    def __contains__(self, role: str) -> bool:
        return role in self._pointers

    def refusal(self, role: str) -> str:
        """The outcome that refuses an invalid value of a field of the body."""
        return str(self.body.field(self[role])["x-refusal"])

    def text(self, template: str) -> str:
        """A text with the name of the field for each {role} in it."""
        names = {role: parts_of(pointer)[-1] for role, pointer in self._pointers.items()}
        place = ".".join(parts_of(self["result"]))
        return template.format(**names, result_place=place)

    def has_all(self, template: str) -> bool:
        """Whether the models have a field for each {role} in a text."""
        roles = {role for _, role, _, _ in Formatter().parse(template) if role}
        return roles <= {*self._pointers, "result_place"}

    def detection_body(self, media: Media) -> dict[str, Any]:
        """The documented body of a detect call, with another image."""
        documented = next(iter(self.detect.requests_for(self.detector).values()))
        changed: dict[str, Any] = replaced(_copied(documented), self["portrait"], media.image)
        return changed

    def creation_body(self, media: Media) -> dict[str, Any]:
        """The documented body of a create call, with other files."""
        body = replaced(_copied(self.request), self["image"], media.image)
        changed: dict[str, Any] = replaced(body, self["audio"], media.audio)
        return changed

    @property
    def result_field(self) -> str:
        """The pointer of the field of `output` that has the result of a task, or contains it."""
        return pointer_of(parts_of(self["result"])[:2])

    @property
    def expected_tier(self) -> str:
        """The tier of the documented request."""
        return tier_of(self.video, self.body, self.request)

    def _roles(self) -> Iterator[tuple[str, str]]:
        """Each role that the models have a field for, with the pointer of the field."""
        yield "audio", self.video.media_at
        needed = self.spec.needed_urls(self.name)
        yield "image", next(pointer for pointer in needed if pointer != self.video.media_at)
        yield "portrait", self.image.media_at
        yield "ratio", self.image.ratio_at
        yield "result", self.video.places(URL)[0]
        for role, fact in (("detected_face", FACE), ("detected_area", AREA)):
            yield from ((role, pointer) for pointer in self.image.places(fact))
        for path, schema in reversed(self.body.fields.items()):
            if "x-aspect-ratios" in schema:
                yield "area", pointer_of(path)
            elif "x-box" in schema:
                yield "face", pointer_of(path)
            elif "enum" in schema and path[0] == "parameters":
                yield "choice", pointer_of(path)


def _copied(body: Any) -> Any:
    return json.loads(json.dumps(body))
