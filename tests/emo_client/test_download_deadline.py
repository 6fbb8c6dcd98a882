"""A store that keeps the connection busy blocks no download (real sockets)."""

import time

import pytest

from emo_client import ConnectionFailed, DownloadFailed
from tests.emo_client.test_deadline import LIMIT, busy, emo_there  # noqa: F401


def test_a_download_ends_while_the_connection_stays_busy(emo_there, busy, tmp_path) -> None:  # noqa: F811
    began = time.monotonic()
    with pytest.raises(DownloadFailed, match=r"came too slowly|length|whole"):
        emo_there.download(f"{busy}/v.mp4", tmp_path / "v.mp4", timeout=2 * LIMIT)
    assert time.monotonic() - began < 10
    assert not (tmp_path / "v.mp4").exists()


def test_a_response_head_without_end_is_an_error(emo_with, serve_bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\n" + b"X-Filler: abcdefgh\r\n" * 20_000
    with pytest.raises(ConnectionFailed, match="RemoteProtocolError") as caught:
        emo_with(base_url=serve_bytes(head)).cancel("t")
    assert caught.value.may_have_arrived
