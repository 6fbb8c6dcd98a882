"""The JUnit XML report, for Jenkins and GitLab, in the form that pytest writes: a suite for each
group of checks. Characters that XML cannot contain are written as escapes."""

from __future__ import annotations

from xml.etree.ElementTree import Element, indent, tostring

from contracts.reports.elements import Child, element
from contracts.reports.formatting import cut, heading, money, place, utc
from contracts.reports.run import RunRecord
from contracts.reports.text import exchange_lines, failure
from contracts.spec.sources import footnote
from contracts.text.printable import in_line
from contracts.verify.events import CheckEnded, Claim


def as_junit(run: RunRecord) -> str:
    """The report. A check that was running when the run was interrupted is an error."""
    root_url = run.started.url
    suites = [
        _suite(run, name, [_case(check, root_url) for check in checks])
        for name, checks in run.groups()
    ]
    if run.running:
        suites.append(_suite(run, "unfinished", [_cut_off(run.running)]))
    cases = [case for suite in suites for case in suite.iter("testcase")]
    root = element("testsuites", *suites, name="emo contract verify", **_counts(cases))
    root.set("time", f"{run.seconds:.3f}")
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _suite(run: RunRecord, name: str, cases: list[Element]) -> Element:
    facts = {"provider": run.started.url, "spec": run.started.spec, "seed": run.started.seed}
    seconds = sum(float(case.get("time", 0)) for case in cases)
    suite = element("testsuite", _properties(facts), *cases, name=name, **_counts(cases))
    suite.set("time", f"{seconds:.3f}")
    suite.set("timestamp", f"{utc(run.started.at):%Y-%m-%dT%H:%M:%S}")
    return suite


def _case(check: CheckEnded, root: str) -> Element:
    facts = _facts(check.claim) | ({"spent": money(check.spent)} if check.spent else {})
    calls = map(exchange_lines, check.exchanges)
    return element(
        "testcase",
        _properties(facts),
        _outcome(check, root),
        element("system-out", cut("\n".join(calls))) if check.exchanges else None,
        **_names(check.claim),
        time=f"{check.seconds:.3f}",
    )


def _outcome(check: CheckEnded, root: str) -> Child:
    message = cut(heading(check, root))
    match check.result:
        case "skipped":
            return element("skipped", message=in_line(check.why))
        case "accepted":  # in the form in which pytest writes an expected failure
            return element("skipped", message=f"accepted, {in_line(check.why)}: {message}")
        case "failed":
            return element(
                "failure", failure(check, root), message=message, type=check.claim.severity
            )
    return None


def _cut_off(claim: Claim) -> Element:
    error = element("error", message="the run was interrupted during this check", type="unfinished")
    return element("testcase", _properties(_facts(claim)), error, **_names(claim), time="0.000")


def _names(claim: Claim) -> dict[str, str | None]:
    """The id as name: unlike a title it is the same for each result, so CI can compare runs."""
    return {"classname": f"emo.contract.{in_line(claim.group)}", "name": in_line(claim.id)}


def _facts(claim: Claim) -> dict[str, str]:
    facts = {
        "contract": claim.title,
        "severity": claim.severity,
        "evidence": claim.evidence,
        "source": claim.source,
        "sources": "; ".join(map(footnote, claim.sources)),
        "tier": claim.tier,
        "place": place(claim),
    }
    return {name: fact for name, fact in facts.items() if fact}


def _properties(facts: dict[str, str]) -> Element:
    rows = [element("property", name=name, value=in_line(fact)) for name, fact in facts.items()]
    return element("properties", *rows)


def _counts(cases: list[Element]) -> dict[str, str | None]:
    tags = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    counts: dict[str, str | None] = {"tests": str(len(cases))}
    for name, tag in tags.items():
        counts[name] = str(sum(case.find(tag) is not None for case in cases))
    return counts
