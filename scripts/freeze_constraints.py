"""Writes constraints.txt: the newest versions that pyproject.toml permits, of everything that the
package, its development and its build need. `make constraints`.

The same file serves each Python from 3.11 on: a constraint installs nothing by itself, so a package
that only one of them needs does no harm on the others."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
FILE = ROOT / "constraints.txt"
BUILD = ["editables"]  # hatchling asks for it when it installs a checkout
HEAD = """\
# Exact versions of everything that `make` and CI install, on Python 3.11 and newer.
# Made by `make constraints`; which versions are permitted is said in pyproject.toml.
"""


def main() -> None:
    print("installing the newest versions that pyproject.toml permits …")
    with tempfile.TemporaryDirectory() as folder:
        run(sys.executable, "-m", "venv", folder)
        pip = f"{folder}/bin/python", "-m", "pip", "--disable-pip-version-check"
        run(*pip, "install", *BUILD, "--editable", f"{ROOT}[dev]")
        frozen = run(*pip, "freeze", "--exclude-editable")
    FILE.write_text(HEAD + frozen, "utf-8")
    print(f"{FILE.name}: {len(frozen.splitlines())} packages; now `make test`")


def run(*command: str) -> str:
    """What a command prints. Raises CalledProcessError where it fails, its errors on stderr."""
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    return done.stdout


if __name__ == "__main__":
    main()
