"""Write constraints.txt: the newest versions, within pyproject.toml, of all packages that the kit,
its development and its build need. Run it with `make constraints`.

The file is valid for each Python from 3.11 on: a constraint installs nothing by itself, so a
package that only one version of Python needs has no effect on the others."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
FILE = ROOT / "constraints.txt"
BUILD = ["editables"]  # hatchling needs it to install a checkout
HEAD = """\
# Exact versions of everything that `make` and CI install, on Python 3.11 and newer.
# Written by `make constraints`; pyproject.toml has the allowed versions.
"""


def main() -> None:
    print("installing the newest versions that pyproject.toml allows …")
    with tempfile.TemporaryDirectory() as folder:
        run(sys.executable, "-m", "venv", folder)
        pip = f"{folder}/bin/python", "-m", "pip", "--disable-pip-version-check"
        run(*pip, "install", *BUILD, "--editable", f"{ROOT}[dev]")
        frozen = run(*pip, "freeze", "--exclude-editable")
    FILE.write_text(HEAD + frozen, "utf-8")
    print(f"{FILE.name}: {len(frozen.splitlines())} packages; now `make test`")


def run(*command: str) -> str:
    """The output of a command. Raises CalledProcessError if it fails; its errors go to stderr."""
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    return done.stdout


if __name__ == "__main__":
    main()
