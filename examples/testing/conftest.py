"""The fake for a test suite: one process for all tests, and a tenant of its own for each test."""

import json
import subprocess
import uuid
from collections.abc import Iterator

import httpx
import pytest


@pytest.fixture(scope="session")
def emo_url() -> Iterator[str]:
    """Starts `emo serve` on a free port and gives its root URL."""
    command = ["emo", "serve", "--port", "0", "--time", "skip", "--log", "json"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        first = server.stderr.readline()
        yield json.loads(first)["url"]
        server.terminate()


@pytest.fixture
def emo(emo_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """Points the program under test at the fake, with a key that no other test has. Gives an HTTP
    client for the control API of this key."""
    key = f"sk-test-{uuid.uuid4().hex}"
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", f"{emo_url}/api/v1")
    monkeypatch.setenv("DASHSCOPE_API_KEY", key)
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=f"{emo_url}/__mock__", headers=headers, trust_env=False) as control:
        yield control
