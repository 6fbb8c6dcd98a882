"""Who may read the explanation of a call without a valid key."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.spec.loader import Spec
from mock_server.server.app import create_app
from mock_server.server.httpx_transport import InProcess
from mock_server.settings import Settings
from tests.helpers.cli import emo

SPEC = Spec.load()
TOKEN = "open-sesame"
KEYS = st.sampled_from([None, "Bearer sk-one", "Bearer sk-two", "Bearer bad", "Bearer worse", "x"])


def client(**changes: object) -> httpx.Client:
    app = create_app(spec=SPEC, settings=Settings(time="skip", **changes))  # type: ignore[arg-type]
    return httpx.Client(transport=InProcess(app), base_url="http://127.0.0.1:8787")


def get(http: httpx.Client, path: str, key: str | None) -> httpx.Response:
    token = {"X-Mock-Admin-Token": TOKEN}
    return http.get(path, headers=token | ({"Authorization": key} if key else {}))


def shared() -> httpx.Client:
    """A new server that listens on all interfaces."""
    return client(host="0.0.0.0", admin_token=TOKEN)


@given(calls=st.lists(KEYS, min_size=1, max_size=6), reader=KEYS)
@settings(max_examples=40)
def test_on_a_shared_server_a_key_gets_only_explanations_of_its_own_calls(
    calls: list[str | None], reader: str | None
) -> None:
    with shared() as http:
        refused = [get(http, f"/api/v1/nothing/{n}", key) for n, key in enumerate(calls)]
        found = get(http, "/__mock__/explain", reader)
    by = {r.headers["x-mock-explain"]: key for r, key in zip(refused, calls, strict=True)}
    may = reader is not None and reader in calls
    assert found.status_code == (200 if may else 404)
    assert not may or by[found.json()["id"]] == reader


def test_a_call_without_a_key_is_explained_by_its_id() -> None:
    with shared() as http:
        refused = get(http, "/api/v1/tasks/mine", None).headers["x-mock-explain"]
        for key in (None, "Bearer sk-one", "Bearer bad"):
            assert "mine" in get(http, f"/__mock__/explain/{refused}", key).json()["call"]


@pytest.mark.parametrize("key", ["Bearer sk-other", "Bearer other", "other"])
def test_on_a_local_server_another_key_gets_no_explanation(key: str) -> None:
    with client() as http:
        for sent in (None, "Bearer bad"):
            get(http, "/api/v1/tasks/mine", sent)
        found = get(http, "/__mock__/explain", key)
    assert (found.status_code, "is explained by its id" in found.json()["error"]) == (404, True)


@pytest.mark.parametrize("sent", [{}, {"Authorization": "Bearer my-wrong-key"}])
def test_on_a_local_server_emo_explain_works_after_a_401(url: str, sent: dict[str, str]) -> None:
    path = f"/api/v1/tasks/{len(sent)}-of-mine"
    httpx.get(url + path, headers=sent, trust_env=False)
    told = emo("explain", DASHSCOPE_HTTP_BASE_URL=f"{url}/api/v1")
    assert (told.returncode, path in told.stdout) == (0, True), told.stderr
    mine = emo("explain", DASHSCOPE_HTTP_BASE_URL=f"{url}/api/v1", DASHSCOPE_API_KEY="my-wrong-key")
    assert (mine.returncode, path in mine.stdout) == (0, True), mine.stderr
