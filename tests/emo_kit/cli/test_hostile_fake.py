"""Commands read an answer of --server within size limits, also if it is not a fake."""

from __future__ import annotations

import httpx
import pytest
from click.testing import CliRunner

from emo_kit.cli.control_client import LARGEST
from emo_kit.cli.main import cli


class Endless(httpx.SyncByteStream):
    taken = 0

    def __iter__(self):
        while True:
            self.taken += 1 << 16
            yield b"x" * (1 << 16)


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> Endless:
    """Each client of httpx meets a server whose answer does not end."""
    body, client = Endless(), httpx.Client
    answer = httpx.MockTransport(lambda _: httpx.Response(200, stream=body))
    monkeypatch.setattr("httpx.Client", lambda **options: client(**options, transport=answer))
    monkeypatch.setattr("emo_kit.cli.control_client.LARGEST_EXPORT", LARGEST)
    return body


@pytest.mark.parametrize("command", [["explain"], ["journal"], ["journal", "--har"]])
def test_an_endless_answer_is_an_error_with_advice(endless: Endless, command: list[str]) -> None:
    result = CliRunner().invoke(cli, [*command, "--server", "http://fake.test"])
    assert result.exit_code == 1
    assert "is larger than 4 MiB; ask for less, as with emo journal --last 1000" in result.stderr
    assert endless.taken <= LARGEST + (1 << 17)
