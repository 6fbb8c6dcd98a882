"""An object store for tests of downloads: its content, its answers and its broken connections."""

import re

import httpx

SIGNED = "Expires=1757662551&OSSAccessKeyId=LTAI5tKey&Signature=s3cretsignature%2B1%3D"
URL = f"http://oss.test/r/v.mp4?{SIGNED}"
VIDEO = bytes(range(256)) * 4


class Broken(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body whose connection breaks after these bytes."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __iter__(self):
        yield self.content
        raise httpx.RemoteProtocolError("peer closed connection")

    async def __aiter__(self):
        yield self.content
        raise httpx.RemoteProtocolError("peer closed connection")


class Store:
    """An object store with Range and If-Range like real ones. breaks: the bytes after which each
    connection breaks."""

    def __init__(self, content: bytes = VIDEO, etag: str | None = '"ABC"', *breaks: int) -> None:
        self.content, self.etag, self.breaks = content, etag, list(breaks)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        start = self.start(request)
        headers = {"ETag": self.etag} if self.etag else {}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(self.content) - 1}/{len(self.content)}"
        body = self.content[start:]
        headers["Content-Length"] = str(len(body))
        stream = Broken(body[: self.breaks.pop(0)]) if self.breaks else httpx.ByteStream(body)
        return httpx.Response(206 if start else 200, headers=headers, stream=stream)

    def start(self, request: httpx.Request) -> int:
        found = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
        if not found or request.headers.get("if-range", self.etag) != self.etag:
            return 0
        return int(found[1])

    def ranges(self) -> list[str | None]:
        return [request.headers.get("range") for request in self.requests]
