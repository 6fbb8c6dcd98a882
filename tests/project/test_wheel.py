"""The built wheel has all files that it needs and works outside of the repository."""

from __future__ import annotations

import shlex
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.cli import MEDIA

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    here = "--no-isolation"  # the build backend of constraints.txt, not the newest one
    build = [sys.executable, "-m", "build", "--wheel", here, "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    return next(folder.glob("*.whl"))


def test_the_wheel_contains_the_spec_the_media_and_the_types(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "contracts/openapi.yaml", "contracts/py.typed", "contracts/reports/page.css",
        "emo_client/py.typed", "emo_kit/py.typed",
        "mock_server/py.typed", "mock_server/page/page.css", "mock_server/page/favicon.svg",
        "mock_server/page/docs/control.md", "mock_server/page/docs/maintainers/proven.md",
        "mock_server/media/clip-1x1.mp4", "mock_server/media/clip-3x4.mp4",
        "mock_server/media/manifest.json", "mock_server/media/portrait.png",
        "mock_server/media/voice.wav",
    } <= names  # fmt: skip
    rooms = {name.split("/")[0] for name in names}
    assert {r for r in rooms if not r.endswith(".dist-info")} == {
        "contracts", "emo_client", "emo_kit", "mock_server",
    }  # fmt: skip


@pytest.fixture(scope="module")
def uv(uv_environment: dict[str, str]) -> Callable[..., str]:
    """`uv("uv", "venv", path)` runs uv in the checkout."""
    pinned = {"UV_CONSTRAINT": "constraints.txt", "UV_BUILD_CONSTRAINT": "constraints.txt"}
    env = {**uv_environment, **pinned}

    def run(*command: str | Path) -> str:
        given = [str(part) for part in command]
        done = subprocess.run(given, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_the_installed_wheel_makes_a_video_outside_of_the_repository(
    wheel: Path, tmp_path: Path, uv: Callable[..., str]
) -> None:
    uv("uv", "venv", tmp_path / "venv")
    uv("uv", "pip", "install", "--python", tmp_path / "venv", wheel)
    emo = tmp_path / "venv" / "bin" / "emo"
    serve = [emo, "serve", "--port", "0", "--time", "skip"]
    with subprocess.Popen(serve, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as server:
        try:
            ready = str(server.stderr and server.stderr.readline())
            base = ready.removeprefix("emo: serving on ").partition(" ")[0]
            generate = [emo, "generate", *MEDIA, "-o", "v.mp4", "--base-url", f"{base}/api/v1"]
            subprocess.run(generate, check=True, timeout=60, cwd=tmp_path, capture_output=True)
        finally:
            server.terminate()
    assert (tmp_path / "v.mp4").read_bytes()[4:8] == b"ftyp"


def test_uvx_runs_the_wheel_without_an_installation(wheel: Path, uv: Callable[..., str]) -> None:
    printed = uv("uvx", "--from", wheel, "dashscope-emo-kit", "--version")
    assert printed.startswith("emo, version ")


def test_uvx_runs_the_checkout_without_an_installation(uv: Callable[..., str]) -> None:
    command = shlex.split((ROOT / "examples" / "uvx.sh").read_text("utf-8"))
    assert command == ["uvx", "--from", ".", "emo", "serve"]
    assert uv(*command[:-1], "--version").startswith("emo, version ")
