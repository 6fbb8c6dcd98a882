"""The operation that checks an image: boxes that depend on its URL and the ratio only. No picture
is read."""

from __future__ import annotations

from typing import NamedTuple

from contracts.redact.secret_names import without_secret_parameters
from contracts.spec.loader import Spec
from contracts.spec.models import AREA, FACE
from contracts.spec.pointers import MISSING, field_of
from mock_server.engine.operations.operation_input import OperationInput
from mock_server.media import samples
from mock_server.scenarios.names import without_scenario
from mock_server.simulation.billing import charge_image
from mock_server.simulation.ids import digest
from mock_server.stages import Answer

Box = list[int]


class Face(NamedTuple):
    """Boxes [x1, y1, x2, y2] in px. `area` contains the face and has exactly the requested
    ratio."""

    face: Box
    area: Box


def detect_face(given: OperationInput) -> Answer:
    name, body = given.request.body["model"], given.request.body
    model, schema = given.spec.image_models[name], given.operation.body_for(name)
    assert schema
    outcome = given.directive.answer or given.operation.outcomes[model.succeeds]
    ratio = field_of(body, model.ratio_at)
    if ratio is MISSING:
        ratio = schema.field(model.ratio_at)["default"]
    face = detect(given.spec, name, given.content, field_of(body, model.media_at), ratio)
    account = given.session.record.account
    given.session.change(account=charge_image(account, name))
    facts = model.filled({FACE: face.face, AREA: face.area})
    return Answer(outcome, facts, given.request.now)


def detect(spec: Spec, model: str, seed: bytes, url: str, ratio: str) -> Face:
    """The documented boxes for the documented picture, true boxes for our sample, else random
    ones."""
    url = without_scenario(url)
    documented = spec.documented_boxes[model].get((url, ratio))
    if documented:
        return Face(*documented)
    chance = digest(seed, without_secret_parameters(url))
    return _sample(url, ratio) or _random_face(chance, ratio)


def _sample(url: str, ratio: str) -> Face | None:
    portrait = samples.portrait()
    if not url.partition("?")[0].endswith(f"/samples/{portrait.path.name}"):
        return None
    return Face(list(portrait.face), list(portrait.areas[ratio]))


def _random_face(chance: bytes, ratio: str) -> Face:
    """A face at a random place, in an area two and a half times as wide, with more space below
    it."""
    w, h = map(int, ratio.split(":"))
    size = 160 + chance[0]
    left, top = 2 * size + chance[1], 2 * size + chance[2]
    unit = size * 5 // 2 // w
    width, height = unit * w, unit * h
    x, y = left - (width - size) // 2, top - (height - size) // 3
    return Face([left, top, left + size, top + size], [x, y, x + width, y + height])
