"""Helpers for tests with curl: curl with a key of its own, its exit code, and the shell in which
a user runs copied commands."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.helpers.bad_days import Key
from tests.helpers.fake import SERVICE, need
from tests.helpers.transports import AUDIO

DETECT, CREATE = f"{SERVICE}/face-detect", f"{SERVICE}/video-synthesis"
ASYNC = ["-H", "X-DashScope-Async: enable"]
JSON = ["-H", "Content-Type: application/json"]


class CurlResult(NamedTuple):
    """The result of one run of curl: exit code, status (0 without an answer), headers, body,
    stderr."""

    exit: int
    status: int
    headers: dict[str, str]
    text: str
    error: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)


class Curl(Key):
    """curl with one API key: `curl(path, option…, json=…)`."""

    def __init__(self, url: str, folder: Path, suffix: str = "") -> None:
        super().__init__(url, suffix)
        self._head = folder / "head"

    def command(self, path: str, *options: str, json: Any = None) -> list[str]:
        self._head.unlink(missing_ok=True)
        words = ["curl", "-q", "-sS", "--noproxy", "*", "--max-time", "5", "-D", str(self._head)]
        if not any(option.startswith("Authorization") for option in options):
            words += ["-H", f"Authorization: Bearer {self.name}"]
        words += options
        if json is not None:
            words += [*JSON, "--data-binary", json_text(json)]
        return [*words, "-w", "\n%{http_code}", self.url + path]

    def __call__(self, path: str, *options: str, json: Any = None) -> CurlResult:
        command = self.command(path, *options, json=json)
        return self.result_of(subprocess.run(command, capture_output=True, check=False))

    def result_of(self, done: subprocess.CompletedProcess[bytes]) -> CurlResult:
        """Read the result of a finished process."""
        text, _, status = done.stdout.decode("utf-8", "replace").rpartition("\n")
        head = self._head.read_text() if self._head.exists() else ""
        headers = dict(re.findall(r"^([\w-]+): (.*)$", head, re.M))
        return CurlResult(done.returncode, int(status), headers, text, done.stderr.decode())

    def detect(self, *options: str, **changes: Any) -> CurlResult:
        return self(DETECT, *options, json=body("emo-detect-v1", changes))

    def create(self, *options: str, **changes: Any) -> CurlResult:
        return self(CREATE, *ASYNC, *options, json=body("emo-v1", changes))

    def create_command(self, *options: str) -> list[str]:
        return self.command(CREATE, *ASYNC, *options, json=body("emo-v1", {}))

    def task(self) -> str:
        """Create a task; gives its path."""
        return f"/api/v1/tasks/{self.create().body['output']['task_id']}"

    def put(self, path: str, value: Any) -> CurlResult:
        """Change something by the control API."""
        result = self(f"/__mock__{path}", "-X", "PUT", json=value)
        assert (result.exit, result.status) == (0, 200), result
        return result

    def advance(self, seconds: float) -> None:
        assert self("/__mock__/clock", json={"advance": seconds}).status == 200


@pytest.fixture(name="curls")
def curls_of_a_test(tmp_path: Path) -> Callable[..., Curl]:
    """`curl = curls(url)`: curl with a key of its own."""
    need(shutil.which("curl"), "curl")
    return lambda url, suffix="": Curl(url, tmp_path, suffix)


def json_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def body(model: str, changes: dict[str, Any]) -> dict[str, Any]:
    """A documented body with changes: of fields of the input, or of `model` and `parameters`."""
    given: dict[str, Any] = {"image_url": "https://example.com/a.png"}
    if model == "emo-v1":
        given |= {"audio_url": AUDIO, "face_bbox": [302, 286, 610, 593],
                  "ext_bbox": [71, 9, 840, 778]}  # fmt: skip
    whole = {name: changes.pop(name) for name in ("model", "parameters") if name in changes}
    given = {name: value for name, value in {**given, **changes}.items() if value is not None}
    return {"model": model, "input": given, **whole}


def shell(script: str, key: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a shell that has the key in its environment."""
    clean = {name: value for name, value in os.environ.items() if "DASHSCOPE" not in name}
    env = {**clean, "DASHSCOPE_API_KEY": key, "NO_PROXY": "*", "no_proxy": "*"}
    return subprocess.run(
        ["/bin/sh", "-c", script],
        env=env, capture_output=True, text=True, errors="replace", timeout=30, check=False,
    )  # fmt: skip


def need_emo() -> str:
    """The path of the `emo` command that is installed beside this Python."""
    emo = Path(sys.executable).with_name("emo")
    need(emo.exists(), "the installed emo")
    return str(emo)
