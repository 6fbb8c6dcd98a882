"""Responses of a provider are read within limits of size and time."""

from __future__ import annotations

import gzip
import os
import socket
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.provider.bounded_http import BEGINNING, Answer, fetch, size_text
from contracts.provider.content_encoding import MOST, CannotUnpack, UnknownCoding, unpacked

PACKERS = {"gzip": gzip.compress, "deflate": zlib.compress, "identity": bytes}
codings = st.lists(st.sampled_from(sorted(PACKERS)), max_size=MOST)
URL = "http://provider.example/"


def packed(data: bytes, names: list[str]) -> bytes:
    for name in names:
        data = PACKERS[name](data)
    return data


def fetched(chunks: list[bytes], coding: str = "", *, most: int = 1000, **more: int) -> Answer:
    def answer(_: httpx.Request) -> httpx.Response:
        headers = {"Content-Encoding": coding} if coding else {}
        return httpx.Response(200, headers=headers, stream=Chunks(chunks))

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        return fetch(http, http.build_request("GET", URL), limit=most, seconds=60, **more)


class Chunks(httpx.SyncByteStream):
    def __init__(self, chunks: list[bytes]) -> None:
        self.chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.chunks)


@given(st.binary(max_size=500), codings)
def test_a_small_body_is_unpacked_as_httpx_does(body: bytes, names: list[str]) -> None:
    coding, data = ", ".join(names), packed(body, names)
    theirs = httpx.Response(200, headers={"Content-Encoding": coding}, content=data).content
    assert unpacked(data, coding, 1000) == theirs == body


@given(st.integers(0, 100_000), codings, st.integers(1, 5000))
def test_unpacking_stops_at_the_limit(size: int, names: list[str], most: int) -> None:
    names = [*names[1:], "gzip"]
    plain = unpacked(packed(bytes(size), names), ",".join(names), most)
    assert len(plain) <= most + 1 and (len(plain) > most or plain == bytes(size))


@given(st.lists(st.binary(max_size=300), max_size=30))
def test_a_response_body_is_joined_from_its_chunks_up_to_the_limit(chunks: list[bytes]) -> None:
    answer, whole = fetched(chunks), b"".join(chunks)
    assert answer.is_cut == (len(whole) > 1000)
    assert answer.body == (whole[:1000][:BEGINNING] if answer.is_cut else whole)
    assert whole.startswith(answer.body) and answer.size <= len(whole)


def test_a_body_with_more_than_5_content_encodings_is_an_error() -> None:
    names = ["gzip"] * (MOST + 1)
    with pytest.raises(CannotUnpack, match="6 nested codings; at most 5"):
        unpacked(packed(b"a", names), ",".join(names), 1000)


@pytest.mark.parametrize(
    ("coding", "why"),
    [("gzip", "its Content-Encoding gzip"), ("br", "unknown Content-Encoding 'br'")],
)
def test_a_body_that_cannot_be_unpacked_is_an_error(coding: str, why: str) -> None:
    with pytest.raises(CannotUnpack, match=why) as caught:
        unpacked(gzip.compress(b"a" * 100)[:-9], coding, 1000)
    assert isinstance(caught.value, UnknownCoding) == (coding == "br")


def test_an_unknown_encoding_is_left_as_it_is_and_a_wrong_one_is_an_error() -> None:
    assert fetched([b"{}"], "utf-8").json() == {}
    with pytest.raises(httpx.DecodingError, match="does not match its Content-Encoding gzip"):
        fetched([b"{}"], "gzip")


def test_a_download_keeps_the_first_bytes_and_counts_all() -> None:
    answer = fetched([b"abc"] * 100, keep=4)
    assert (answer.body, answer.size, answer.is_cut) == (b"abca", 300, False)


def test_a_compression_bomb_is_cut_at_the_limit() -> None:
    body = gzip.compress(gzip.compress(bytes(10 << 20)))
    answer = fetched([body], "gzip, gzip", most=100_000)
    assert answer.is_cut and len(answer.body) == BEGINNING


@pytest.mark.parametrize("value", ["[" * 100_000, "{", "\udc80"])
def test_an_invalid_json_body_raises_value_error(value: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        fetched([value.encode(errors="surrogateescape")], most=1 << 20).json()


@contextmanager
def serving(first: bytes, again: bytes = b"") -> Iterator[str]:
    """A server that sends `first`, then `again` until the client disconnects."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hold(line: socket.socket) -> None:
            with line:
                try:
                    line.recv(65536)
                    line.sendall(first)
                    while again and not ended.wait(0.01):
                        line.sendall(again)
                except OSError:
                    pass

        def accept() -> None:
            try:
                while True:
                    threading.Thread(target=hold, args=(listener.accept()[0],), daemon=True).start()
            except OSError:  # closed
                pass

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (b"HTTP/1.1 200 OK\r\nX: ", b"a"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"a"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
    ],
    ids=["head", "100 Continue", "body", "chunk"],
)
def test_an_endless_response_ends_with_a_timeout(first: bytes, again: bytes) -> None:
    with serving(first, again) as url, httpx.Client(trust_env=False) as http:
        request = http.build_request("GET", url)
        with pytest.raises(httpx.ReadTimeout, match=r"the answer was not complete after 0\.2 s"):
            fetch(http, request, limit=1000, seconds=0.2)


def test_an_endless_response_head_is_refused_by_its_size() -> None:
    head = b"HTTP/1.1 200 OK\r\n" + b"X-Filler: abcdefgh\r\n" * 20_000
    with serving(head) as url, httpx.Client(trust_env=False) as http:
        request = http.build_request("GET", url)
        with pytest.raises(httpx.RemoteProtocolError, match="too long"):
            fetch(http, request, limit=1000, seconds=60)


PROGRAM = """
import re, sys
from pathlib import Path
import httpx
from contracts.provider.budget import Budget
from contracts.provider.http import Provider
from contracts.spec.loader import Spec
with httpx.Client(trust_env=False) as http:
    free = Budget(Spec.load(), None, 1.0)
    provider = Provider(sys.argv[1], budget=free, http=http, key="sk-12345678")
    answer = provider.send("GET", "/api/v1/tasks/t").answer
    provider.download(sys.argv[1])
peak = re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())
print(int(peak[1]) >> 10, answer)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_verify_reads_a_compression_bomb_within_its_memory_limit() -> None:
    packer = zlib.compressobj(wbits=31)
    body = b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(200)), packer.flush()])
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    with serving(head.encode() + body) as url:
        run = [sys.executable, "-c", PROGRAM, url]
        said = subprocess.run(run, capture_output=True, text=True, timeout=60, env=os.environ)
    mib, _, answer = said.stdout.partition(" ")
    assert answer.startswith("the answer is larger than 256 KiB; it begins"), said
    assert int(mib) < 90


def test_a_limit_is_printed_in_the_largest_unit() -> None:
    assert (size_text(4 << 20), size_text(256 << 10)) == ("4 MiB", "256 KiB")
