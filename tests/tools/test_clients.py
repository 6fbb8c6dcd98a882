"""Clients that generators write from openapi.yaml are complete and make a video with the fake."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from contracts.spec.loader import Spec
from tests.helpers.fake import need
from tests.helpers.tools import PYTHON, run, workshop

# Messages of openapi-generator about any OpenAPI 3.1 document or about itself.
ALWAYS = re.compile(r"OpenAPI 3\.1 support is still in beta|Failed to get the schema name: null")
# The declaration that gives epoch milliseconds 64 bits in each language.
LONG = {
    "java": "private Long gmtCreate;",
    "go": "GmtCreate int64",
    "kotlin": "val gmtCreate: kotlin.Long",
    "csharp": "long GmtCreate",
    "rust": "gmt_create: i64",
}
VIDEO = re.compile(r"SUCCEEDED (http://\S+\.mp4\S*)\n1[789]\d{11} ms since 1970\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return workshop(tmp_path)


def makes_a_video(folder: Path, url: str, *command: str | Path, **environment: str) -> None:
    service = {"DASHSCOPE_HTTP_BASE_URL": f"{url}/api/v1", "DASHSCOPE_API_KEY": "sk-generated"}
    printed = run(folder, *command, **service, **environment)
    assert VIDEO.fullmatch(printed), printed


def makes_a_video_in_typescript(folder: Path, url: str, name: str, *more: str) -> None:
    """Compiles it and more files without an error, then runs it."""
    files = {"extends": "./tsconfig.json", "files": [f"{name}.ts", *more]}
    (folder / "check.json").write_text(json.dumps(files))
    run(folder, "tsc", "-p", "check.json")
    bundle = (f"{name}.ts", "--bundle", "--platform=node", "--format=esm")
    run(folder, "esbuild", *bundle, f"--outfile={name}.mjs", "--log-level=warning")
    makes_a_video(folder, url, "node", f"{name}.mjs")


def test_openapi_generator_gives_milliseconds_64_bits_in_typed_languages(folder: Path) -> None:
    need(shutil.which("java"), "Java")
    for language in LONG:
        settings = {"generatorName": language, "inputSpec": "openapi.yaml", "outputDir": language}
        (folder / f"{language}.json").write_text(json.dumps(settings))
    files = (f"{language}.json" for language in LONG)
    run(folder, "openapi-generator-cli", "batch", "--threads", "2", "--fail-fast", *files)
    for language, field in LONG.items():
        code = [path.read_text("utf-8") for path in folder.glob(f"{language}/**/*ask*ist*tem.*")]
        assert any(field in re.sub(" +", " ", text) for text in code), language


def test_the_clients_of_openapi_generator_make_a_video(folder: Path, url: str) -> None:
    need(shutil.which("java"), "Java")
    printed = run(folder, "sh", "openapi-generator.sh")
    lines = re.findall(r"^.*(?:WARN|ERROR|\[error\]).*$", printed, re.MULTILINE)
    assert [line for line in lines if not ALWAYS.search(line)] == []
    makes_a_video(folder, url, PYTHON, "openapi_generator.py", PYTHONPATH="emo-python")
    makes_a_video_in_typescript(folder, url, "typescript_fetch")


def test_the_client_of_openapi_python_client_is_complete_and_makes_a_video(
    folder: Path, url: str, spec: Spec
) -> None:
    assert "Warning" not in run(folder, "sh", "openapi-python-client.sh")
    made = {path.stem for path in folder.glob("emo-client/dash_scope_emo_client/api/*/*.py")}
    assert made - {"__init__"} == {re.sub("([A-Z])", r"_\1", id).lower() for id in spec.operations}
    makes_a_video(folder, url, PYTHON, "openapi_python_client.py", PYTHONPATH="emo-client")


def test_the_clients_of_typescript_generators_compile_and_make_a_video(
    folder: Path, url: str
) -> None:
    """openapi-typescript, hey-api and orval."""
    run(folder, "sh", "typescript.sh")
    makes_a_video_in_typescript(folder, url, "hey_api", "emo-orval.ts", "emo.d.ts")
