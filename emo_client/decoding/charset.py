"""Decodes a body to text, in the charset of its Content-Type, its byte order mark or its own
declaration. Gateways in front of the service answer in GBK, Big5 or Latin-1, and often declare the
wrong charset."""

import codecs
import re
from collections.abc import Iterator

from emo_client.inflate import inflated

# Labels of the web (WHATWG Encoding) for which Python has another name, or a codec that accepts
# fewer characters than are sent with this label.
_LATIN = "cp1252"
_WEB = {
    **dict.fromkeys(("gbk", "gb2312", "x-gbk", "gb_2312-80", "chinese", "hz-gb-2312"), "gb18030"),
    **dict.fromkeys(("iso-8859-1", "latin1", "latin-1", "l1", "ascii", "us-ascii"), _LATIN),
    **dict.fromkeys(("big5", "big5-hkscs", "x-x-big5", "cn-big5"), "big5hkscs"),
    **dict.fromkeys(("shift_jis", "sjis", "x-sjis", "windows-31j"), "cp932"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "windows-949"), "cp949"),
    "x-euc-jp": "euc_jp",
}
# Python lists these as text encodings, but no body uses them. Punycode takes quadratic time.
_NO_CHARSETS = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs"}
_HIGH, _LONG_RUN = re.compile(rb"[\x80-\xff]"), re.compile(rb"[\x80-\xff]{4}")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NAMED = re.compile(r"""(?i)\bcharset\s*=\s*["']?\s*([\w.:-]+)""")
_XML = re.compile(r"""(?i)<\?xml[^>]{0,200}\bencoding\s*=\s*["']([\w.:-]+)""")
_LONGEST = 1 << 20  # decompressed bytes of a gzip body without Content-Encoding
_HEAD = 2048  # bytes of a page that are searched for its charset declaration


def text_of(body: bytes, content_type: str = "") -> str | None:
    """The body as text, without a byte order mark; None if no charset fits all of its bytes.

    A declared charset is used only if it fits: UTF-8 with another declaration is still decoded as
    UTF-8. An incomplete character at the end is left out.
    """
    body = _unzipped(body)
    for mark, charset in _MARKS:
        if body.startswith(mark):
            return _decoded(body[len(mark) :], charset)
    found = (_decoded(body, charset) for charset in _candidates(body, content_type))
    return next((text for text in found if text is not None), None)


def readable(body: bytes, content_type: str = "") -> str:
    """The body as text for an error message; for binary data, its size."""
    text = text_of(body, content_type)
    if text is None:
        text = body.decode("utf-8", "replace")
    odd = sum(not (char.isprintable() or char.isspace()) or char == "\ufffd" for char in text)
    return f"{len(body)} bytes that are not text" if odd * 5 > len(text) else text


def _unzipped(body: bytes) -> bytes:
    """The body without gzip, which some gateways use without a Content-Encoding header."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    return inflated(body, 31, _LONGEST) or body


def _candidates(body: bytes, content_type: str) -> Iterator[str]:
    """The charsets to try, best first."""
    head = body[:_HEAD].decode("latin-1").replace("\0", "")
    names = [*_NAMED.findall(content_type)[:1], *_XML.findall(head), *_NAMED.findall(head)[:1]]
    named = [_WEB.get(name.lower(), name) for name in names]
    if _is_utf8_for_sure(body, named):
        yield "utf-8"
    yield from (_with_byte_order(one, body) for one in named if one != _LATIN)
    if b"\0" in body:
        yield _with_byte_order("utf-16", body)
    yield "utf-8"
    looks_latin = not _LONG_RUN.search(body) and len(_HIGH.findall(body)) * 5 < len(body)
    if _LATIN in named and looks_latin:
        yield _LATIN
    yield "gb2312"  # both bytes of a character are high, which is rare in other charsets
    if _LATIN in named or (looks_latin and not body.lstrip().startswith((b"{", b"["))):
        yield _LATIN


def _is_utf8_for_sure(body: bytes, named: list[str]) -> bool:
    """Whether the bytes are UTF-8, whatever charset is declared: text with high bytes in another
    charset is hardly ever valid UTF-8, least of all with characters of three bytes."""
    text = None if b"\0" in body or body.isascii() else _decoded(body, "utf-8")
    if text is None:
        return False
    return named[:1] == [_LATIN] or max(text, default="") >= "\u0800"


def _with_byte_order(charset: str, body: bytes) -> str:
    """The charset with its byte order, found by counting zero bytes. By RFC 2781 UTF-16 without a
    byte order mark is big-endian, but most servers send little-endian."""
    if charset not in ("utf-16", "utf16", "unicode", "utf-32", "utf32"):
        return charset
    width = 4 if "32" in charset else 2
    little, big = body[::width].count(0), body[width - 1 :: width].count(0)
    return f"utf-{width * 8}-{'be' if little > big else 'le'}"


def _decoded(body: bytes, charset: str) -> str | None:
    try:
        if codecs.lookup(charset).name in _NO_CHARSETS:  # in any spelling
            return None
        b"a".decode(charset, "replace")  # LookupError for a codec such as "zlib"
        text = codecs.getincrementaldecoder(charset)().decode(body, final=False)
    except (LookupError, ValueError):
        return None
    return text.removeprefix("\ufeff")
