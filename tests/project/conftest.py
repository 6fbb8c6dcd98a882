"""The environment in which uv installs the project."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.helpers.fake import need


@pytest.fixture(scope="session")
def uv_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables of a process that runs uv, which is on its PATH. uv has a new cache: each package
    is downloaded once for all tests, and no earlier build of the project is taken for this one."""
    folders = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    need(shutil.which("uv", path=folders), "uv")
    cache = str(tmp_path_factory.mktemp("uv"))
    return {**os.environ, "PATH": folders, "UV_CACHE_DIR": cache, "UV_PYTHON": sys.executable}
