"""Writes docs/proven.md: what is known of each claim, from the checks and the ledger."""

from __future__ import annotations

from pathlib import Path

from contracts.ledger import load
from contracts.proven import page
from contracts.spec import Spec

ROOT = Path(__file__).parent.parent
PAGE, LEDGER = ROOT / "docs" / "proven.md", ROOT / "docs" / "ledger.json"


def text() -> str:
    """The page as it should be."""
    return "\n".join(page(Spec.load(), load(LEDGER)))


if __name__ == "__main__":
    PAGE.write_text(text(), "utf-8")
