"""The built wheel has all files that it needs and works outside of the repository."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.helpers.fake import need

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    here = "--no-isolation"  # the build backend of constraints.txt, not the newest one
    build = [sys.executable, "-m", "build", "--wheel", here, "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_the_spec_the_media_and_the_types(wheel: Path) -> None:
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


def test_the_installed_wheel_runs_the_demo_outside_of_the_repository(
    wheel: Path, tmp_path: Path
) -> None:
    environment = tmp_path / "venv"
    make = [sys.executable, "-m", "venv", "--without-pip", str(environment)]
    subprocess.run(make, check=True, timeout=120)
    pip = [sys.executable, "-m", "pip", "--python", str(environment / "bin" / "python")]
    quiet = "--quiet", "--disable-pip-version-check", "--no-compile"
    install = [*pip, "install", *quiet, "-c", str(ROOT / "constraints.txt"), str(wheel)]
    subprocess.run(install, check=True, timeout=300, cwd=tmp_path)
    emo = environment / "bin" / "emo"
    demo = subprocess.run([emo, "demo"], check=True, timeout=60, cwd=tmp_path, capture_output=True)
    assert b"SUCCEEDED" in demo.stdout
    assert (tmp_path / "emo-demo.mp4").read_bytes()[4:8] == b"ftyp"
    both = environment / "bin" / "dashscope-emo-kit", emo
    versions = {subprocess.check_output([name, "--version"], text=True) for name in both}
    assert len(versions) == 1 and versions.pop().startswith("emo, version ")


@pytest.mark.parametrize("source", ["wheel", "checkout"])
def test_uvx_runs_it_without_an_installation(wheel: Path, tmp_path: Path, source: str) -> None:
    uvx = shutil.which("uvx", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    need(uvx, "uvx")
    pinned = {"UV_CONSTRAINT": "constraints.txt", "UV_BUILD_CONSTRAINT": "constraints.txt"}
    env = {**os.environ, **pinned, "UV_PYTHON": sys.executable, "UV_CACHE_DIR": str(tmp_path)}
    command = shlex.split((ROOT / "examples" / "uvx.sh").read_text("utf-8"))
    assert command == ["uvx", "--from", ".", "emo", "serve"]
    asked = [uvx, "--from", ".", "emo"] if source == "checkout" else [
        uvx, "--from", str(wheel), "dashscope-emo-kit"
    ]  # fmt: skip
    done = subprocess.run(
        [*asked, "--version"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=300
    )
    assert done.stdout.startswith("emo, version "), done.stderr
