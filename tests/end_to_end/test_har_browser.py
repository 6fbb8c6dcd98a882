"""A HAR file of the journal, opened by the developer tools of a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest

from contracts.spec.loader import Spec
from mock_server.scenarios.faults import FAULTS
from tests.helpers.browser import Page, browser
from tests.helpers.fake import SERVICE, request
from tests.helpers.http import Serve

DEVTOOLS = "devtools://devtools/bundled"
KEY = "sk-5d41402abc4b2a76b9719d911017c592"
# What keeps its client waiting has left no more in the journal.
SHORT = [
    *sorted(FAULTS.keys() - {"connect-refused", "hold", "drip", "stale-connection"}),
    "drip=1e6",
]
# The rows of the Network tab, from the importer that the tab itself uses.
ROWS = """
    const har = await import(`${values[0]}/models/har/har.js`);
    const root = new har.HARFormat.HARRoot(JSON.parse(values[1]));
    const rows = har.Importer.Importer.requestsFromHARLog(root.log);
    return Promise.all(rows.map(async row => ({
        method: row.requestMethod, url: row.url(), status: row.statusCode, type: row.mimeType,
        kind: row.resourceType().name(), started: row.issueTime(), seconds: row.duration,
        sent: await row.requestFormData(), headers: row.requestHeaders().length,
        came: (await row.requestContentData()).text,
    })));
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("browser"), f"{DEVTOOLS}/devtools_app.html") as page:
        yield page


@pytest.fixture(scope="module")
def har(serve: Serve, spec: Spec) -> str:
    """A complete task, then one poll with each fault."""
    headers = {"Authorization": f"Bearer {KEY}", "X-DashScope-Async": "enable"}
    with serve(time="skip") as url, httpx.Client(base_url=url, headers=headers) as http:
        made = http.post(f"{SERVICE}/video-synthesis", json=request(spec, "createVideoTask"))
        task = made.json()["output"]["task_id"]
        for _ in range(2):
            http.get(f"/api/v1/tasks/{task}")
        for fault in SHORT:
            with suppress(httpx.HTTPError):
                http.get(f"/api/v1/tasks/{task}", headers={"X-Mock-Scenario": fault})
        return http.get("/__mock__/journal?format=har").text


def test_every_exchange_is_a_row_of_the_network_tab(page: Page, har: str) -> None:
    entries, rows = json.loads(har)["log"]["entries"], page.run(ROWS, DEVTOOLS, har)
    assert len(rows) == len(entries) == 3 + len(SHORT)
    for row, entry in zip(rows, entries, strict=True):
        request, answer = entry["request"], entry["response"]
        assert (row["method"], row["url"]) == (request["method"], request["url"])
        assert (row["status"], row["headers"]) == (answer["status"], len(request["headers"]))
        assert row["sent"] == request.get("postData", {}).get("text")
        assert row["kind"] == "fetch"
        assert row["seconds"] == pytest.approx(entry["time"] / 1000, abs=1e-4)
        if answer["status"]:
            assert row["type"] == answer["content"]["mimeType"]
        if answer["content"].get("encoding") != "base64":
            assert row["came"] == answer["content"].get("text", "")


def test_the_network_tab_shows_no_time_for_a_missing_answer_and_no_key(
    page: Page, har: str
) -> None:
    rows = page.run(ROWS, DEVTOOLS, har)
    assert {bool(row["status"]) for row in rows if row["seconds"]} == {True}
    assert {row["status"] for row in rows if not row["seconds"]} == {0}
    assert KEY not in har
