"""The HTML report: one file without scripts and without requests, for a browser or for paper. Texts
of a provider are always shown as text."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from xml.etree.ElementTree import Element, tostring

from contracts.reports.elements import Child, element
from contracts.reports.formatting import cost, headline, paid, title, when
from contracts.reports.html_check import check_row, facts
from contracts.reports.run import RunRecord
from contracts.text.printable import in_line
from contracts.verify.events import RESULTS, CheckEnded

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
LIGHT_AND_DARK = "light dark"


def as_html(run: RunRecord) -> str:
    """The page. Failed checks are open, the others are closed."""
    page = element("html", _head(run), _body(run), lang="en")
    return f"<!doctype html>\n{tostring(page, encoding='unicode', method='html')}\n"


def _head(run: RunRecord) -> Element:
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content=LIGHT_AND_DARK),
        element("title", in_line(f"{headline(run)} – EMO contract, {run.started.url}")),
        element("style", _style()),
    )


def _body(run: RunRecord) -> Element:
    groups = [_group(run, name, checks) for name, checks in run.groups()]
    return element(
        "body",
        _header(run),
        element("main", _failures(run), *groups),
        element("footer", element("p", "Made by ", element("code", "emo contract verify"), ". Long "
                "answers are shortened here; the JSON report has all of them.")),
        class_=run.verdict,
    )  # fmt: skip


def _header(run: RunRecord) -> Element:
    return element(
        "header",
        element("p", "EMO contract report", class_="kind"),
        element("h1", _verdict(run), headline(run)),
        element("p", element("code", in_line(run.started.url)), class_="provider"),
        _tally(run),
        facts(_facts(run)),
    )


def _verdict(run: RunRecord) -> Element:
    sign = {"passed": "✓", "failed": "✕"}.get(run.verdict, "!")
    return element("span", sign, class_="sign", aria_hidden="true")


def _facts(run: RunRecord) -> dict[str, Child]:
    started = run.started
    of_all = f"{len(run.checks)} of {len(started.claims)} checks ended"
    during = f"{of_all}; {in_line(run.running.id)} was running" if run.running else of_all
    return {
        "Interrupted": during if run.ended is None else None,
        "Contract version": in_line(started.spec),
        "Run at": element("time", when(started.at)),
        "Took": f"{run.seconds:.1f} s",
        "Cost": cost(run),
        "Paid calls": paid(started),
        "Time": "moved by the control API" if started.clock else "real",
        "Seed": element("code", in_line(started.seed)),
    }


def _tally(run: RunRecord) -> Element:
    """The number of checks with each result, as figures and as a bar."""
    figures = [
        element(
            "li", element("strong", str(count)), f" {result}", class_=result if count else "zero"
        )
        for result, count in run.counts.items()
        if count or result != "accepted"
    ]
    parts = [
        element("i", class_=result, style=f"flex-grow:{count}")
        for result, count in run.counts.items()
        if count
    ]
    return element(
        "div",
        element("ul", *figures, aria_label="Checks by result"),
        element("div", *parts, class_="bar", aria_hidden="true") if parts else None,
        class_="tally",
    )


def _failures(run: RunRecord) -> Child:
    """Links to the failed checks; None if no check failed."""
    links = [
        element("li", element("a", title(check), href=f"#{_anchor(check)}"),
                " ", element("code", in_line(check.claim.id)))
        for check in run.with_result("failed")
    ]  # fmt: skip
    label = element("h2", "Failed checks", id="failed-checks")
    nav = element("nav", label, element("ul", *links), aria_labelledby="failed-checks")
    return nav if links else None


def _group(run: RunRecord, name: str, checks: list[CheckEnded]) -> Element:
    label, anchor = in_line(name), in_line(f"group-{name}").replace(" ", "-")
    counts = [(r, sum(check.result == r for check in checks)) for r in RESULTS]
    counted = ", ".join(f"{count} {result}" for result, count in counts if count)
    return element(
        "section",
        element("h2", label, " ", element("small", counted), id=anchor),
        *(check_row(check, _anchor(check), run.started.url) for check in checks),
        aria_labelledby=anchor,
    )


def _anchor(check: CheckEnded) -> str:
    return in_line(check.claim.id).replace(" ", "-")


@cache
def _style() -> str:
    return Path(__file__).with_name("page.css").read_text("utf-8")
