"""Count three habits of this project's old prose that readers stumble over, per 1,000 lines.

    python scripts/count_dialect.py [--root FOLDER] [--files]

- `what` as a noun: "what a call did" in place of "the effect of a call".
- `say` and `tell` for things that cannot speak: "the file says" in place of "the file contains".
- `is no X` and `is none`: "is no file" in place of "is not a file".

Counted are words in names, comments, texts and pages of the packages, docs, README, openapi.yaml,
whoever wrote them; a question may ask what. Generated files count with what they are made from.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COUNTED = ("contracts", "emo_client", "mock_server", "emo_kit", "docs", "README.md", "openapi.yaml")
ENDINGS = {".py", ".md", ".yaml"}
GENERATED = {"emo_client/models.py"}
HABITS = {
    "what": re.compile(r"\bwhat(?:ever)?\b(?![^.\n]*\?)", re.I),
    "say, tell": re.compile(r"\b(?:say|says|said|saying|tell|tells|told|heard)\b", re.I),
    "is no": re.compile(r"\b(?:is|are|was|were|be) (?:no|none|nobody|nothing)\b"),  # not `is None`
}


def files(root: Path) -> Iterator[Path]:
    """Every counted file of a checkout."""
    for name in COUNTED:
        path = root / name
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in found:
            known = str(file.relative_to(root))
            if file.suffix in ENDINGS and file.is_file() and known not in GENERATED:
                yield file


def words(text: str) -> str:
    """The text with names taken apart: `is_no_file` and `isNoFile` become words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text.replace("_", " "))


def count(path: Path) -> Counter[str]:
    """The lines of a file and how often each habit is in it."""
    text = path.read_text("utf-8")
    found = Counter({name: len(habit.findall(words(text))) for name, habit in HABITS.items()})
    found["lines"] = text.count("\n")
    return found


def rates(total: Counter[str]) -> dict[str, float]:
    """Each habit per 1,000 lines."""
    return {name: 1000 * total[name] / total["lines"] for name in HABITS}


def main() -> None:
    parser = argparse.ArgumentParser(description="Count three habits of the old prose.")
    parser.add_argument("--root", type=Path, default=ROOT, help="checkout to look at")
    parser.add_argument("--files", action="store_true", help="list the files with most of them")
    options = parser.parse_args()
    by_file = {path: count(path) for path in files(options.root.resolve())}
    if options.files:
        for path in sorted(by_file, key=lambda path: -sum(by_file[path][name] for name in HABITS)):
            numbers = ", ".join(f"{by_file[path][name]:3}" for name in HABITS)
            print(f"{numbers}  {path.relative_to(options.root.resolve())}")
    total = sum(by_file.values(), Counter())
    shown = ", ".join(f"{name}: {rate:.2f}" for name, rate in rates(total).items())
    print(f"per 1,000 of {total['lines']:,} lines: {shown}")


if __name__ == "__main__":
    main()
