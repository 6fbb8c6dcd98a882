"""The names of parameters and fields that sign a URL or a form, and where one has a value.

Names of signed URLs: OSS (`OSSAccessKeyId`, `Signature`, `security-token`, `x-oss-…`), S3 and its
kind (`AWSAccessKeyId`, `X-Amz-…`, `X-Goog-…`, `X-Tos-…`, `x-obs-…`, `x-bce-…`), `GoogleAccessId`,
COS (`q-ak`, `q-signature`), Azure (`sig`), CloudFront (`Key-Pair-Id`, `Policy`), CDNs (`auth_key`,
`txSecret`, `wsSecret`, `hdnts`), Qiniu and B2 (`token`, `Authorization`). Upload policies of
DashScope carry `policy`, `signature`, `oss_access_key_id`; lists of tasks tell `api_key_id`,
`caller_uid`, `caller_parent_id`, the numbers of an account."""

from __future__ import annotations

import re

# A name that ends in one of the first words is a secret whatever vendor stands before it; the
# others are whole names, at most behind the prefix of a header.
NAME = (
    r"(?i:[\w-]{0,40}?(?:signature(?:[-_]?provided)?|credentials?|secret(?:[-_]?key)?|token"
    r"|access[-_]?key(?:[-_]?(?:id|secret))?|password|hmac)"
    r"|(?:x[-_]?)?(?:(?:oss|amz|acs|dashscope|q|app)[-_]?)?(?:sig|sign|jwt|ak|sk"
    r"|(?:google[-_]?)?access[-_]?id|private[-_]?key|auth[-_]?key|ucloudpublickey|key[-_]?pair[-_]?id"
    r"|api[-_]?key(?:[-_]?(?:id|secret))?|policy|authorization|(?:set[-_]?)?cookie"
    r"|hdn(?:ts|ea)|__gda__|auth[-_]?info|_upt"
    r"|caller[-_]?uid|caller[-_]?parent[-_]?id))"
)
# A word begins here: behind no letter, or behind an escape, whose last character is no part of it.
START = (
    r"(?:(?<![A-Za-z0-9_-])|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4})"
    r"|(?<=%[0-9A-Fa-f]{2})|(?<=%25[0-9A-Fa-f]{2})|(?<=%2525[0-9A-Fa-f]{2}))"
)
_AND = r"%(?:25)*26|\\u0026"
ASSIGNED = re.compile(
    rf"({START}{NAME}(?:=|%(?:25)*3[Dd]|\\u003[Dd]))((?:(?!{_AND})[^&\s\"'<>\\#])+)"
)
