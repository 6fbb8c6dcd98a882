"""Properties of the pure modules that read a call: body, path, URLs, scenario names, signatures."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, quote, urlencode

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from contracts.spec.keywords import ratio_of
from contracts.spec.loader import Operation, Spec
from contracts.spec.routes import Route
from mock_server.engine.operations.detection import detect
from mock_server.engine.operations.results import Denied, open_result, signed_path
from mock_server.scenarios.faults import FAULTS
from mock_server.scenarios.names import (
    Directive,
    Selection,
    UnknownScenario,
    choose_directive,
    selected_by_header,
    selected_by_url_or_key,
)
from mock_server.simulation.json_body import MAX_DEPTH, decode
from tests.helpers.fake import Service, request

SPEC = Spec.load()
OPERATIONS = list(SPEC.operations.values())
often = settings(max_examples=200, derandomize=True, database=None, deadline=None)


media_urls = st.from_regex(SPEC.schemas["MediaUrl"]["pattern"], fullmatch=True)


@often
@given(
    url=media_urls | st.text(), ratio=st.sampled_from(["1:1", "3:4"]), seed=st.binary(max_size=64)
)
@example(url="http://[", ratio="1:1", seed=b"emo")
@example(url="http://127.0.0.1:8787/samples/portrait.png", ratio="3:4", seed=b"emo")
@example(url=request(SPEC, "detectFace")["input"]["image_url"], ratio="1:1", seed=b"emo")
def test_the_boxes_of_any_detection_are_valid_for_a_creation(
    url: str, ratio: str, seed: bytes
) -> None:
    face = detect(SPEC, "emo-detect-v1", seed, url, ratio)
    assert face == detect(SPEC, "emo-detect-v1", seed, url, ratio)
    body = request(SPEC, "createVideoTask")
    body["input"] |= {"face_bbox": face.face, "ext_bbox": face.area}
    assert not list(SPEC.operations["createVideoTask"].body.violations(body))
    x1, y1, x2, y2 = face.area
    assert ratio_of(face.area, [ratio], 0) == ratio
    left, top, right, bottom = face.face
    assert x1 <= left < right <= x2
    assert y1 <= top < bottom <= y2


SERVICE = Service(SPEC)


@often
@given(url=media_urls)
@example(url="http://[")
@example(url="http://\u2100/")  # urllib finds it too odd
def test_every_url_that_the_spec_allows_is_answered(url: str) -> None:
    wanted = 400 if url.lower().startswith("oss:") else 200  # UP: without its header
    for operation, ask in (("detectFace", SERVICE.detect), ("createVideoTask", SERVICE.create)):
        body = request(SPEC, operation)
        body["input"]["image_url"] = url
        assert ask(body).status == wanted


# JSON texts, valid and nearly valid: escapes, duplicate keys, values that only look like JSON.
escapes = st.sampled_from(
    ['\\"', "\\\\", "\\/", "\\n", "\\u0061", "\\u00e9", "\\ud83d\\ude00", "\\ud83d", "\\ude00"]
)
bits = escapes | st.sampled_from(["a", "b", "é", "😀", " ", "{", ":", "\x7f", "\\x", "\\u12", "\t"])
strings = st.lists(bits, max_size=3).map(lambda parts: f'"{"".join(parts)}"')
keys = st.sampled_from(['"a"', '"\\u0061"', '"b"', '""', '"\\""']) | strings
numbers = st.sampled_from(
    ["0", "-0", "-0.0", "1.0", "1e5", "1E-5", "01", "+1", ".5", "1.", "--1", "18446744073709551616"]
) | st.floats(allow_nan=False, allow_infinity=False).map(repr)
scalars = numbers | strings | st.sampled_from(["true", "false", "null", "NaN", "-Infinity", "nul"])
space = st.sampled_from(["", "", " ", "\n", "\t\r", "\x0b", "\ufeff"])
commas = st.sampled_from([",", ",", ",", " , ", ",,", ""])


@st.composite
def containers(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    items = draw(st.lists(inner, max_size=4))
    comma, pad = draw(commas), draw(space)
    if draw(st.booleans()):
        return f"[{pad}{comma.join(items)}{pad}]"
    colon = draw(st.sampled_from([":", ":", " : "]))
    return f"{{{pad}{comma.join(draw(keys) + colon + item for item in items)}{pad}}}"


texts = st.recursive(scalars, lambda inner: containers(inner), max_leaves=8)


def reference(text: bytes) -> Any:
    """JSON as RFC 8259 has it, in UTF-8, each key once. Raises ValueError for anything else."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) < len(pairs):
            raise ValueError("a duplicate key")
        return dict(pairs)

    def no(name: str) -> None:
        raise ValueError(f"{name} is no number")

    value = json.loads(text.decode("utf-8"), object_pairs_hook=once, parse_constant=no)
    # A lone surrogate is not a character, and an infinite number is not JSON.
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    return value


def outcome(read: Any, text: bytes) -> str:
    """The value of a text as repr, which shows types, order and signs of zeros; or "refused"."""
    try:
        return repr(read(text))
    except ValueError:
        return "refused"


@settings(often, max_examples=300)
@given(text=texts, before=space, after=space)
@example(text='{"a":{"b":1},"c":"\\"" , "c":1}', before="", after="")
@example(text='{"":1,"":2}', before="", after="")
@example(text='["\\ud83d"]', before="", after="")
def test_a_body_is_read_as_rfc_8259_defines_json(text: str, before: str, after: str) -> None:
    raw = (before + text + after).encode()
    assert outcome(decode, raw) == outcome(reference, raw)


@often
@given(text=texts.map(str.encode), at=st.integers(0, 200), byte=st.binary(max_size=2))
def test_a_damaged_body_is_read_or_refused_as_rfc_8259_says(
    text: bytes, at: int, byte: bytes
) -> None:
    raw = text[:at] + byte + text[at + 1 :]
    assert outcome(decode, raw) == outcome(reference, raw)


@often
@given(depth=st.integers(1, 2 * MAX_DEPTH), kinds=st.lists(st.booleans(), min_size=1, max_size=5))
def test_a_body_is_refused_beyond_the_depth_limit(depth: int, kinds: list[bool]) -> None:
    ways = [('{"a":', "}") if kinds[level % len(kinds)] else ("[", "]") for level in range(depth)]
    text = "".join(way[0] for way in ways) + "1" + "".join(way[1] for way in reversed(ways))
    assert (outcome(decode, text.encode()) == "refused") == (depth > MAX_DEPTH)


@pytest.mark.parametrize("text", [b"1e999", b'{"x": -1e999}', b'["\\n", 1e400]', b"1" * 5000])
def test_an_infinite_or_endless_number_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(text)


router = SPEC.router
METHODS = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "", "get"]


@often
@given(
    method=st.sampled_from(METHODS) | st.text(max_size=5),
    path=st.text()
    | st.lists(
        st.sampled_from(["/", "/api/v1", "/qwen", "tasks", "cancel", "%2F", "%", "..", "services"])
        | st.text(max_size=3)
    ).map("".join),
)
def test_any_path_and_method_can_be_looked_up(method: str, path: str) -> None:
    found = router.find(method, path)
    assert found is None or found == method or found.operation.method == method


@often
@given(
    name=st.sampled_from(sorted(SPEC.operations)),
    prefix=st.sampled_from(SPEC.prefixes),
    slash=st.sampled_from(["", "/"]),
    value=st.text(min_size=1),
    other=st.sampled_from(METHODS),
)
def test_every_spelling_of_every_path_is_found(
    name: str, prefix: str, slash: str, value: str, other: str
) -> None:
    operation = SPEC.operations[name]
    path = prefix + operation.path(quote(value, safe="")) + slash
    wanted = value if "{" in operation.template else ""
    assert router.find(operation.method, path) == Route(operation, wanted)
    there = {o.method for o in OPERATIONS if o.template == operation.template}
    if other not in there:
        assert router.find(other, path) == other


@often
@given(
    name=st.sampled_from(sorted(SPEC.operations)),
    prefix=st.sampled_from(["", "/", "/a/reseller", "/" * 500, *SPEC.prefixes]),
    slash=st.sampled_from(["", "/"]),
    value=st.text(min_size=1) | st.sampled_from(["tasks", "cancel", "face-detect"]),
)
def test_every_path_is_found_below_any_prefix(
    name: str, prefix: str, slash: str, value: str
) -> None:
    operation = SPEC.operations[name]
    path = prefix + operation.path(quote(value, safe="")) + slash
    wanted = value if "{" in operation.template else ""
    assert router.find_anywhere(operation.method, path) == Route(operation, wanted)


def spellings(name: str) -> dict[str, list[Selection]]:
    """The three ways to ask for a scenario."""
    url = f"https://example.com/a.png?x=1&{urlencode({'emo-scenario': name})}#top"
    return {
        "header": list(selected_by_header({b"x-mock-scenario": name.encode()})),
        "url": list(selected_by_url_or_key(["https://example.com/b.wav", url], "")),
        "key": list(selected_by_url_or_key([], name)),
    }


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
@pytest.mark.parametrize("way", ["header", "url", "key"])
def test_every_outcome_is_chosen_when_a_scenario_names_it(operation: Operation, way: str) -> None:
    for name, outcome in SPEC.outcomes.items():
        is_fate = name in SPEC.task_outcomes
        if is_fate and operation.id == "createVideoTask":
            wanted = Directive(ending=outcome, name=name, source=way)
        elif name in operation.outcomes and (way == "header" or not is_fate):
            wanted = Directive(outcome, name=name, source=way)
        else:
            wanted = None
        assert choose_directive(SPEC, operation, iter(spellings(name)[way])) == wanted


@pytest.mark.parametrize("way", ["header", "url", "key"])
def test_a_name_with_an_operation_chooses_the_outcome_of_that_operation_alone(way: str) -> None:
    for meant in OPERATIONS:
        for name, outcome in meant.outcomes.items():
            asked = spellings(f"{meant.id}:{name}")[way]
            for operation in OPERATIONS:
                found = Directive(outcome, name=name, source=way)
                wanted = found if operation is meant else None
                assert choose_directive(SPEC, operation, iter(asked)) == wanted


@often
@given(
    name=st.text(st.characters(codec="latin-1"), min_size=1),
    operation=st.sampled_from(sorted(SPEC.operations)),
    way=st.sampled_from(["url", "key"]),
)
@example(name="InvalidFile.Nohuman", operation="detectFace", way="key")
def test_an_unknown_name_is_always_refused(name: str, operation: str, way: str) -> None:
    bare = name.rpartition(":")[2].partition("=")[0].strip()
    assume(bare not in SPEC.outcomes and bare not in FAULTS)
    with pytest.raises(UnknownScenario, match="no scenario"):
        choose_directive(SPEC, SPEC.operations[operation], iter(spellings(name)[way]))


SEED, DAY = b"emo", 86400
ids = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1)


def opened(path: str, query: dict[str, str], now: float, seed: bytes = SEED) -> bytes | Denied:
    return open_result(seed, path, urlencode(query), now)


def signed(tenant: str, task: str, ratio: str, expires: float) -> tuple[str, dict[str, str]]:
    path, _, query = signed_path(SEED, tenant, task, ratio, 3.2, expires).partition("?")
    return path, {name: values[0] for name, values in parse_qs(query).items()}


links = st.builds(
    signed, ids, ids, st.sampled_from(["1:1", "3:4"]), st.floats(DAY, 4e9, allow_subnormal=False)
)


@often
@given(link=links, early=st.floats(0, DAY))
def test_a_signed_url_opens_until_it_expires(
    link: tuple[str, dict[str, str]], early: float
) -> None:
    path, query = link
    expires = int(query["Expires"])
    opens = opened(path, query, expires - early)
    assert isinstance(opens, bytes if expires - early < expires else Denied)
    late = opened(path, query, expires)
    assert late == Denied("expired", expires)


@often
@given(
    link=links,
    part=st.sampled_from(["path", "Expires", "Signature"]),
    at=st.integers(0, 1000),
    change=st.sampled_from(["cut", "double", "other"]) | st.text(min_size=1, max_size=3),
)
def test_a_changed_signed_url_is_refused(
    link: tuple[str, dict[str, str]], part: str, at: int, change: str
) -> None:
    path, query = link
    parts = {**query, "path": path}
    was, place = parts[part], at % len(parts[part])
    put = {"cut": "", "double": was[place] * 2, "other": "1" if was[place] == "0" else "0"}
    parts[part] = was[:place] + put.get(change, change) + was[place + 1 :]
    assume(parts[part] != was)
    path, now = parts.pop("path"), int(query["Expires"]) - 1.0
    denied = opened(path, parts, now)
    assert isinstance(denied, Denied)
    assert denied.outcome in ("no-signature", "bad-signature", "no-such-key")


@often
@given(link=links, part=st.sampled_from(["Expires", "Signature"]), seed=st.binary(min_size=1))
def test_a_url_without_signature_or_from_another_seed_is_refused(
    link: tuple[str, dict[str, str]], part: str, seed: bytes
) -> None:
    path, query = link
    now = int(query["Expires"]) - 1.0
    assert isinstance(opened(path, {k: v for k, v in query.items() if k != part}, now), Denied)
    assert isinstance(opened(path, query, now, seed + b"x"), Denied)
