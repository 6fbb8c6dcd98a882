"""docs/tools.md names the versions that the tests run."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.helpers.tools import HERE, ROOT

HELPERS = {"typescript", "esbuild", "@types/node", "pydantic", "python-dateutil", "urllib3"}


def test_the_page_has_each_tool_in_the_tested_version() -> None:
    page = (ROOT / "docs" / "tools.md").read_text("utf-8")
    named = dict(re.findall(r"^\| `(\S+)` \| ([\d.]+) \|", page, re.MULTILINE))
    assert named == {name: version for name, version in _pinned() if name not in HELPERS}


def test_each_example_is_on_the_page_or_linked_from_it() -> None:
    page = (ROOT / "docs" / "tools.md").read_text("utf-8")
    for path in sorted(Path(ROOT, "examples", "tools").iterdir()):
        assert f"examples/tools/{path.name}" in page


def _pinned() -> list[tuple[str, str]]:
    npm = json.loads((HERE / "package.json").read_text("utf-8"))["dependencies"]
    pypi = re.findall(r"^([\w-]+)==(\S+)$", (HERE / "requirements.txt").read_text("utf-8"), re.M)
    return [*npm.items(), *pypi]
