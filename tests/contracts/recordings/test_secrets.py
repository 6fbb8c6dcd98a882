"""No key, signature or cookie is written to a cassette, at any place and in any encoding."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from contracts.recordings import RecordedExchange, RecordingBuilder, Scrubber, load
from contracts.recordings.bodies import body_of
from contracts.recordings.encoding import encoded
from contracts.recordings.leaks import without_leaks
from contracts.recordings.scrubber import exchange_without_leaks
from contracts.redact.secret_forms import redacted_text, redacted_value
from contracts.spec.loader import Spec
from tests.helpers.cases import each_case
from tests.helpers.cassette import CASSETTES, KEY, answer_of, cassette_of, leaks, poll_of

KEYS = st.one_of(
    st.from_regex(r"sk-[0-9a-f]{32}", fullmatch=True),
    st.from_regex(r"sk-[A-Za-z0-9_-]{8,40}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9_.~+/-]{20,60}", fullmatch=True),
)
# How a key may be spelled where it stands, without becoming another.
SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "percent": lambda key: "".join(f"%{ord(c):02x}" for c in key),
    "PERCENT": lambda key: "".join(f"%{ord(c):02X}" for c in key),
    "percent of some": lambda key: quote(key, safe="").replace("-", "%2D"),
    "percent twice": lambda key: quote("".join(f"%{ord(c):02x}" for c in key), safe=""),
    "escapes": lambda key: "".join(f"\\u{ord(c):04x}" for c in key),
}
AROUND = st.text(st.sampled_from("aZ09 -_.:/?&=%\"'\\{}[]\n\tskta"), max_size=12)
PLACES = ("path", "query", "header", "request", "answer", "answer header", "note", "name")


def plain(text: str) -> str:
    r"""A text with all percent and \\u escapes decoded."""
    for _ in range(4):
        text = re.sub(r"%([0-9a-fA-F]{2})|\\+u00([0-9a-fA-F]{2})",
                      lambda found: chr(int(found[1] or found[2], 16)), text)  # fmt: skip
    return text


@given(
    key=KEYS,
    spelling=st.sampled_from(sorted(SPELLINGS)),
    place=st.sampled_from(PLACES),
    before=AROUND,
    after=AROUND,
    as_json=st.booleans(),
)
def test_a_key_that_was_sent_is_nowhere_in_the_file(
    spec: Spec, key: str, spelling: str, place: str, before: str, after: str, as_json: bool
) -> None:
    planted = before + SPELLINGS[spelling](key) + after
    assume(key not in ("sk-REDACTED", "REDACTED"))
    said = json.dumps({"deep": [{"text": planted}]}) if as_json else planted
    scrubber, planted_at = Scrubber(), dict.fromkeys(PLACES, "") | {place: planted}
    request = scrubber.request(
        "POST",
        "/api/v1/tasks/" + planted_at["path"],
        planted_at["query"],
        [("Authorization", f"Bearer {key}"), ("X-Own", planted_at["header"])],
        body_of((said if place == "request" else "").encode()),
    )
    answer = scrubber.answer(
        400,
        [("x-told", planted_at["answer header"])],
        body_of((said if place == "answer" else json.dumps({planted_at["name"]: 1})).encode()),
    )
    builder = RecordingBuilder(spec)
    builder.take(RecordedExchange(request, 0.0, answer, scrubber.text(planted_at["note"])))
    assert key not in plain(encoded(builder.cassette()).decode())


@given(key=st.from_regex(r"sk-[0-9a-f]{32}", fullmatch=True), before=st.sampled_from(
    ["", " ", '"', "=", "\n", "%20", "\\n", "\\u0020", "(", "x=1&y=", "Bearer ", "a key:"]
))  # fmt: skip
def test_a_key_that_was_not_sent_is_recognized_by_its_form(key: str, before: str) -> None:
    for spell in SPELLINGS.values():
        assert key not in plain(redacted_text(f"{before}{spell(key)} is wrong"))


PIECES = (
    "sk-", "abc123", "Signature=", "token", '":"', "%3D", "&", "%26", "LTAI", "=", "REDACTED",
    "Bearer ", "0123456789abcdef0123456789", '"', " ", "\\", "policy", "\n", "\\n", "'", ":", "0",
)  # fmt: skip


@given(
    text=st.text(max_size=60) | AROUND | st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
)
def test_a_scrubbed_text_contains_no_secret_and_stays_unchanged(text: str) -> None:
    assert redacted_text(redacted_text(text)) == redacted_text(text)
    assert leaks(json.dumps(redacted_value({"a": [text], text: text}))) == []


def test_an_upload_policy_and_account_ids_are_replaced() -> None:
    policy = {"policy": "eyJl", "signature": "zzz=", "oss_access_key_id": "LTAI", "upload_dir": "d"}
    assert redacted_value({"data": policy})["data"] == {
        "policy": "REDACTED",
        "signature": "REDACTED",
        "oss_access_key_id": "REDACTED",
        "upload_dir": "d",
    }
    item = {"api_key_id": "42677", "caller_uid": 1493, "user_api_unique_key": "apikey:v1:emo-v1"}
    assert redacted_value([item]) == [
        {"api_key_id": "REDACTED", "caller_uid": 0, "user_api_unique_key": "apikey:v1:emo-v1"}
    ]


@each_case(
    "text",
    ["task-a8532587fa8c4ef882be3a1b7c5d9e20", "sk-SK,en;q=0.5", "the policy of the house",
     "max_tokens=5", "a disk-based store", "Signature", "https://h/p?Expires=1&x=2",
     "the bearer of bad news", "?s=cats&key=a/b.png", "emo-%E5%9B%BE%E7%89%87.png"],
)  # fmt: skip
def test_a_text_without_a_secret_stays_unchanged(text: str) -> None:
    assert redacted_text(text) == text


def test_keys_in_headers_are_replaced_and_the_scheme_is_kept() -> None:
    scrubber = Scrubber()
    sent = [("Authorization", f"bearer {KEY}"), ("X-Api-Key", KEY), ("Cookie", "a=b"),
            ("X-DashScope-Async", "enable"), ("X-Session-Token", "abc"), ("Via", "proxy"),
            ("Connection", "close"), ("Host", "h")]  # fmt: skip
    assert scrubber.request("GET", "/", "", sent, None).headers == {
        "authorization": "bearer sk-REDACTED",
        "x-api-key": "sk-REDACTED",
        "x-dashscope-async": "enable",
        "x-session-token": "REDACTED",
    }
    told = [("Set-Cookie", "a=b"), ("Content-Type", "text/plain"), ("X-A", "1"), ("X-A", "2")]
    headers = scrubber.answer(200, told, None).headers
    assert headers == {"content-type": "text/plain", "x-a": "1, 2"}


@pytest.mark.parametrize("name", ["x-acs-caller-uid", "x-cookie", "x-policy", "x-api_key"])
def test_a_header_with_a_secret_name_is_scrubbed_and_can_be_written(spec: Spec, name: str) -> None:
    answer = Scrubber().answer(200, [(name, "1493478651020171")], None)
    assert answer.headers == {name: "REDACTED"}
    assert encoded(cassette_of(RecordedExchange(poll_of(), 0.0, answer)))


def test_cookies_and_query_keys_are_replaced_elsewhere_and_in_base64() -> None:
    scrubber = Scrubber()
    scrubber.learn([("Cookie", "sid=topsecretcookie; a=b")], "api_key=plainreseller999")
    packed = base64.b64encode(b"plainreseller999").decode()
    text = f"topsecretcookie plainreseller999 {packed} a=b"
    assert scrubber.text(text) == "sk-REDACTED sk-REDACTED sk-REDACTED== a=b"


def test_secrets_in_lists_and_objects_are_replaced() -> None:
    value = {"Set-Cookie": ["sid=1"], "token": {"value": "abc", "n": 1, "on": True}, "size": 3}
    assert redacted_value(value) == {
        "Set-Cookie": ["REDACTED"],
        "token": {"value": "REDACTED", "n": 0, "on": True},
        "size": 3,
    }


VALUES = st.lists(
    st.sampled_from(["", " ", "one", "Bearer", f"Bearer {KEY}", KEY, "Basic YTpi", "a, b", "0"]),
    min_size=1, max_size=3,
)  # fmt: skip


@given(name=st.sampled_from(["Authorization", "X-Api-Key", "Api-Key", "X-Token"]), values=VALUES)
def test_a_repeated_or_blank_header_can_be_written(
    spec: Spec, name: str, values: list[str]
) -> None:
    scrubber = Scrubber()
    request = scrubber.request("GET", "/", "", [(name, value) for value in values], None)
    assert (
        KEY not in encoded(cassette_of(RecordedExchange(request, 0.0, None, "no answer"))).decode()
    )


def test_a_value_that_may_contain_a_secret_is_redacted_and_the_rest_is_kept() -> None:
    value = {"a": [f"key {KEY}", "b"], "token": {"x": 1}, f"name {KEY}": "c", "n": 5}
    kept, leaks = without_leaks(value)
    assert kept == {"a": ["REDACTED", "b"], "token": "REDACTED", "REDACTED": "c", "n": 5}
    assert [leak.kind for leak in leaks] == ["key", "secret field", "key"]
    assert without_leaks(kept) == (kept, [])


def test_an_exchange_with_a_possible_secret_is_written_with_a_note_of_its_place(
    spec: Spec,
) -> None:
    request = Scrubber().request("GET", "/", "", [("X-Own", "a")], None)
    odd = RecordedExchange(request, 0.0, None, f"broken: {KEY}")
    kept = exchange_without_leaks(odd)
    assert kept.note == "REDACTED; redacted: /note"
    assert encoded(cassette_of(kept))
    assert exchange_without_leaks(kept) == kept


def test_a_leak_is_reported_by_its_place_without_its_value(spec: Spec) -> None:
    answer = answer_of(spec, "getTask", "PENDING")
    answer.output["note"] = KEY
    found = leaks(json.dumps({"a": [answer.value]}))
    assert [(leak.place, leak.kind) for leak in found] == [("/a/0/output/note", "key")]


@each_case("path", sorted(CASSETTES.rglob("*.*")), ids=lambda path: path.name)
def test_no_cassette_in_the_repository_contains_a_secret(path: Path) -> None:
    assert leaks(path.read_text("utf-8")) == []


def test_a_recording_of_another_program_is_scrubbed_when_it_is_loaded(
    spec: Spec, tmp_path: Path
) -> None:
    for name in ("fake.json", "browser.har", "vcr.yaml"):
        text = (CASSETTES / name).read_text("utf-8").replace("sk-REDACTED", KEY)
        text = text.replace("=REDACTED", "=c2lnbmF0dXJl")
        (tmp_path / name).write_text(text, "utf-8")
        assert leaks(text)
        assert KEY not in encoded(load(tmp_path / name, spec)).decode(), "and it can be written"


SECRET = "c0ffee00c0ffee00c0ffee00c0ffee00"


@each_case(
    "text, found",
    [
        (f'{{"api_key": "{SECRET}", broken', '{"api_key": "REDACTED", broken'),
        (f'say \\"token\\": \\"{SECRET}\\"', 'say \\"token\\": \\"REDACTED\\"'),
        (f"{{'x-oss-signature': '{SECRET}'}}", "{'x-oss-signature': 'REDACTED'}"),
        ('{"caller_uid": 1493478651020171, broken', '{"caller_uid": 0, broken'),
        (f"xsk-{SECRET}", "xsk-REDACTED"),
        ("by LTAI5tAbcdefGHIJ12 of it", "by REDACTED of it"),
        ("by STS.NUabcdefgh12 of it", "by REDACTED of it"),
        (f"Authorization: Bearer {SECRET}", "Authorization: Bearer REDACTED"),
        (f"authorization=Basic{SECRET}&x=1", "authorization=REDACTED&x=1"),
        (f'name="Signature"\r\n\r\n{SECRET}\r\n--b', 'name="Signature"\r\n\r\nREDACTED\r\n--b'),
        (f"<SecurityToken>CAIS{SECRET}</S", "<SecurityToken>REDACTED</S"),
        (f'{{"app_secret": "{SECRET}", broken', '{"app_secret": "REDACTED", broken'),
        (f"?sig={SECRET}&x=1", "?sig=REDACTED&x=1"),
        ("by AKIAIOSFODNN7EXAMPLE of it", "by REDACTED of it"),
    ],
)
def test_a_secret_in_a_text_is_replaced(text: str, found: str) -> None:
    assert redacted_text(text) == found
    assert leaks(json.dumps(text))


def test_a_key_is_recognized_without_the_scenario_after_its_dot() -> None:
    scrubber = Scrubber()
    scrubber.learn([("Authorization", "Bearer abcdefgh12.InternalError")])
    assert scrubber.text("who is xabcdefgh12?") == "who is xsk-REDACTED?"


def test_short_keys_are_redacted_only_in_the_authorization_header() -> None:
    scrubber = Scrubber()
    headers = [("Authorization", "Bearer video"), ("X-Own", "video")]
    assert scrubber.request("GET", "/video", "", headers, None).headers == {
        "authorization": "Bearer REDACTED",
        "x-own": "video",
    }
    assert scrubber.text("the video") == "the video"
