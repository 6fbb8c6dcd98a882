"""The names of headers, parameters and fields that contain a secret: a key, a token, a password,
the signature of a URL or of a form. No other module has such a list.

Names of signed URLs: OSS (`OSSAccessKeyId`, `Signature`, `security-token`, `x-oss-…`), S3 and
similar stores (`AWSAccessKeyId`, `X-Amz-…`, `X-Goog-…`, `X-Tos-…`, `x-obs-…`, `x-bce-…`),
`GoogleAccessId`, COS (`q-ak`, `q-signature`), Azure (`sig`), CloudFront (`Key-Pair-Id`, `Policy`),
CDNs (`auth_key`, `txSecret`, `wsSecret`, `hdnts`), Qiniu and B2 (`token`, `Authorization`), Swift
(`temp_url_sig`), SharePoint (`tempauth`). Upload policies of DashScope carry `policy`, `signature`,
`oss_access_key_id`; lists of tasks have `api_key_id`, `caller_uid`, `caller_parent_id`, the numbers
of an account."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

# Names of keys, as a part of a pattern in any case: one of these words, or a name that ends with
# one after `-`, `_` or as in `authToken`. `api_key_id` does not match, since it is only a number,
# and neither do signatures, because a call cannot be sent again without them.
KEY_NAMES = (
    r"(?:[a-z0-9_-]{0,40}?(?:[_-]|(?-i:(?<=[a-z0-9])(?=[A-Z]))))?(?:(?:api|access|app)[-_]?keys?"
    r"|keys?|(?:access)?token|secret|password|passwd|passphrase|pwd|pass|auth|authorization|bearer"
    r"|credentials?|jwt|session|ak|sk)"
)
# Names of signatures and of their signers. A name that ends in one of the first words is a secret
# for any vendor's prefix; the others are whole names, with at most the prefix of a header.
SIGNED_NAMES = (
    r"(?i:[\w-]{0,40}?(?:signature(?:[-_]?provided)?|credentials?|secret(?:[-_]?key)?|token"
    r"|access[-_]?key(?:[-_]?(?:id|secret))?|password|passwd|hmac|sig)"
    r"|(?:x[-_]?)?(?:(?:oss|amz|acs|dashscope|q|app)[-_]?)?(?:sig|sign|jwt|ak|sk"
    r"|(?:google[-_]?)?access[-_]?id|private[-_]?key|auth[-_]?key|ucloudpublickey|key[-_]?pair[-_]?id"
    r"|api[-_]?key(?:[-_]?(?:id|secret))?|policy|authorization|(?:set[-_]?)?cookie"
    r"|pwd|tempauth|rlkey|hdn(?:ts|ea)|__gda__|auth[-_]?info|_upt"
    r"|(?:j|php|asp)?sess(?:ion)?[-_]?id|caller[-_]?uid|caller[-_]?parent[-_]?id))"
)
# Each name that KEY_NAMES matches contains one of these, in lower case.
WORDS: tuple[str, ...] = (
    "key", "token", "secret", "pass", "pwd", "auth", "bearer", "credential", "jwt", "session", "ak",
    "sk",
)  # fmt: skip
_KEY_NAME = re.compile(KEY_NAMES, re.IGNORECASE)
_SIGNED_NAME = re.compile(rf"{SIGNED_NAMES}(?:__|\[\w*\])?")  # `__token__`, `token[]`
_HEADER = re.compile(
    r"auth|token|secret|passw|passphrase|pwd|session|signature|credential|cookie|bearer|jwt"
    r"|(?:api|access|app)[-_]?key|(?:^|[-_])(?:keys?|pass|ak|sk)(?:[-_]|$)|^sec-websocket-protocol$"
)


@lru_cache(maxsize=1024)
def is_key_name(name: str) -> bool:
    """Whether a parameter or a field of this name contains a key."""
    return _KEY_NAME.fullmatch(name) is not None


@lru_cache(maxsize=1024)
def is_secret_name(name: str) -> bool:
    """Whether the value of a field or parameter of this name is a secret or the id of an
    account."""
    return _SIGNED_NAME.fullmatch(name) is not None


@lru_cache(maxsize=1024)
def is_secret_header(name: str) -> bool:
    """Whether a header of this name, in lower case, contains a secret. Misspelled names match
    too."""
    return _HEADER.search(name) is not None or is_secret_name(name)


def without_secret_parameters(url: str) -> str:
    """The URL without its user and without secret parameters in its query, path or fragment. Used
    where a result must not change when a recording has these redacted."""
    before, *rest = re.split("([?&;#])", _USER.sub(r"\1", url))
    parts = zip(rest[::2], rest[1::2], strict=True)
    kept = (mark + part for mark, part in parts if not _is_secret(unquote(part.partition("=")[0])))
    return before + "".join(kept)


_USER = re.compile(r"^([a-z][a-z0-9+.-]*:(?:\\*/){2})[^/?#\\]*@", re.IGNORECASE)


def _is_secret(name: str) -> bool:
    return is_key_name(name) or is_secret_name(name)
