"""No signature of a URL is written to a recording, at any place and of any object store."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import quote

import pytest

from contracts.redact.redactor import TextRedactor
from contracts.redact.secret_forms import redacted_text
from tests.contracts.recordings.test_secrets import plain
from tests.helpers.cases import each_case
from tests.helpers.cassette import leaks

SIGNED = (
    "https://b.oss-cn-shanghai.aliyuncs.com/1d/v.mp4?Expires=1757658951&OSSAccessKeyId=LTAI5tAbcdef"
    "GHIJ12&Signature=c2lnbm%2BF0dXJl%3D&security-token=CAISabc%2F&x-oss-signature=ff00&keep=1"
)


@pytest.mark.parametrize("spell", [str, quote, lambda url: quote(quote(url, safe=""), safe="")])
def test_a_signed_url_loses_its_signature_and_keeps_its_other_parameters(
    spell: Callable[[str], str],
) -> None:
    found = plain(redacted_text(spell(SIGNED)))
    for secret in ("LTAI5t", "c2lnbm", "CAISabc", "ff00"):
        assert secret not in found
    assert "1d/v.mp4?Expires=1757658951&OSSAccessKeyId=REDACTED&Signature=REDACTED" in found
    assert found.endswith("&keep=1")


@pytest.mark.parametrize("backslashes", [0, 1, 8, 9, 30])
def test_a_signature_in_a_path_is_found_after_any_number_of_backslashes(backslashes: int) -> None:
    slash = "\\" * backslashes + "/"
    assert "a1b2c3d4" not in redacted_text(f"h{slash}s--a1b2c3d4--/v.mp4")


def test_a_megabyte_of_backslashes_is_scrubbed_in_linear_time() -> None:
    text = "\\" * (1 << 20)  # five minutes, where it is
    assert redacted_text(text) == text


SIGNATURES = {
    "OSS v1": "OSSAccessKeyId=HUSH1&Expires=1757658951&Signature=HUSH2%3D&security-token=HUSH3",
    "OSS v4": "x-oss-credential=HUSH1&x-oss-date=1&x-oss-expires=60&x-oss-signature=HUSH2",
    "S3 v2": "AWSAccessKeyId=HUSH1&Expires=1757658951&Signature=HUSH2",
    "S3 v4": "X-Amz-Credential=HUSH1&X-Amz-Signature=HUSH2&X-Amz-Security-Token=HUSH3",
    "Azure": "sv=2024-05-04&se=2026-01-01&sr=b&sp=r&sig=HUSH%2B1",
    "GCS v2": "GoogleAccessId=HUSH1&Expires=1757658951&Signature=HUSH2",
    "GCS v4": "X-Goog-Algorithm=GOOG4&X-Goog-Credential=HUSH1&X-Goog-Signature=HUSH2",
    "COS": "q-sign-algorithm=sha1&q-ak=HUSH1&q-signature=HUSH2&x-cos-security-token=HUSH3",
    "OBS": "AccessKeyId=HUSH1&Expires=1757658951&Signature=HUSH2&x-obs-security-token=HUSH3",
    "TOS": "X-Tos-Credential=HUSH1&X-Tos-Signature=HUSH2&X-Tos-Security-Token=HUSH",
    "BOS": "authorization=bce-auth-v1%2FHUSH1%2F2026&x-bce-security-token=HUSH2",
    "KS3": "KSSAccessKeyId=HUSH1&Expires=1757658951&Signature=HUSH2",
    "Qiniu": "e=1757658951&token=HUSH1:HUSH2=",
    "Backblaze": "Authorization=HUSH1",
    "CDN of Aliyun": "auth_key=1757658951-0-0-HUSH1",
    "CDN of Tencent": "txSecret=HUSH1&txTime=5",
    "CloudFront": "Policy=HUSH1&Signature=HUSH2&Key-Pair-Id=HUSH3",
    "Swift": "temp_url_sig=HUSH1&temp_url_expires=5",
    "SharePoint": "tempauth=HUSH1",
    "imgix": "s=HUSH0123456789abcdef",
    "Discord": "ex=1&is=2&hm=HUSH0123456789abcdef",
    "nginx": "md5=HUSH0123456789abcdef&expires=5",
    "Supabase": "jwt=eyJhbGciOiJI.eyJzdWIi.HUSH1",
    "Akamai": "hdnts=exp=1~hmac=HUSH1",
    "others": "access_token=HUSH1&upload_token=HUSH2&sig=HUSH3&signature=HUSH4",
}
FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in JSON": json.dumps,
    "escaped by Go": lambda url: json.dumps(url).replace("&", "\\u0026"),
    "in HTML": lambda url: f'<a href="{url.replace("&", "&amp;")}">',
    "in another URL": lambda url: f"https://h/?from={quote(url, safe='')}&x=1",
    "twice in another URL": lambda url: f"https://h/?u={quote(quote(url, safe=''), safe='')}",
}


@pytest.mark.parametrize("form", FORMS)
@each_case("store", SIGNATURES)
def test_the_signatures_of_every_object_store_are_removed(store: str, form: str) -> None:
    text = FORMS[form](f"https://bucket.example.com/a.png?{SIGNATURES[store]}&keep=1")
    found = redacted_text(text)
    assert "HUSH" not in found
    assert "keep" in found and "bucket.example.com" in found
    assert leaks(json.dumps({"a": text}))
    assert "HUSH" not in TextRedactor([]).redact(text), "nor in a report"


SIGNED_PATHS = (
    "https://res.example.com/d/image/upload/s--HUSHab12--/a.png",
    "https://objects.example.com/p/HUSH0123456789abcdef/n/space/b/bucket/o/a.png",
    "https://cdn.example.com/202611271800/deadbeefdeadbeefdeadbeefdeadbeef/a.png",
    "https://cdn.example.com/deadbeefdeadbeefdeadbeefdeadbeef/5f0c1c0e/a.png",
    "https://video.example.com/eyJhbGciOiJI.eyJzdWIi.HUSHab12/a.m3u8",
    "https://user:HUSHab12@host.example.com/a.png",
)


@pytest.mark.parametrize("form", FORMS)
@each_case("url", SIGNED_PATHS)
def test_signatures_in_paths_and_passwords_are_replaced_in_escaped_urls_too(
    url: str, form: str
) -> None:
    found = redacted_text(FORMS[form](url))
    assert "HUSH" not in found and "deadbeef" not in found
    assert "example.com" in found


def test_expiry_and_algorithm_of_a_signed_url_stay() -> None:
    text = "?Expires=1&e=1&se=2026&X-Goog-Algorithm=GOOG4&X-Amz-SignedHeaders=host&q-sign-time=1;2"
    assert redacted_text(text) == text


def test_a_password_in_a_url_is_replaced() -> None:
    assert redacted_text("by https://user:pass@host/a") == "by https://user:REDACTED@host/a"
    assert redacted_text("https://host:8080/a@b") == "https://host:8080/a@b"
