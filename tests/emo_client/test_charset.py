"""Errors are readable text in any charset, also where a gateway declares a wrong one."""

import gzip

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emo_client import PermissionDenied
from emo_client.decoding.charset import readable, text_of
from tests.helpers.cases import each_case

CHINESE, KEY = "访问被拒绝", "sk-0123456789abcdef"


@each_case(
    "text, charset",
    [
        (CHINESE, "gbk"),
        (CHINESE, "gb2312"),
        (CHINESE, "GB18030"),
        ("存取被拒絕", "big5"),
        (CHINESE, "utf-16"),
        (CHINESE, "utf-16-le"),
        ("アクセス拒否", "shift_jis"),
        ("accès refusé à vous", "iso-8859-1"),
        (CHINESE, "utf-8"),
    ],
)
@pytest.mark.parametrize("page", ["<p>{}</p>", '{{"code": "", "message": "{}"}}', "{}"])
def test_a_page_is_decoded_with_the_charset_of_its_content_type(
    emo, on, text, charset, page
) -> None:
    content = page.format(text).encode(charset)
    headers = {"content-type": f'text/html; Charset="{charset}"'}
    on("GET", "/tasks/t", httpx.Response(403, content=content, headers=headers))
    with pytest.raises(PermissionDenied, match=f"answered 403: {text} "):
        emo.get("t")


@each_case("named", ["utf-8", "iso-8859-1", "nonsense", "zlib", "", "x-user-defined"])
@pytest.mark.parametrize("charset", ["gbk", "utf-8"])
def test_a_wrong_charset_is_corrected(named: str, charset: str) -> None:
    assert text_of(CHINESE.encode(charset), f"text/html; charset={named}") == CHINESE


@pytest.mark.parametrize(
    "head",
    ['<meta charset="big5">', '<meta http-equiv="Content-Type" content="text/html; charset=big5">',
     '<?xml version="1.0" encoding="big5"?>'],
)  # fmt: skip
def test_a_page_can_declare_its_charset_in_its_text(head: str) -> None:
    assert text_of(f"{head}存取被拒絕".encode("big5"), "text/html") == f"{head}存取被拒絕"


@pytest.mark.parametrize(("label", "codec"), [("windows-31j", "cp932"), ("x-euc-jp", "euc_jp")])
def test_charset_labels_of_the_web_that_python_lacks_are_known(label: str, codec: str) -> None:
    text = "ゲートウェイエラー"
    assert text_of(text.encode(codec), f"text/html; charset={label}") == text


@settings(deadline=None)
@given(text=st.text(st.characters(exclude_categories=["C"])), charset=st.sampled_from(
    ["utf-8", "utf-16-le", "utf-16-be", "gb18030"]), named=st.booleans())  # fmt: skip
def test_an_encoded_text_is_decoded_as_it_was(text: str, charset: str, named: bool) -> None:
    marked = "\ufeff" + text if charset != "gb18030" and not named else text
    kind = f"text/plain; charset={charset}" if named or charset == "gb18030" else ""
    found = text_of(marked.encode(charset), kind)
    ambiguous = text_of(marked.encode(charset), "") if charset == "gb18030" else text
    assert found in (text.removeprefix("\ufeff"), ambiguous)


@settings(deadline=None)
@given(body=st.binary(max_size=300), kind=st.text(max_size=40))
def test_any_bytes_become_readable_text(body: bytes, kind: str) -> None:
    for named in (kind, f"text/html; charset={kind}"):
        assert readable(body, named).encode("utf-8", "strict") is not None


@pytest.mark.parametrize("charset", ["punycode", "PUNYCODE", "Punycode", "unicode-escape", "IDNA"])
def test_a_declared_codec_that_no_page_uses_is_ignored(charset: str) -> None:
    page = "a-" + r"\u0041" * 9
    assert text_of(page.encode(), f"text/html; charset={charset}") == page


def test_an_html_page_is_shortened_to_its_text(emo, on) -> None:
    page = f"<html><style>p {{}}</style><script>x()</script><h1>{CHINESE}&nbsp;!</h1>{'a' * 999}"
    headers = {"content-type": "text/html; charset=gbk"}
    on("GET", "/tasks/t", httpx.Response(403, content=page.encode("gbk"), headers=headers))
    with pytest.raises(PermissionDenied, match=f"403: {CHINESE} ! a{{100,200}}…") as caught:
        emo.get("t")
    assert len(str(caught.value)) < 400


def test_a_page_cut_inside_a_character_and_undeclared_gzip_are_readable() -> None:
    assert text_of(CHINESE.encode("gbk")[:-1], "text/html; charset=gbk") == CHINESE[:-1]
    assert text_of(gzip.compress(CHINESE.encode()), "text/html") == CHINESE
    assert readable(bytes(range(128, 256)) * 4) == "512 bytes that are not text"


@pytest.mark.parametrize("charset", ["gbk", "utf-16", "utf-8"])
def test_a_key_echoed_in_another_charset_is_hidden(emo, on, charset) -> None:
    content = f"<p>{CHINESE} {KEY}</p>".encode(charset)
    headers = {"content-type": f"text/html; charset={charset}"}
    on("GET", "/tasks/t", httpx.Response(403, content=content, headers=headers))
    with pytest.raises(PermissionDenied, match=f"403: {CHINESE} …"):
        emo.get("t")
