"""Helpers for tests of `emo`: the command in a process of its own and in this one."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from typing import TextIO

import pytest
from click.testing import CliRunner, Result

from emo_kit.cli.main import cli, main

EMO = [sys.executable, "-W", "error", "-m", "emo_kit.cli"]
BOXES = ["--face", "302,286,610,593", "--ext", "71,9,840,778"]
MEDIA = ["--image", "https://example.com/a.png", "--audio", "https://example.com/a.wav"]
# For a pytest in a process of its own: it does without the plugins of other packages, which are two
# thirds of its time.
FEW_PLUGINS = [
    f"-pno:{name}"
    for name in ("cacheprovider", "schemathesis", "respx", "anyio", "hypothesispytest", "typeguard")
]
CLEAN = {name: value for name, value in os.environ.items() if "DASHSCOPE" not in name}


def emo(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`emo …` in this process, with its environment, streams and exit code. Retries do not wait."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    code = exit_code_of([*arguments], out, err, **environment)
    texts = [stream.buffer.getvalue().decode() for stream in (out, err)]
    return subprocess.CompletedProcess(arguments, code, *texts)


def exit_code_of(arguments: list[str], out: TextIO, err: TextIO, **environment: str) -> int:
    """Run `emo …` in this process with these streams. Retries do not wait."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("emo_client.retry.backoff", lambda *_: 0.0)
        patch.setattr("gc.disable", lambda: None)  # `emo serve` does it
        for name in os.environ.keys() - CLEAN.keys():
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        with pytest.raises(SystemExit) as ended:
            main(arguments)
    return int(ended.value.code or 0)


def emo_process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`emo …` in a process of its own, for what only a process shows."""
    return subprocess.run(
        [*EMO, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**CLEAN, **environment},
        check=False,
    )


@pytest.fixture(name="run")
def run_here(
    url: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Callable[..., Result]:
    """`emo …` in this process against the module's server, with a key of this test's own. Retries
    do not wait."""
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", f"{url}/api/v1")
    monkeypatch.setenv("DASHSCOPE_API_KEY", f"sk-{abs(hash(request.node.name))}")
    monkeypatch.setattr("emo_client.retry.backoff", lambda *_: 0.0)
    return lambda *arguments, **env: CliRunner().invoke(cli, list(arguments), env=env)
