"""Reads the body of a request that arrives in chunks: finds its end in the bytes of the connection,
and passes its content on."""

from __future__ import annotations

from collections.abc import Callable

from httptools import HttpParserError, HttpRequestParser

from contracts.http1.bounds import CHUNK_LINE_BYTES, HEAD_BYTES
from contracts.http1.refused import Reason, RequestRefused, broken

BLANK_LINE = b"\r\n"
# httptools decodes chunks only after a head that announces them.
CHUNKED_HEAD = b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n"

OnBody = Callable[[bytes], object]


class ChunkedBody:
    """A body in chunks (RFC 9112, 7.1): each chunk is a line with its size, its bytes and CR LF.
    After the chunk of size 0 come trailers, which are checked and dropped, and an empty line.
    httptools decodes the chunks but does not report the end of the body, so the end is also found
    here, and both must agree. is_complete: whether the whole body was read."""

    def __init__(self, on_body: OnBody) -> None:
        self.is_complete = False
        self._left = 0  # bytes before the next line
        self._line = bytearray()
        self._trailers: int | None = None  # bytes of trailers until now; None before the last chunk
        self._content = _ChunkContent(on_body)
        self._parser = HttpRequestParser(self._content)
        self._parser.feed_data(CHUNKED_HEAD)

    def feed(self, data: bytes, at: int) -> int:
        """Read from index `at`, at most to the end of the body. Returns the index after the last
        byte that was read. Raises RequestRefused."""
        end = self._end(data, at)
        try:
            self._parser.feed_data(data[at:end])
        except HttpParserError as error:
            raise broken(f"its chunks are not HTTP/1.1: {error}") from None
        if self._content.is_complete != self.is_complete:
            raise broken("its chunks have no clear end")
        return end

    def _end(self, data: bytes, at: int) -> int:
        while at < len(data) and not self.is_complete:
            if self._left:
                skipped = min(self._left, len(data) - at)
                self._left -= skipped
                at += skipped
            else:
                end_of_line = data.find(b"\n", at) + 1 or len(data)
                self._line += data[at:end_of_line]
                at = end_of_line
                self._read_line()
        return at

    def _read_line(self) -> None:
        """Process a line, of which perhaps only the beginning has arrived."""
        line, trailers = self._line, self._trailers
        if trailers is None and len(line) > CHUNK_LINE_BYTES:
            raise _too_large("the line before a chunk", CHUNK_LINE_BYTES)
        if trailers is not None and trailers + len(line) > HEAD_BYTES:
            raise _too_large("the part after its last chunk", HEAD_BYTES)
        if not line.endswith(b"\n"):
            return
        if trailers is None:
            self._begin_chunk(_size(bytes(line)))
        else:
            self._trailers = trailers + len(line)
            self.is_complete = line == BLANK_LINE
        line.clear()

    def _begin_chunk(self, size: int) -> None:
        if size:
            self._left = size + len(BLANK_LINE)
        else:
            self._trailers = 0


class _ChunkContent:
    """Callbacks for httptools: they pass on the content of chunks and note the end of the body."""

    def __init__(self, on_body: OnBody) -> None:
        self.on_body = on_body
        self.is_complete = False

    def on_message_complete(self) -> None:
        self.is_complete = True


def _size(line: bytes) -> int:
    """The size of a chunk, which its line has before the extensions."""
    try:
        return int(line.partition(b";")[0], 16)
    except ValueError:
        raise broken("the size of a chunk is not a hexadecimal number") from None


def _too_large(part: str, bound: int) -> RequestRefused:
    return RequestRefused(Reason.HEAD_TOO_LARGE, f"{part} is longer than {bound} bytes")
