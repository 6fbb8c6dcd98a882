"""Writes the page of evidence: what is known about each claim and each documented answer."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.provider.budget import Budget
from contracts.spec.loader import Spec
from contracts.spec.sources import footnote
from contracts.verify.ledger import STANDINGS, Ledger, Observation, standing
from contracts.verify.registry import all_checks

HEAD = """\
# Evidence

How much is known about each claim of the contract:

- `observed`: seen in HTTP traffic, in a public capture or in a run of
  `emo contract verify --ledger` against a real provider, with its date, host and request_id.
- `documented`: stated on Alibaba's pages; no capture is known.
- `assumed`: inferred from these. Check these claims first in a run against the service.

Sources are short keys; the end of this page explains them. Runs against the fake prove nothing and
are not kept.

## The claim of each check

"""
ANSWERS = """\
## Each documented answer

"""


def page(spec: Spec, ledger: Ledger) -> Iterator[str]:
    """The lines of the page of evidence."""
    budget = Budget(spec, None, 0.0)
    claims = [check.claim(spec, budget) for check in all_checks().values()]
    yield from HEAD.splitlines()
    said = [(c.id, c.title, c.evidence, c.source, ledger.claims.get(c.id, [])) for c in claims]
    yield from _table("claims", said)
    yield from ANSWERS.splitlines()
    said = [
        (o.name, f"{o.status}: {o.summary}", o.evidence, o.source, ledger.answers.get(o.name, []))
        for o in spec.outcomes.values()
    ]
    yield from _table("answers", said)
    yield from ("## Sources", "")
    yield from (f"- {footnote(source)}" for source in spec.sources.values())


Row = tuple[str, str, str, str, list[Observation]]


def _table(what: str, rows: list[Row]) -> Iterator[str]:
    known = [standing(evidence, seen) for _, _, evidence, _, seen in rows]
    counts = ", ".join(f"{known.count(word)} {word}" for word in STANDINGS)
    yield f"{len(rows)} {what}: {counts}."
    yield from ("", "| name | claim | evidence | source | seen in a run |")
    yield "|---|---|---|---|---|"
    for (name, title, _, source, seen), word in zip(rows, known, strict=True):
        cells = f"`{name}`", title, word, source, "; ".join(map(_told, seen)) or "–"
        yield "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
    yield ""


def _told(observation: Observation) -> str:
    verdict = "held" if observation.held else "**did not hold**"
    shown = f", request_id {observation.request_id}" if observation.request_id else ""
    return f"{verdict} {observation.date} at {observation.host}{shown}"
