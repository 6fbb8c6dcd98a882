"""An answer of any size, compressed or not, is read up to a limit."""

import gzip
import json
import os
import subprocess
import sys
import zlib
from functools import cache
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emo_client import ServiceError, UnexpectedAnswer, limits, secrecy
from emo_client.decoding.codings import unpacked
from emo_client.exchange import Runtime
from emo_client.intake import Intake

BOXES = ("https://x/p.png", "https://x/v.mp3", (1, 2, 3, 4), (1, 2, 3, 4))
PAID = "a8532587-fa8c-4ef8-82be-3c9d5e7f1a2b"
CREATED = json.dumps({"output": {"task_id": PAID, "task_status": "PENDING"}}).encode()


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKERS = {"gzip": gzip.compress, "deflate": zlib.compress, "identity": bytes}
CLAIMS = ["gzip", "deflate", "br", ""]
HTTP = httpx.Client(trust_env=False)  # makes requests, and sends none
RUNTIME = Runtime(HTTP, secrecy.Secret("sk-key"), "http://x", 9.0, *[lambda: 0.0] * 3)
REQUEST = HTTP.build_request("GET", "http://x", timeout=9.0)
codings = st.lists(st.sampled_from(sorted(PACKERS)), max_size=limits.CODINGS)


def packed(data: bytes, names: list[str]) -> bytes:
    for name in names:
        data = PACKERS[name](data)
    return data


@given(st.binary(max_size=500), codings)
def test_a_small_body_is_decompressed_as_httpx_does(body, names) -> None:
    coding, data = ", ".join(names), packed(body, names)
    theirs = httpx.Response(200, headers={"Content-Encoding": coding}, content=data).content
    assert unpacked(data, coding, 1000) == (theirs, False) == (body, False)


@given(st.integers(0, 100_000), codings, st.integers(1, 5000))
def test_a_body_is_never_decompressed_beyond_the_limit(size, names, most) -> None:
    body, is_cut = unpacked(packed(bytes(size), names), ",".join(names), most)
    if any(PACKERS[name] is not bytes for name in names):
        assert len(body) <= most
    assert bytes(size).startswith(body) or is_cut
    assert is_cut or len(body) == size


@given(st.binary(max_size=300), st.lists(st.sampled_from(CLAIMS), max_size=9))
def test_any_bytes_can_be_decompressed(body, names) -> None:
    data, _ = unpacked(body, ",".join(names), 1000)
    assert len(data) <= 1000


@given(st.lists(st.binary(max_size=300), max_size=30), st.sampled_from(["", "gzip", "deflate"]))
def test_the_memory_of_an_answer_is_bounded_for_any_chunks(chunks, coding) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "ANSWER", 1000)
        intake = Intake(RUNTIME, REQUEST)
    intake.begin(httpx.Response(200, headers={"content-encoding": coding}))
    for chunk in chunks:
        wants_more = intake.take(chunk)
        assert len(intake.memory) <= 1001 and wants_more == (len(intake.memory) <= 1000)
        if not wants_more:
            break
    answer, whole = intake.answer(), b"".join(chunks)
    assert answer.extensions["is_cut"] or len(whole) <= 1000
    assert len(answer.content) <= 1000 and (coding or whole.startswith(answer.content))


def test_raw_deflate_is_decompressed_and_plain_text_is_not() -> None:
    assert unpacked(raw_deflate(CREATED), "deflate", 1000) == (CREATED, False)
    assert unpacked(CREATED, "deflate", 1000) == (CREATED, False)


def test_a_body_with_too_many_codings_is_not_decompressed() -> None:
    body = packed(CREATED, ["gzip"] * (limits.CODINGS + 1))
    assert unpacked(body, ",".join(["gzip"] * (limits.CODINGS + 1)), 1000) == (body, False)


LONG = b" " * limits.ANSWER
# What packs the body, and its Content-Encoding.
TOO_LONG = {
    "as it is": (bytes, ""),
    "gzip": (gzip.compress, "gzip"),
    "deflate": (raw_deflate, "deflate"),
    "gzip twice": (lambda body: gzip.compress(gzip.compress(body)), "gzip, gzip"),
}


@cache
def too_long(name: str) -> bytes:
    return TOO_LONG[name][0](CREATED + LONG)


@pytest.fixture(params=TOO_LONG)
def answering_too_much(request, emo_with):
    """Makes a client of a service whose answer, with this status, is over the limit."""
    body, coding = too_long(request.param), TOO_LONG[request.param][1]

    def made(status: int):
        headers = {"Content-Encoding": coding} if coding else {}
        answer = lambda _: httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))  # noqa: E731
        return emo_with(transport=httpx.MockTransport(answer))

    return made


def test_the_error_of_a_too_large_creation_answer_names_the_paid_task(
    answering_too_much,
) -> None:
    with pytest.raises(UnexpectedAnswer, match=r"larger than 4 MiB.*wait for it") as got:
        answering_too_much(200).create(*BOXES)
    assert got.value.task_id == PAID and len(str(got.value)) < 600


def test_the_error_of_a_too_large_page_has_its_status(answering_too_much) -> None:
    with pytest.raises(ServiceError, match="answered 502"):
        answering_too_much(502).cancel("t")


def test_an_answer_of_the_largest_size_is_read(emo_with) -> None:
    body = CREATED + LONG[len(CREATED) :]
    emo = emo_with(transport=httpx.MockTransport(lambda _: httpx.Response(200, content=body)))
    assert emo.get("t").output.task_id == PAID


def test_only_codings_with_bounded_decompression_are_requested(emo, on, task) -> None:
    route = on("GET", "/tasks/t", task("RUNNING"))
    emo.get("t")
    assert route.calls[0].request.headers["accept-encoding"] == "gzip, deflate"


PROGRAM = """
import asyncio, re, sys
from pathlib import Path
from emo_client import AsyncClient, Client
url, kind = sys.argv[1:]
options = {"api_key": "sk-0123456789", "base_url": url, "timeout": 20.0}
async def ask():
    async with AsyncClient(**options) as emo:
        await emo.cancel("t")
try:
    Client(**options).cancel("t") if kind == "Client" else asyncio.run(ask())
except Exception as error:
    peak = re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())
    print(type(error).__name__, int(peak[1]) >> 10)
"""


@cache
def bomb(mib: int) -> bytes:
    """So many MiB of zeros as gzip, a thousandth as large."""
    packer = zlib.compressobj(wbits=31)
    parts = [packer.compress(bytes(1 << 20)) for _ in range(mib)]
    return b"".join([*parts, packer.flush()])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("kind", ["Client", "AsyncClient"])
def test_a_decompression_bomb_costs_bounded_memory(serve_bytes, kind) -> None:
    """200 MiB in 200 KB, on a real socket. A client alone needs about 40 MiB."""
    body = bomb(200)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    run = [sys.executable, "-c", PROGRAM, serve_bytes(head.encode() + body), kind]
    environment = {**os.environ, "NO_PROXY": "*"}
    said = subprocess.run(run, capture_output=True, text=True, timeout=60, env=environment)
    name, _, mib = said.stdout.partition(" ")
    assert (name, int(mib) < 90) == ("UnexpectedAnswer", True), said


# Each of its encodings, decoded, gives other encodings.
WOVEN = rb"%2525 \\\\u005cu0041 =3D3D3D QUJDQUJDQUJDQUJD 61626162616261626162 &amp;amp; "


@pytest.mark.parametrize("echo", [b"", b"sk-attack-0001-abcdef "], ids=["no key", "a key"])
def test_a_text_with_too_many_nested_encodings_is_hidden_completely(monkeypatch, echo) -> None:
    monkeypatch.setattr(secrecy, "READ", 1 << 16)
    shown = secrecy.Secret("sk-attack-0001-abcdef").clean_bytes(echo + WOVEN * 200)
    assert shown.decode() == secrecy.UNREAD


def test_a_page_of_a_hundred_tasks_is_far_below_the_limit() -> None:
    url = "http://x.oss-cn-beijing.aliyuncs.com/1d/ab/0a1b2c3d4e5f6071/v.mp4?Signature=ab%2Bcd%3D"
    listed = json.dumps([{"task_id": PAID, "status": "SUCCEEDED", "video_url": url}] * 100)
    assert len(listed) * 60 < secrecy.READ
    assert secrecy.Secret("sk-attack-0001-abcdef").clean(listed) == listed
