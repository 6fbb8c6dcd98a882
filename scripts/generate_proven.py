"""Write docs/maintainers/proven.md from the checks, openapi.yaml and the ledger."""

from __future__ import annotations

from pathlib import Path

from contracts.spec.loader import Spec
from contracts.verify.evidence_page import page
from contracts.verify.ledger import load

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "maintainers"
PAGE, LEDGER = FOLDER / "proven.md", FOLDER / "ledger.json"


def text() -> str:
    """The text of the page."""
    return "\n".join(page(Spec.load(), load(LEDGER)))


if __name__ == "__main__":
    PAGE.write_text(text(), "utf-8")
