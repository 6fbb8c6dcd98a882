"""`--admin-token-file` keeps a token out of the arguments that `ps` shows."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from click.testing import CliRunner

from emo_kit.cli.main import cli, main
from emo_kit.cli.secret_files import LONGEST

TOKEN = "Tok3n-of-admin-99"


def explain(*arguments: str, **options: object) -> str:
    return CliRunner().invoke(cli, ["explain", "--key", "sk-a", *arguments], **options).output  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("end", "encoding"), [("", "ascii"), ("\n", "utf-8-sig"), ("\r\n", "utf-16")]
)
def test_a_control_command_reads_the_admin_token_from_a_file(
    serve: Callable[..., AbstractContextManager[str]], tmp_path: Path, end: str, encoding: str
) -> None:
    file = tmp_path / "token"
    file.write_bytes((TOKEN + end).encode(encoding))
    with serve(admin_token=TOKEN) as url:
        assert "token" in explain("--server", url)
        for arguments, env in ((["--admin-token-file", str(file)], {}),
                               ([], {"EMO_ADMIN_TOKEN_FILE": str(file)})):  # fmt: skip
            answered = explain("--server", url, *arguments, env=env)
            assert "there is nothing to explain" in answered
        answered = explain("--server", url, "--admin-token-file", "-", input=TOKEN + end)
        assert "there is nothing to explain" in answered


@pytest.mark.parametrize(
    "content", ["", "\n", f"{TOKEN}\nanother", "t\u00f6ken", "x" * LONGEST, "a\0b", "\udcff"]
)
def test_an_invalid_token_file_is_refused_without_showing_its_content(
    tmp_path: Path, content: str
) -> None:
    file = tmp_path / "token"
    file.write_bytes(content.encode("utf-8", "surrogateescape"))
    refused = explain("--admin-token-file", str(file))
    assert "must hold one line of printable ASCII" in refused
    assert TOKEN not in refused


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert "No such file" in explain("--admin-token-file", str(tmp_path / "none"))
    assert "Is a directory" in explain("--admin-token-file", str(tmp_path))


def test_a_token_and_a_token_file_together_are_refused(tmp_path: Path) -> None:
    refused = explain("--admin-token-file", "-", "--admin-token", TOKEN, input=TOKEN)
    assert "give --admin-token or --admin-token-file, not both" in refused


def test_no_error_shows_the_password_of_a_proxy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://someone:hunter2hunter2@127.0.0.1:9")
    monkeypatch.setattr(sys, "argv", ["emo"])
    with pytest.raises(SystemExit):
        main(["explain", "--server", "http://hunter2hunter2/x y"])
    assert "hunter2" not in capsys.readouterr().err
