"""The page at `/` in a real browser: its content, and that it needs no script, no other origin and
no colour."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.helpers.browser import CONTRASTS, LEGIBLE, LOADED, NARROW, TROUBLE, WATCH, Page, browser
from tests.helpers.http import PLAIN, Serve

KEY = {"Authorization": "Bearer sk-in-a-browser"}
HOSTILE = "/api/v1/tasks/<img src=x onerror=alert(1)>" + "long" * 50


@pytest.fixture(scope="module")
def called(serve: Serve) -> Iterator[str]:
    """A fake that answered a call, a refused call, a call with a fault, and a call with hostile
    text."""
    with serve() as url:
        PLAIN.get(f"{url}/api/v1/tasks/1", headers=KEY)
        PLAIN.get(url + HOSTILE, headers=KEY)
        PLAIN.get(f"{url}/api/v1/tasks")
        with pytest.raises(httpx.TransportError):
            PLAIN.get(f"{url}/api/v1/tasks/1", headers={**KEY, "X-Mock-Scenario": "reset"})
        yield url


@pytest.fixture(scope="module")
def page(called: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("browser"), "about:blank") as page:
        page.ask("Page.enable")
        page.ask("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        page.ask("Page.navigate", url=f"{called}/")
        page.run(LOADED)
        yield page


def test_the_page_shows_its_address_the_calls_and_their_explanations(
    page: Page, called: str
) -> None:
    seen = page.run("""
        document.querySelectorAll("details").forEach(one => one.open = true);
        return document.body.innerText""")
    for part in (
        f"{called}/api/v1", "GET /api/v1/tasks/1", "401", "no answer", "Why?", "detectFace", "UTC",
        "the header X-Mock-Scenario asked for the fault reset",
    ):  # fmt: skip
        assert part in seen


def test_the_page_requests_only_its_icon_and_has_no_error(page: Page, called: str) -> None:
    trouble = [text for text in page.run(TROUBLE) if text != f"{called}/favicon.ico"]
    assert trouble == []
    assert page.run("return document.querySelectorAll('script, img, iframe, form').length") == 0
    assert (
        page.run("return getComputedStyle(document.querySelector('header')).borderTopWidth")
        == "6px"
    )


def test_a_narrow_screen_needs_no_scrolling_to_the_side(page: Page) -> None:
    page.ask(
        "Emulation.setDeviceMetricsOverride",
        width=NARROW, height=800, deviceScaleFactor=1, mobile=False,
    )  # fmt: skip
    wide = page.run("""
        document.querySelectorAll("details").forEach(one => one.open = true);
        const wide = [...document.querySelectorAll("*")].filter(n => n.scrollWidth > innerWidth);
        return wide.map(n => n.outerHTML.slice(0, 99));
    """)
    page.ask("Emulation.clearDeviceMetricsOverride")
    assert wide == []


def test_every_text_is_legible_in_the_light_and_the_dark_scheme(page: Page) -> None:
    seen = set()
    for scheme in ("light", "dark"):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        page.ask("Emulation.setEmulatedMedia", features=features)
        contrasts = page.run(CONTRASTS)
        assert len(contrasts) > 50
        assert contrasts[0][0] >= LEGIBLE, contrasts[:3]
        seen.add(page.run("return getComputedStyle(document.body).backgroundColor"))
    page.ask("Emulation.setEmulatedMedia", features=[])
    assert len(seen) == 2


def test_a_screen_reader_finds_landmarks_and_headings(page: Page) -> None:
    nodes = page.ask("Accessibility.getFullAXTree")["nodes"]
    roles = {node["role"]["value"] for node in nodes if not node["ignored"]}
    assert {"banner", "main", "region", "table", "link", "DisclosureTriangle"} <= roles
    headings = [node["name"]["value"] for node in nodes if node["role"]["value"] == "heading"]
    assert headings == [
        "A fake of DashScope's EMO API", "Call it", "Latest exchanges", "Routes of the service",
        "Routes of the fake", "Documentation",
    ]  # fmt: skip
    assert page.run("return document.documentElement.lang") == "en"


def test_an_explanation_is_reached_and_opened_by_keyboard(page: Page) -> None:
    page.run("document.querySelectorAll('details').forEach(one => one.open = false)")
    for key, code, text in (("Tab", 9, ""), ("Tab", 9, ""), ("Enter", 13, "\r")):
        event = {"key": key, "code": key, "windowsVirtualKeyCode": code, "text": text}
        page.ask("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **event)
        page.ask("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)
    assert page.run("return document.querySelector('details').open") is True
