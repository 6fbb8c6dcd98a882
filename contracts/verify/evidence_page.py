"""The page docs/maintainers/proven.md: for each check and each documented answer, how well its
evidence proves it."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.provider.budget import Budget
from contracts.spec.loader import Spec
from contracts.spec.sources import footnote
from contracts.verify.ledger import STANDINGS, Ledger, Observation, standing
from contracts.verify.model_under_test import ModelUnderTest
from contracts.verify.registry import all_checks

HEAD = """\
# Evidence

The column "known as" has three values. `observed`: seen in real traffic, in a public capture or by
`emo contract verify --ledger` with a real provider; then the date, the host and the request_id
follow. `documented`: in the documentation of Alibaba, but in no known capture. `assumed`: inferred
from captures or documentation. A first run with the real service should check the assumed claims.
Sources are short keys; the end of this page lists them in full. A run with a fake proves nothing
and is not recorded.

## Claims of the checks

"""
ANSWERS = """\
## Documented answers

"""
Row = tuple[str, str, str, str, list[str]]  # name, text, known as, source, observations


def page(spec: Spec, ledger: Ledger) -> Iterator[str]:
    """The lines of the page."""
    yield from HEAD.splitlines()
    yield from _table("claims", "contract", _claims(spec, ledger))
    yield from ANSWERS.splitlines()
    yield from _table("answers", "answer", _answers(spec, ledger))
    yield from ("## Sources", "")
    yield from (f"- {footnote(source)}" for source in spec.sources.values())


def _claims(spec: Spec, ledger: Ledger) -> Iterator[Row]:
    budget, tested = Budget(spec, None, 0.0), ModelUnderTest(spec)
    for check in all_checks().values():
        claim = check.claim(tested, budget)
        seen = ledger.claims.get(check.id, [])
        texts = [_shown(one, "confirmed" if one.held else f"**{claim.failed}**") for one in seen]
        yield check.id, claim.title, standing(claim.evidence, seen), claim.source, texts


def _answers(spec: Spec, ledger: Ledger) -> Iterator[Row]:
    for outcome in spec.outcomes.values():
        seen = ledger.answers.get(outcome.name, [])
        texts = [_shown(one, "observed") for one in seen]
        text = f"{outcome.status}: {outcome.summary}"
        yield outcome.name, text, standing(outcome.evidence, seen), outcome.source, texts


def _table(kind: str, heading: str, rows: Iterator[Row]) -> Iterator[str]:
    listed = list(rows)
    standings = [standing for _, _, standing, _, _ in listed]
    counts = ", ".join(f"{standings.count(word)} {word}" for word in STANDINGS)
    yield f"{len(listed)} {kind}: {counts}."
    yield from ("", f"| name | {heading} | known as | source | observations |")
    yield "|---|---|---|---|---|"
    for name, text, word, source, observations in listed:
        cells = f"`{name}`", text, word, source, "; ".join(observations) or "–"
        yield "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
    yield ""


def _shown(seen: Observation, result: str) -> str:
    shown = f", request_id {seen.request_id}" if seen.request_id else ""
    return f"{result} on {seen.date} by {seen.host}{shown}"
