"""The text report, for a terminal or a log: a table of the checks, the failures, and the totals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from textwrap import indent

from contracts.provider.exchange import Exchange
from contracts.reports.formatting import (
    cut,
    detail,
    footnotes,
    heading,
    headline,
    money,
    paid,
    place,
    plural,
    pretty,
    skips,
    summary,
    title,
    when,
)
from contracts.reports.run import RunRecord
from contracts.text.printable import in_line, visible
from contracts.verify.events import CheckEnded, CheckFinding

COLUMNS = ("result", "check", "severity", "evidence", "seconds", "title")
ANSWER = 800  # characters of an answer that are shown; the other reports show more


def as_text(run: RunRecord) -> str:
    """The report."""
    blocks = [head(run), "\n".join(table([COLUMNS, *map(row, run.checks)]))]
    return "\n\n".join([*blocks, *result(run)]) + "\n"


def result(run: RunRecord) -> list[str]:
    """The blocks after the table: failures, accepted differences, skipped checks, sources,
    totals."""
    root = run.started.url
    blocks = [failure(check, root) for check in run.with_result("failed")]
    lines = [
        [accepted(check, root) for check in run.with_result("accepted")],
        skips(run),
        sources(run.with_result("failed")),
    ]
    return [*blocks, *("\n".join(block) for block in lines if block), summary(run)]


def sources(checks: Iterable[CheckEnded]) -> list[str]:
    """The sources that the checks cite, with their addresses, one in each line."""
    cited = footnotes(checks)
    return ["Sources", *(f"  {line}" for line in cited)] if cited else []


def head(run: RunRecord) -> str:
    """The first lines: the verdict, the provider and the settings of the run."""
    started = run.started
    waits = "moved by the control API" if started.clock else "real"
    return (
        f"{headline(run)}: {in_line(started.url)} by the EMO contract {in_line(started.spec)}\n"
        f"{when(started.at)}; time: {waits}; paid calls: {paid(started)}; "
        f"seed: {in_line(started.seed)}"
    )


def row(check: CheckEnded) -> tuple[str, ...]:
    """The cells of a check in the table, in the order of COLUMNS."""
    claim, seconds = check.claim, f"{check.seconds:.2f}"
    texts = check.result, claim.id, claim.severity, claim.evidence, seconds, title(check)
    return tuple(map(in_line, texts))


def table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """The lines of a table with aligned columns; numbers are aligned to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    numbers = COLUMNS.index("seconds")
    for cells in rows:
        padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
        padded[numbers] = cells[numbers].rjust(widths[numbers])
        yield "  ".join(padded).rstrip()


def failure(check: CheckEnded, root: str) -> str:
    """The block of text about a failed check: its title, the first difference, the contract and
    its evidence, then each difference with the call that shows it. root: the provider's URL."""
    claim = check.claim
    lines = [
        f"FAILED {in_line(claim.id)} ({claim.severity}): {title(check)}",
        *([f"  {detail(check, root)}"] if check.findings else []),
        f"  contract: {in_line(claim.title)}",
        f"  {in_line(claim.evidence)}: {in_line(claim.source)}",
    ]
    lines += [f"  {place(claim)}"] if claim.pointer else []
    for exchange, findings in _by_exchange(check).items():
        lines += [finding_lines(finding) for finding in findings]
        if exchange is not None:
            lines.append(indent(exchange_lines(check.exchanges[exchange]), "    "))
    return "\n".join(lines)


def finding_lines(finding: CheckFinding) -> str:
    """One difference, in three lines."""
    where = in_line(finding.pointer) or "the whole answer"
    expected, got = in_line(finding.expected), in_line(cut(finding.got, ANSWER))
    known = " (accepted by the baseline)" if finding.known else ""
    return f"  at {where}{known}\n    expected  {expected}\n    got       {got}"


def exchange_lines(exchange: Exchange) -> str:
    """A call as a curl command, and its answer."""
    answer = f"-> {exchange.status}" if exchange.status else "-> no answer"
    text = cut(pretty(exchange.answer), ANSWER)
    return visible(f"{exchange.curl()}{answer} {text}")


def accepted(check: CheckEnded, root: str) -> str:
    """A line about a check with accepted differences."""
    claim, why = check.claim, in_line(check.why)
    return f"ACCEPTED {in_line(claim.id)} ({claim.severity}), {why}: {heading(check, root)}"


def outlook(run: RunRecord) -> str:
    """The line before the first check: the number of checks and their cost."""
    total = sum(claim.cost for claim in run.started.claims)
    costs = f", at most {money(total)}" if total and not run.started.free else ""
    return f"{plural(len(run.started.claims), 'check')} of {in_line(run.started.url)}{costs}"


def _by_exchange(check: CheckEnded) -> dict[int | None, list[CheckFinding]]:
    """The differences by the index of their exchange, so that each exchange is shown once."""
    found: dict[int | None, list[CheckFinding]] = {}
    for finding in check.findings:
        number = finding.exchange if finding.shown_by(check.exchanges) else None
        found.setdefault(number, []).append(finding)
    return found
