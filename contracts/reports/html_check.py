"""The part of the HTML report about one check: its claim, the differences and the calls."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element

from contracts.provider.exchange import Exchange
from contracts.reports.elements import Child, element
from contracts.reports.formatting import cut, detail, money, place, plural, pretty, title
from contracts.spec.sources import footnote, split
from contracts.text.printable import in_line
from contracts.verify.events import CheckEnded, CheckFinding, Claim, Result

MARKS: dict[Result, str] = {"passed": "✓", "failed": "✕", "accepted": "≈", "skipped": "–"}
PLACE = "Defined in"
CALLS = 30  # calls of a check that are shown, besides the calls with a difference


def check_row(check: CheckEnded, anchor: str, root: str) -> Element:
    """A check as an element that can be opened; a failed one is open. root: the provider's URL,
    which is left out of the calls."""
    return element(
        "details",
        _summary(check, root),
        element("div", *_body(check, root), class_="inside"),
        id=anchor,
        class_=f"check {check.result}",
        open="" if check.result == "failed" else None,
    )


def facts(given: dict[str, Child]) -> Element:
    """A list of names and values; a value of None is left out."""
    pairs = [
        element("div", element("dt", name), element("dd", value), class_=_width(name))
        for name, value in given.items()
        if value is not None
    ]
    return element("dl", *pairs, class_="facts")


def _width(name: str) -> str | None:
    return "wide" if name in (PLACE, "Contract") else None


def _summary(check: CheckEnded, root: str) -> Element:
    claim = check.claim
    severity = element("span", claim.severity, class_="severity")
    return element(
        "summary",
        element("span", MARKS[check.result], class_="mark", aria_hidden="true"),
        element("span", check.result, class_="result"),
        element(
            "span",
            element("b", title(check)),
            " ",  # for copied text and screen readers
            element("code", in_line(claim.id)),
            " ",
            severity if check.findings else None,
            element("span", in_line(check.why), class_="why") if check.why else None,
            element("span", detail(check, root), class_="detail") if check.findings else None,
            class_="claim",
        ),
        element("span", f"{check.seconds:.2f} s", class_="seconds"),
    )


def _body(check: CheckEnded, root: str) -> Iterable[Child]:
    claim = check.claim
    if check.findings:
        yield _table(check)
    yield facts({
        "Contract": in_line(claim.title) if check.findings else None,
        "Evidence": claim.evidence,
        "Source": element("span", *_source(claim)) if claim.source else None,
        "Severity": claim.severity,
        "Costs": f"at most {money(claim.cost)}; spent {money(check.spent)}" if claim.cost else None,
        PLACE: element("code", place(claim)) if claim.pointer else None,
    })  # fmt: skip
    named = {finding.exchange for finding in check.findings}
    for number, exchange in enumerate(check.exchanges):
        if number < CALLS or number in named:
            yield _call(exchange, number + 1, root, number in named)
    shown = sum(n < CALLS or n in named for n in range(len(check.exchanges)))
    if left := len(check.exchanges) - shown:
        yield element("p", f"{plural(left, 'more call')}: see the JSON report.", class_="more")


def _source(claim: Claim) -> Iterable[Child]:
    """The source of a claim. Each key is a link, or has its title as a tooltip if it has no
    address."""
    for part in split(claim.source, {source.key: source for source in claim.sources}):
        if isinstance(part, str):
            yield in_line(part)
        elif part.url:
            yield element("a", part.key, href=part.url, title=in_line(footnote(part)))
        else:
            yield element("abbr", part.key, title=in_line(footnote(part)))


def _table(check: CheckEnded) -> Element:
    names = ("Where", "Expected", "Got", "Call")
    head = element("tr", *(element("th", name, scope="col") for name in names))
    rows = [_finding(finding, len(check.exchanges)) for finding in check.findings]
    caption = element("caption", plural(len(rows), "difference"))
    return element("table", caption, element("thead", head), element("tbody", *rows))


def _finding(finding: CheckFinding, calls: int) -> Element:
    number = finding.exchange
    call = "–" if number is None or not 0 <= number < calls else str(number + 1)
    where = in_line(finding.pointer) or "the whole answer"
    return element(
        "tr",
        element(
            "th",
            element("code", where),
            " (in the baseline)" if finding.known else None,
            scope="row",
        ),
        element("td", in_line(finding.expected), data_name="Expected"),
        element("td", in_line(cut(finding.got)), class_="got", data_name="Got"),
        element("td", call, data_name="Call"),
    )


def _call(exchange: Exchange, number: int, root: str, is_open: bool) -> Element:
    """One call: the request as a curl command, and the answer."""
    url = exchange.url.removeprefix(root) or exchange.url
    status = str(exchange.status) if exchange.status else "no answer"
    headers = "\n".join(f"{name}: {value}" for name, value in exchange.answer_headers.items())
    return element(
        "details",
        element(
            "summary",
            element("span", f"Call {number}", class_="number"),
            element("code", in_line(cut(f"{exchange.method} {url}", 300))),
            element("span", f"{status}, {exchange.seconds * 1000:,.0f} ms", class_="status"),
        ),
        *_labelled("Request", exchange.curl()),
        *_labelled("Answer headers", headers),
        *_labelled("Answer" if exchange.status else "Why", pretty(exchange.answer)),
        class_="call",
        open="" if is_open else None,
    )


def _labelled(name: str, text: str) -> tuple[Element, ...]:
    """A block of text with a label above it; no element for an empty text."""
    if not text:
        return ()
    return element("p", name, class_="label"), element("pre", element("code", cut(text.rstrip())))
