"""Texts that all reports share: times, money, counts, titles of checks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from contracts.provider.exchange import Exchange
from contracts.reports.run import RunRecord
from contracts.spec.sources import footnote
from contracts.text.printable import in_line
from contracts.verify.events import RESULTS, STALE, CheckEnded, CheckFinding, Claim, Started

NOTHING = "No check ran"
_ID = re.compile(r"([0-9a-f]{8})(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LONGEST = 4000  # characters of a request or an answer; only the JSON report has all of them


def cut(text: str, longest: int = LONGEST) -> str:
    """The beginning of a text, with a note of the number of characters that are missing."""
    left = len(text) - longest
    return text if left <= 0 else f"{text[:longest]}\n[… {plural(left, 'more character')}]"


def pretty(text: str) -> str:
    """JSON in several lines, with each key and digit unchanged. Other text is returned
    unchanged."""
    try:
        return msgspec.json.format(text, indent=2)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return text


def utc(at: float) -> datetime:
    """A time in epoch seconds as a datetime in UTC."""
    return datetime.fromtimestamp(at, UTC)


def when(at: float) -> str:
    """A time in epoch seconds for people: `2025-09-11 06:33:38 UTC`."""
    return f"{utc(at):%Y-%m-%d %H:%M:%S} UTC"


def money(amount: float) -> str:
    """An amount in CNY with up to four decimals, since a detect call costs 0.004 CNY."""
    whole, _, fraction = f"{amount:.4f}".partition(".")
    return f"{whole}.{fraction[:2]}{fraction[2:].rstrip('0')} CNY"


def plural(count: int, thing: str) -> str:
    """`1 check`, `2 checks`."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def headline(run: RunRecord) -> str:
    """The verdict of a run in a few words."""
    counts, total = run.counts, len(run.checks)
    if run.verdict == "failed":
        return f"{counts['failed']} of {plural(total, 'check')} failed"
    if run.verdict == "passed":
        if counts["passed"] == total:
            return f"All {plural(total, 'check')} passed" if total > 1 else "The check passed"
        accepted = f" {counts['accepted']} accepted," if counts["accepted"] else ""
        return f"{plural(counts['passed'], 'check')} passed,{accepted} none failed"
    return "The run was interrupted" if run.verdict == "unfinished" else NOTHING


def summary(run: RunRecord) -> str:
    """The last line of a report: `51 passed, 2 failed, 4 skipped in 3.1 s; 0.00 CNY spent`."""
    shown = [result for result in RESULTS if result != "accepted" or run.counts[result]]
    counts = ", ".join(f"{run.counts[result]} {result}" for result in shown)
    text = f"{counts} in {run.seconds:.1f} s; {cost(run)}"
    if run.verdict == "nothing":
        return f"{NOTHING}: {text}"
    if run.ended:
        return text
    during = f" during {in_line(run.running.id)}" if run.running else ""
    left = len(run.started.claims) - len(run.checks)
    return f"{text}; interrupted{during}, {left} of {len(run.started.claims)} checks not run"


def title(check: CheckEnded) -> str:
    """The title of a check that is right for its result: `A call without a key is refused.`, or if
    the check found differences `A call without a key was not refused`."""
    claim = check.claim
    if check.findings and all(finding.pointer == STALE for finding in check.findings):
        return "The baseline accepts a difference that no longer occurs"
    differs = check.findings or check.result == "failed"
    return in_line(claim.failed or claim.title if differs else claim.title)


def detail(check: CheckEnded, root: str) -> str:
    """The first difference that a check found, in one line: `GET /api/v1/tasks/8eee34ed… without a
    key was accepted (200 instead of 401)`; "" if it found none. root: the provider's URL, which is
    left out."""
    if not check.findings:
        return ""
    finding = check.findings[0]
    exchange = finding.shown_by(check.exchanges)
    more = len(check.findings) - 1
    others = f", and {plural(more, 'more difference')}" if more else ""
    call = _call(exchange, root) if exchange else "the provider"
    return in_line(f"{call} {_wrong(finding)}{others}")


def heading(check: CheckEnded, root: str) -> str:
    """The title of a check with the first difference that it found, in one line."""
    return ": ".join(filter(None, [title(check), detail(check, root)]))


def _call(exchange: Exchange, root: str) -> str:
    path = _ID.sub(r"\1…", exchange.url.removeprefix(root))
    return f"{exchange.method} {cut_short(path, 90)}{'' if exchange.has_key else ' without a key'}"


def _wrong(finding: CheckFinding) -> str:
    expected, got = (cut_short(text, 90) for text in (finding.expected, finding.got))
    instead = f"{got} instead of {expected}"
    name = finding.pointer.removeprefix("#header/")
    if finding.pointer == "#status":
        statuses = expected[:1] + got[:1]
        verb = {"42": "was accepted", "24": "was refused"}.get(statuses, "was answered wrongly")
        return f"{verb} ({instead})"
    if finding.pointer == "#answer":
        return f"was not answered: {got}"
    if finding.pointer == STALE:
        return "now answers as documented"
    if name != finding.pointer:
        return f"was answered with the header {name}: {instead}"
    return f"was answered with {name or 'a body'}: {instead}"


def cut_short(text: str, longest: int) -> str:
    """The beginning of a text, with `…` if a part is missing."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def footnotes(checks: Iterable[CheckEnded]) -> list[str]:
    """A line for each source that the checks cite, in the order of their keys."""
    cited = {source.key: source for check in checks for source in check.claim.sources}
    return [in_line(footnote(cited[key])) for key in sorted(cited)]


def cost(run: RunRecord) -> str:
    """The cost of a run: `1.1344 CNY spent`, or on a fake `would have cost 1.1344 CNY`."""
    amount = money(run.spent)
    return f"would have cost {amount}" if run.started.free else f"{amount} spent"


def paid(started: Started) -> str:
    """The paid calls that a run may send, for people."""
    if started.budget is not None:
        return f"up to {money(started.budget)}"
    return "all, they are free here" if started.free else "none"


def skips(run: RunRecord) -> list[str]:
    """A line for each reason for which checks were skipped, with the number of these checks."""
    reasons: dict[str, list[str]] = {}
    for check in run.with_result("skipped"):
        reasons.setdefault(in_line(check.why), []).append(in_line(check.claim.id))
    return [
        f"SKIPPED {ids[0] if len(ids) == 1 else plural(len(ids), 'check')}: {why}"
        for why, ids in reasons.items()
    ]


def place(claim: Claim) -> str:
    """The place of a claim in openapi.yaml: `openapi.yaml:812#/paths/…`; "" if it is not there."""
    if not claim.pointer:
        return ""
    line = f":{claim.line}" if claim.line else ""
    return in_line(f"openapi.yaml{line}#{claim.pointer.removeprefix('#')}")
