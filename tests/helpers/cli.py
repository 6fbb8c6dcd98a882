"""What the tests of `emo` share: the command in a process of its own and in this one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from emo_kit.cli.main import cli

EMO = [sys.executable, "-W", "error", "-m", "emo_kit.cli"]
BOXES = ["--face", "302,286,610,593", "--ext", "71,9,840,778"]
MEDIA = ["--image", "https://example.com/a.png", "--audio", "https://example.com/a.wav"]
CLEAN = {name: value for name, value in os.environ.items() if "DASHSCOPE" not in name}


def emo(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
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
    """`emo …` in this process against the module's server, with a key of this test's own."""
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", f"{url}/api/v1")
    monkeypatch.setenv("DASHSCOPE_API_KEY", f"sk-{abs(hash(request.node.name))}")
    return lambda *arguments, **env: CliRunner().invoke(cli, list(arguments), env=env)
