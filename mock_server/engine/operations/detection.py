"""The operation detectFace: boxes that depend on the URL and the ratio only. No picture is
read."""

from __future__ import annotations

from typing import NamedTuple

from contracts.redact.secret_names import without_secret_parameters
from contracts.spec.loader import Operation
from mock_server.engine.operations.operation_input import OperationInput
from mock_server.media import samples
from mock_server.scenarios.names import without_scenario
from mock_server.simulation.billing import charge_image
from mock_server.simulation.ids import digest
from mock_server.stages import Answer

Box = list[int]


class Face(NamedTuple):
    """Boxes [x1, y1, x2, y2] in px. `ext_bbox` contains the face and has exactly the requested
    ratio."""

    face_bbox: Box
    ext_bbox: Box


def detect_face(given: OperationInput) -> Answer:
    body = given.request.body
    outcome = given.directive.answer or given.operation.outcomes["pass"]
    default = given.spec.schemas["DetectParameters"]["properties"]["ratio"]["default"]
    ratio = body.get("parameters", {}).get("ratio", default)
    url = without_scenario(body["input"]["image_url"])
    face = detect(given.operation, given.content, url, ratio)
    if "price-per-image" in given.spec.models[body["model"]]:
        account = given.session.record.account
        given.session.change(account=charge_image(account, body["model"]))
    return Answer(outcome, face._asdict(), given.request.now)


def detect(operation: Operation, seed: bytes, url: str, ratio: str) -> Face:
    """The documented boxes for the documented picture, true boxes for our sample, else random
    ones."""
    known = _documented(operation, url, ratio) or _sample(url, ratio)
    return known or _random_face(digest(seed, without_secret_parameters(url)), ratio)


def _documented(operation: Operation, url: str, ratio: str) -> Face | None:
    for request in operation.requests.values():
        if (url, ratio) == (request["input"]["image_url"], request["parameters"]["ratio"]):
            output = operation.outcomes["pass"].value["output"]
            return Face(output["face_bbox"], output["ext_bbox"])
    return None


def _sample(url: str, ratio: str) -> Face | None:
    portrait = samples.portrait()
    if not url.partition("?")[0].endswith(f"/samples/{portrait.path.name}"):
        return None
    return Face(list(portrait.face_bbox), list(portrait.ext_bbox[ratio]))


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
