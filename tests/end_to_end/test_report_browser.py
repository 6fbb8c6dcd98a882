"""The HTML report in a real browser: its content, and that it needs no script, no request and no
colour."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.reports.write import render
from contracts.text.printable import visible
from tests.helpers.browser import CONTRASTS, LEGIBLE, LOADED, NARROW, TROUBLE, WATCH, Page, browser
from tests.helpers.reports import HOSTILE, ROOT, hostile, mixed

Open = Callable[[str], Page]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("browser"), "about:blank") as page:
        page.ask("Page.enable")
        page.ask("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        yield page


@pytest.fixture
def show(page: Page, tmp_path: Path) -> Iterator[Open]:
    """Open a file with that text in the page."""

    def show(text: str) -> Page:
        file = tmp_path / "report.html"
        file.write_text(text, "utf-8")
        page.ask("Page.navigate", url=file.as_uri())
        page.run(LOADED)
        return page

    yield show
    page.ask("Emulation.clearDeviceMetricsOverride")
    page.ask("Emulation.setEmulatedMedia", features=[])


def press(page: Page, key: str, code: int, text: str = "") -> None:
    event: dict[str, Any] = {"key": key, "code": key, "windowsVirtualKeyCode": code, "text": text}
    page.ask("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **event)
    page.ask("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)


def test_the_report_begins_with_the_verdict_the_counts_and_the_provider(show: Open) -> None:
    seen = show(render("html", mixed())).run("return document.querySelector('header').innerText")
    for part in ("2 of 4 checks failed", "1 passed", "2 failed", "1 skipped", ROOT, "2026-11-22"):
        assert part in seen


def test_the_report_requests_nothing_and_has_no_error(show: Open) -> None:
    for events in (mixed(), hostile()):
        page = show(render("html", events))
        assert page.run(TROUBLE) == []
        assert page.run("return document.querySelectorAll('script, link, [src]').length") == 0


def test_this_test_detects_a_page_that_requests_something(show: Open) -> None:
    bad = render("html", mixed()).replace("<main>", '<main><img src="x.png">')
    trouble = show(bad).run(TROUBLE)
    assert [text.split()[0] for text in trouble][:2] == ["policy", "error"]
    assert trouble[-1].endswith("/x.png")


def test_hostile_values_of_a_provider_are_shown_as_text(show: Open) -> None:
    page = show(render("html", hostile()))
    assert page.run("return document.querySelectorAll('img, main script, main style').length") == 0
    seen = page.run("return document.querySelector('main').innerText")
    assert seen.count(visible(HOSTILE)) > 10
    assert "more characters]" in seen


def test_only_failed_checks_are_open(show: Open) -> None:
    page = show(render("html", mixed()))
    opened = "return [...document.querySelectorAll('.check')].map(c => [c.id, c.open])"
    assert page.run(opened) == [
        ["keys.missing", False], ["keys.wrong", True], ["unknown.foreign", True],
        ["story.paid", False],
    ]  # fmt: skip
    seen = page.run("return document.getElementById('keys.wrong').innerText")
    for part in ("/output/task_status", '"UNKNOWN"', '"SUCCEEDED"', "curl -sS", "x-request-id",
                 '"task_id": "a1"', "captured", "RTE, with the native prefix"):  # fmt: skip
        assert part in seen


def test_each_failed_check_has_a_link(show: Open) -> None:
    page = show(render("html", mixed()))
    assert page.run("""
        return [...document.querySelectorAll("nav a")].map(link => {
            link.click();
            return document.querySelector(":target").id;
        })""") == ["keys.wrong", "unknown.foreign"]


def test_a_check_is_reached_opened_and_closed_by_keyboard(show: Open) -> None:
    page = show(render("html", mixed()))
    reached = "return document.activeElement?.matches('.check.passed > summary') ?? false"
    opened = "return document.activeElement.parentElement.open"
    tabs = 0
    while not page.run(reached):
        press(page, "Tab", 9)
        tabs += 1
        assert tabs < 5  # two links come before it
    assert page.run(opened) is False
    press(page, "Enter", 13, "\r")
    assert page.run(opened) is True
    press(page, " ", 32, " ")
    assert page.run(opened) is False


@pytest.mark.parametrize("events", [mixed, hostile])
def test_a_narrow_screen_needs_no_scrolling_to_the_side(
    show: Open, events: Callable[[], Any]
) -> None:
    page = show(render("html", events()))
    page.ask(
        "Emulation.setDeviceMetricsOverride",
        width=NARROW, height=800, deviceScaleFactor=1, mobile=False,
    )  # fmt: skip
    assert page.run("""
        document.querySelectorAll("details").forEach(one => one.open = true);
        const wide = [...document.querySelectorAll("*")].filter(n => n.scrollWidth > innerWidth);
        return [innerWidth, wide.map(n => n.outerHTML.slice(0, 99))];
    """) == [NARROW, []]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_of_the_report_is_legible_in_both_schemes(show: Open, scheme: str) -> None:
    page = show(render("html", mixed()))
    page.ask(
        "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}]
    )
    contrasts = page.run(CONTRASTS)
    assert len(contrasts) > 50
    assert contrasts[0][0] >= LEGIBLE, contrasts[:3]


def test_the_light_and_the_dark_scheme_differ(show: Open) -> None:
    page = show(render("html", mixed()))
    seen = set()
    for scheme in ("light", "dark"):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        page.ask("Emulation.setEmulatedMedia", features=features)
        seen.add(page.run("return getComputedStyle(document.body).backgroundColor"))
    assert len(seen) == 2


def test_a_screen_reader_finds_landmarks_and_headings(show: Open) -> None:
    page = show(render("html", mixed()))
    nodes = page.ask("Accessibility.getFullAXTree")["nodes"]
    roles = {node["role"]["value"] for node in nodes if not node["ignored"]}
    assert {"banner", "navigation", "main", "contentinfo", "region", "table", "time"} <= roles
    headings = [node["name"]["value"] for node in nodes if node["role"]["value"] == "heading"]
    assert headings == [
        "2 of 4 checks failed", "Failed checks", "Keys 1 passed, 1 failed", "Unknown 1 failed",
        "Story 1 skipped",
    ]  # fmt: skip
    names = [n["name"]["value"] for n in nodes if n["role"]["value"] == "DisclosureTriangle"]
    assert names[0].startswith("passed A call without a key is refused. keys.missing")
    assert page.run("return document.documentElement.lang") == "en"


def test_it_prints_dark_on_white_also_from_a_dark_screen(show: Open) -> None:
    page = show(render("html", mixed()))
    features = [{"name": "prefers-color-scheme", "value": "dark"}]
    page.ask("Emulation.setEmulatedMedia", media="print", features=features)
    colors = "const s = getComputedStyle(document.body); return [s.color, s.backgroundColor]"
    assert page.run(colors) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    page.ask("Emulation.setEmulatedMedia", media="", features=[])
