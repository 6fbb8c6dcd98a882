"""Draws the person of the sample portrait and of the clips in a given pose.

draw.py decides the pose, such as when to blink or speak. The person is invented.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, radians
from typing import TypeAlias

from PIL import Image, ImageDraw

from scripts.media.pen import Pen, Point, closed

Box: TypeAlias = tuple[int, int, int, int]

WIDTH, HEIGHT = 768, 1024
EXT_BBOX: dict[str, Box] = {"1:1": (48, 80, 720, 752), "3:4": (0, 0, WIDTH, HEIGHT)}

_AXIS = 384  # the x about which the person is symmetric
_SMOOTHING = 3  # canvas pixels per picture pixel, each way: Pillow's polygons have hard edges

_WALL, _HALO = "#bfdcd9", "#d6eae5"
_SKIN, _SHADE, _BLUSH, _LID = "#f2c09c", "#dc9f7c", "#eeaa8c", "#e3a683"
_HAIR, _HAIR_DARK, _HAIR_LIGHT = "#4a2f2b", "#38221f", "#68453b"
_SHIRT, _SHIRT_DARK, _SHIRT_LIGHT = "#d9644f", "#bb4f3e", "#e47c66"
_WHITE, IRIS, _PUPIL, _GOLD = "#fdf8f3", "#5b7f52", "#24201e", "#e8b84a"
LIP, _LIP_LIGHT, _INSIDE, _TONGUE = "#bf554d", "#d2746a", "#5d1f24", "#e08478"


@dataclass(frozen=True)
class Pose:
    """Mouth and blink from 0 (shut mouth, open eyes) to 1; sway (right) and nod (down) from -1."""

    mouth: float = 0.0
    blink: float = 0.0
    sway: float = 0.0
    nod: float = 0.0


def face_bbox() -> Box:
    """The face of the portrait (`Pose()`), hairline to chin, without hair and ears."""
    outline = closed(_face(0.0))
    xs, ys = [x for x, _ in outline], [y for _, y in outline]
    return floor(min(xs)), floor(min(ys)), ceil(max(xs)), ceil(max(ys))


def picture(
    pose: Pose, size: tuple[int, int], box: tuple[float, float, float, float]
) -> Image.Image:
    """The part of the picture in `box`, as an image of `size` with the same aspect ratio."""
    width, height = size
    canvas = Image.new("RGB", (width * _SMOOTHING, height * _SMOOTHING), _WALL)
    scale = width * _SMOOTHING / (box[2] - box[0])
    still = Pen(ImageDraw.Draw(canvas), scale, (box[0], box[1]))
    body = still.moved(2 * pose.sway, 1.5 * pose.nod)
    head = still.turned((_AXIS, 700), radians(1.7 * pose.sway)).moved(3 * pose.sway, 4 * pose.nod)
    face = head.moved(4 * pose.sway, 3 * pose.nod)  # nearer than the skull, so it moves more

    still.oval((_AXIS, 440), 330, 330, _HALO)
    _back_hair(head)
    _torso(body)
    _neck(body, head)
    _ears(head)
    head.blob(_face(pose.mouth), _SKIN)
    _cheeks(face)
    _nose(face)
    for side in (-1, 1):
        _eye(face, side, pose.blink)
        _brow(face, side, pose.mouth)
    _mouth(face, pose.mouth)
    _front_hair(head)
    return canvas.reduce(_SMOOTHING)


def _both(right: Sequence[Point]) -> list[Point]:
    """The right half, top to bottom, and its mirror image back up; a point on the axis once."""
    left = [(2 * _AXIS - x, y) for x, y in reversed(right) if x != _AXIS]
    return [*right, *left]


def _aside(side: int, points: Sequence[Point]) -> list[Point]:
    """Points given as (distance from the axis, y), on the left (-1) or right (1) of it."""
    return [(_AXIS + side * x, y) for x, y in points]


def _face(mouth: float) -> list[Point]:
    jaw = 14 * mouth
    hairline = [(384, 232), (462, 246), (514, 310), (526, 396), (517, 480)]
    chin = [(490, 556 + 0.4 * jaw), (442, 608 + 0.9 * jaw), (384, 624 + jaw)]
    return _both([*hairline, *chin])


def _back_hair(head: Pen) -> None:
    mane = [
        (384, 128), (490, 148), (566, 240), (584, 380), (588, 520), (606, 640), (580, 716),
        (500, 730), (384, 700),
    ]  # fmt: skip
    head.blob(_both(mane), _HAIR_DARK)
    for side in (-1, 1):
        head.stroke(_aside(side, [(184, 440), (186, 540), (198, 640), (180, 700)]), (2, 7), _HAIR)
        head.stroke(_aside(side, [(158, 520), (156, 600), (164, 660), (150, 704)]), (2, 6), _HAIR)


def _torso(body: Pen) -> None:
    shoulders = [
        (384, 716), (468, 728), (566, 772), (668, 822), (724, 908), (748, 1060), (384, 1090),
    ]  # fmt: skip
    body.blob(_both(shoulders), _SHIRT)
    for side in (-1, 1):
        body.stroke(_aside(side, [(222, 900), (214, 960), (216, 1040)]), (4, 9), _SHIRT_DARK)
    collar = [(384, 700), (470, 712), (486, 752), (452, 812), (384, 836)]
    body.blob(_both([(x + (x - 384) * 0.14, y + 14) for x, y in collar]), _SHIRT_DARK)
    body.blob(_both([(x + (x - 384) * 0.12, y + 8) for x, y in collar]), _SHIRT_LIGHT)
    body.blob(_both(collar), _SKIN)


def _neck(body: Pen, head: Pen) -> None:
    body.blob(_both([(384, 560), (444, 566), (448, 660), (470, 736), (384, 780)]), _SKIN)
    head.blob(_both([(384, 560), (444, 566), (448, 640), (430, 676), (384, 690)]), _SHADE)
    for side in (-1, 1):
        body.stroke(_aside(side, [(78, 778), (48, 784), (20, 798)]), (2, 5), _SHADE)


def _ears(head: Pen) -> None:
    for side in (-1, 1):
        ear = [(130, 386), (152, 374), (170, 392), (166, 440), (150, 476), (132, 474)]
        head.blob(_aside(side, ear), _SKIN)
        head.stroke(_aside(side, [(154, 412), (153, 428), (142, 450)]), (3, 5), _SHADE)
        head.oval((_AXIS + side * 151, 488), 9, 9, _GOLD)


def _cheeks(face: Pen) -> None:
    for side in (-1, 1):
        face.oval((_AXIS + side * 86, 494), 33, 23, _BLUSH)


def _nose(face: Pen) -> None:
    face.stroke([(391, 430), (399, 462), (405, 485), (390, 497), (368, 491)], (2, 6), _SHADE)


def _eye(face: Pen, side: int, blink: float) -> None:
    """The lids are skin over a whole eyeball, so the iris needs no clipping."""

    def across(*offsets: Point) -> list[Point]:
        return _aside(side, [(68 + x, y) for x, y in offsets])

    def lid(shut: float) -> list[Point]:
        return across((-38, 424), (-21, 404 + 25 * shut), (3, 396 + 37 * shut),
                      (25, 402 + 27 * shut), (40, 419))  # fmt: skip

    ball = _AXIS + side * 68
    face.oval((ball, 415), 39, 26, _WHITE)
    face.oval((ball, 415), 20, 20, IRIS)
    face.oval((ball, 415), 10.5, 10.5, _PUPIL)
    face.oval((ball + 7, 408), 5.5, 5.5, "#ffffff")
    face.lid(lid(blink), across((46, 400), (34, 386), (0, 380), (-32, 388), (-46, 408)), _SKIN)
    face.lid(lid(1.0), across((46, 440), (0, 452), (-46, 444)), _SKIN)
    face.stroke(across((-28, 396), (2, 383), (32, 394)), (2, 4), _LID)
    face.stroke(lid(blink), (3, 7), _PUPIL)
    face.stroke(across((39, 419), (45, 415), (49, 409)), (6, 2), _PUPIL)


def _brow(face: Pen, side: int, mouth: float) -> None:
    lift = 5 * mouth
    arch = [(34, 357 - lift), (62, 347 - lift), (92, 348 - lift), (119, 364 - lift)]
    face.stroke(_aside(side, arch), (13, 5), _HAIR)


def _mouth(face: Pen, opening: float) -> None:
    """Lips around a gap; teeth and tongue are the upper and lower part of the gap."""
    half, gap, smile = 60 - 12 * opening, 48 * opening, 13 - 6 * opening
    across = [n / 12 - 1 for n in range(25)]  # -1 is the left corner of the mouth, 1 the right

    def edge(part: float, beyond: float = 0.0) -> list[Point]:
        """Across the gap at its roof (part 0), its floor (1) or between, or so far `beyond`."""
        return [
            (
                _AXIS + half * u,
                550 - smile * u * u + gap * part * (1 - u**4) + beyond * (1 - u * u),
            )
            for u in across
        ]

    bow = [(x, y + max(0.0, 4 - abs(x - _AXIS) / 4)) for x, y in edge(0.0, -12)]
    face.polygon([*bow, *reversed(edge(1.0, 15))], LIP)
    face.polygon([*edge(1.0, 6), *reversed(edge(1.0, 11))], _LIP_LIGHT)
    face.polygon([*edge(0.0), *reversed(edge(1.0))], _INSIDE)
    face.polygon([*edge(1.0, -0.32 * gap), *reversed(edge(1.0))], _TONGUE)
    face.polygon([*edge(0.0), *reversed(edge(0.3))], _WHITE)
    line = edge(0.0)
    face.stroke([line[0], line[8], line[16], line[-1]], (3.5, 3.5), _INSIDE)


def _front_hair(head: Pen) -> None:
    """Parted on the right of the picture; the longer lock falls to the left."""
    long_lock = [
        (470, 150), (380, 132), (270, 176), (208, 276), (186, 396), (218, 408), (250, 376),
        (276, 330), (340, 296), (420, 262), (462, 214),
    ]  # fmt: skip
    short_lock = [
        (440, 148), (500, 158), (556, 232), (576, 330), (580, 398), (550, 408), (517, 366),
        (494, 300), (466, 254), (450, 210),
    ]  # fmt: skip
    head.blob(short_lock, _HAIR)
    head.blob(long_lock, _HAIR)
    head.stroke([(438, 176), (350, 190), (280, 240), (244, 310)], (3, 10), _HAIR_LIGHT)
    head.stroke([(482, 184), (520, 226), (544, 300)], (3, 8), _HAIR_LIGHT)
