"""Secrets in parameters, fields, headers and URLs are hidden in the journal; other values stay."""

from __future__ import annotations

import json
from time import process_time
from urllib.parse import quote

import pytest

from contracts.recordings.scrubber import Scrubber
from contracts.redact.secret_forms import redacted_text
from contracts.redact.secret_names import is_key_name, is_secret_header, without_secret_parameters
from contracts.redact.secret_places import in_body, in_header
from contracts.spec.loader import Spec
from mock_server.reproduce import Reproduction
from mock_server.simulation.call import Call
from tests.helpers.cases import each_case
from tests.helpers.fake import Service, request
from tests.helpers.journal import HEADERS, KEY, entry

SECRET = "Zq7Wx3Vb9Nm2"
NAMES = [
    "api_key", "apiKey", "APIKey", "dashscopeApiKey", "DASHSCOPE_API_KEY", "appkey", "keys",
    "accessKeySecret", "authToken", "sessionToken", "session", "pwd", "pass", "jwt", "ak", "sk",
]  # fmt: skip
OTHERS = [
    "page_no", "api_key_id", "max_tokens", "task", "task_id", "model", "monkey", "compass", "mask",
    "Signature", "Expires", "emo-scenario",
]  # fmt: skip


def shown(query: str = "", body: bytes = b"", **headers: str) -> str:
    """The text of a call in the journal."""
    sent = {name.encode(): value.encode() for name, value in headers.items()}
    return repr(entry(KEY, call=Call("POST", "/", query, {**HEADERS, **sent}, body)))


@each_case("name", NAMES)
def test_a_value_with_the_name_of_a_secret_is_hidden_in_query_and_body(name: str) -> None:
    assert is_key_name(name)
    assert SECRET not in shown(f"page_no=1&{name}={SECRET}&a=b")
    assert SECRET not in shown(body=json.dumps({"a": {name: SECRET}}).encode())


@each_case("name", OTHERS)
def test_a_value_with_a_similar_but_harmless_name_is_shown(name: str) -> None:
    assert not is_key_name(name)
    assert SECRET in shown(f"{name}={SECRET}", json.dumps({name: SECRET}).encode())


@each_case(
    "name",
    ["api_key", "apikey", "app-key", "x-jwt", "x-bearer", "x-pass", "x-pwd", "x-ak", "x-sk",
     "accesskeysecret", "sec-websocket-protocol", "keys"],
)  # fmt: skip
def test_a_header_with_the_name_of_a_secret_is_hidden(name: str) -> None:
    assert SECRET not in shown(**{name: SECRET})


@pytest.mark.parametrize("name", ["user-agent", "x-request-id", "x-task", "x-passenger", "x-ask"])
def test_other_headers_are_shown(name: str) -> None:
    assert not is_secret_header(name)
    assert SECRET in shown(**{name: SECRET})


@each_case(
    "body",
    [
        "model=emo-v1&api%5Fkey={}", "a=1;api_key={}", "api_key: {}\nmodel: emo-v1",
        "{{api_key: {}}}", "<a><api_key>{}</api_key></a>", "export DASHSCOPE_API_KEY={}",
        '{{"api_key": ["{}"]}}', '{{"headers": ["Authorization", "Bearer {}"]}}',
        '{{"note": "a\\napi_key: {}"}}',
        '{{"note": "curl -H \\"Authorization: Bearer {}\\""}}',
        '--q\r\nContent-Disposition: form-data; name=api_key\r\n\r\n{}\r\n--q--\r\n',
    ],
)  # fmt: skip
def test_secrets_are_hidden_in_bodies_of_other_formats(body: str) -> None:
    assert SECRET not in shown(body=body.format(SECRET).encode())


def test_a_bundle_with_a_hidden_key_in_an_input_url_reproduces_the_answers(spec: Spec) -> None:
    service = Service(spec)
    for what in ("image_url", "audio_url"):
        body = request(spec, "createVideoTask")
        body["input"][what] = f"https://a.example/x?a=b&token={SECRET}&api_key=\u00e9{SECRET}"
        service.detect({"model": "emo-detect-v1", "input": {"image_url": body["input"][what]}})
        service.task_id(body)
    bundle = service.bundle()
    assert SECRET not in repr([(one.body, one.reply_body) for one in bundle.exchanges])
    assert Reproduction(spec, bundle).run() is None


@each_case(
    "unit", ['"aB', "A_", "a-", "api_key", "bearer ", "\n", '"key":', "name=key\n", "key: ", "<key"]
)
def test_any_body_is_searched_quickly(unit: str) -> None:
    started = process_time()
    in_body((unit * (200_000 // len(unit)) + "key").encode(), [])
    assert process_time() - started < 0.6


SECRET_URLS = [
    "https://user:{}@a.example/x", "https://user:p@ss{}@a.example/x",
    "https:\\/\\/u:{}@a.example/x",
    "https://a.example/x?a=b&X-Amz-Signature={}", "https://a.example/x?__token__={}&a=b",
    "https://a.example/x?Signature[]={}", "https://a.example/x;jsessionid={}",
    "https://a.example/x#access_token={}",
]  # fmt: skip


@each_case("url", SECRET_URLS)
def test_a_secret_in_a_url_is_hidden_in_headers_path_query_and_body(url: str) -> None:
    url = url.format(SECRET)
    for header in ("referer", "link", "x-forwarded-uri"):
        assert SECRET not in shown(**{header: f"<{url}>"})
    assert SECRET not in shown(query=f"page_no=1&x={quote(url, safe='')}")
    assert SECRET not in shown(body=json.dumps({"a": [url]}).encode())
    assert SECRET not in repr(
        entry(KEY, call=Call("GET", f"/api/v1/tasks/{url}", "", HEADERS, b""))
    )
    assert SECRET not in redacted_text(url)


@each_case("url", SECRET_URLS)
def test_the_content_drawn_from_a_url_does_not_depend_on_its_secrets(url: str) -> None:
    masked = redacted_text(url.format(SECRET))
    assert without_secret_parameters(url) == without_secret_parameters(masked)


def test_a_secret_parameter_in_the_value_of_a_header_is_hidden() -> None:
    shows = shown(**{"x-original-url": f"/x?page_no=17&api_key={SECRET}"})
    assert SECRET not in shows
    assert "page_no=17" in shows


def test_the_signature_of_another_cloud_is_hidden_in_the_query_of_a_call() -> None:
    assert SECRET not in shown(query=f"page_no=1&X-Amz-Signature={SECRET}&x-oss-signature={SECRET}")


@pytest.mark.parametrize("name", ["authorization", "x-api-key", "sign", "x-sig", "caller-uid"])
def test_a_header_is_secret_in_the_journal_and_in_a_recording_alike(name: str) -> None:
    found: list[str] = []
    assert in_header(name.encode(), b"short", found) == b"*****"
    assert Scrubber().headers([(name, "short")]) == {name: "REDACTED"}
