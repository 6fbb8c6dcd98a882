"""Answers whose Content-Encoding does not fit their bytes: gateways decompress or damage a body and
leave the header unchanged. The client still finds the id of a paid task."""

import gzip
import json
import random
import zlib

import httpx
import pytest

from emo_client import ServiceError, UnexpectedAnswer

BOXES = ("https://x/p.png", "https://x/v.mp3", (1, 2, 3, 4), (1, 2, 3, 4))
PAID = "a8532587-fa8c-4ef8-82be-3c9d5e7f1a2b"
CREATED = json.dumps({"output": {"task_id": PAID, "task_status": "PENDING"}}).encode()


@pytest.fixture
def emo_over(emo_with):
    """A client whose every answer has these bytes under this Content-Encoding."""

    def made(body: bytes, coding: str, status: int = 200):
        def answer(_: httpx.Request) -> httpx.Response:
            headers = {"Content-Encoding": coding, "Content-Type": "application/json"}
            return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))

        return emo_with(transport=httpx.MockTransport(answer))

    return made


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity", "aws-chunked"])
def test_a_body_that_does_not_fit_its_coding_is_read_as_it_is(emo_over, coding) -> None:
    assert emo_over(CREATED, coding).create(*BOXES).output.task_id == PAID


@pytest.mark.parametrize(
    ("pack", "coding"),
    [(gzip.compress, "gzip"), (zlib.compress, "deflate"), (gzip.compress, "identity")],
)
def test_a_compressed_body_is_decompressed(emo_over, pack, coding) -> None:
    assert emo_over(pack(CREATED), coding).create(*BOXES).output.task_id == PAID


def test_a_compressed_body_with_a_wrong_checksum_is_read(emo_over) -> None:
    packed = gzip.compress(CREATED)[:-8] + bytes(8)
    assert emo_over(packed, "gzip").create(*BOXES).output.task_id == PAID


def test_the_error_of_a_damaged_compressed_body_has_the_task_id(emo_over) -> None:
    rest = b', "usage": "%s"}' % random.Random(1).randbytes(900).hex().encode()
    damaged = gzip.compress(CREATED[:-1] + rest)[:-300] + b"\xff" * 300
    with pytest.raises(UnexpectedAnswer, match="wait for it instead of creating another") as caught:
        emo_over(damaged, "gzip").create(*BOXES)
    assert caught.value.task_id == PAID


def test_the_error_of_a_damaged_body_has_its_status(emo_over) -> None:
    with pytest.raises(ServiceError, match="answered 502"):
        emo_over(b"\x1f\x8bdamaged", "gzip", 502).get("t")


def test_a_mocked_response_that_is_already_decompressed_is_accepted(emo_with) -> None:
    headers = {"Content-Encoding": "gzip"}
    mock = lambda _: httpx.Response(200, headers=headers, content=gzip.compress(CREATED))  # noqa: E731
    emo = emo_with(transport=httpx.MockTransport(mock))
    assert emo.create(*BOXES).output.task_id == PAID
