"""Serves the sample inputs from memory, whole or in part."""

from __future__ import annotations

import re
from email.utils import formatdate
from hashlib import sha256
from mimetypes import guess_type

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mock_server.media import samples

# One part, as players of media ask for it. Other forms are ignored, as RFC 9110 (14.2) allows.
_RANGE = re.compile(r"bytes=(?:(?P<first>\d{1,18})-(?P<last>\d{0,18})|-(?P<length>\d{1,18}))")


async def sample(request: Request) -> Response:
    """The sample with this name, or the part of it that `Range` asks for; 404 for another name."""
    path = samples.sample(request.path_params["name"])
    if path is None:
        raise HTTPException(404)
    data = path.read_bytes()
    tag, changed = (
        f'"{sha256(data).hexdigest()[:32]}"',
        formatdate(path.stat().st_mtime, usegmt=True),
    )
    headers = {"accept-ranges": "bytes", "last-modified": changed, "etag": tag}
    kind, size = guess_type(path)[0], len(data)
    wanted = _RANGE.fullmatch(request.headers.get("range", ""))
    if wanted is None or request.headers.get("if-range", tag) != tag:
        return Response(data, headers=headers, media_type=kind)
    part = _part(wanted, size)
    if not part:
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{size}"})
    headers["content-range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    return Response(data[part.start : part.stop], 206, headers, kind)


def _part(wanted: re.Match[str], size: int) -> range:
    """The bytes that a range asks for; empty if there are none."""
    first, last, length = wanted.group("first", "last", "length")
    if length is not None:
        return range(max(0, size - int(length)), size)
    return range(int(first), min(size, int(last or size) + 1))
