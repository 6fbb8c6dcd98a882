"""The bounds of a connection: sizes in bytes, times in seconds."""

from __future__ import annotations

from typing import NamedTuple

HEAD_BYTES = (
    64 * 1024
)  # request line and headers, up to the empty line; also trailers (h11's bound)
HEADER_LINES = 1000  # each costs about 200 bytes and 1 µs, even if it is short
CHUNK_LINE_BYTES = 4 * 1024  # the line with the size of a chunk and its extensions
PIPELINED_BYTES = 64 * 1024  # received after a call that has no answer yet, and kept unread
BODY_BYTES_PER_SECOND = 500  # lowest average rate of a body, as in Apache's mod_reqtimeout
LINGER_BYTES = 16 * 1024 * 1024  # read and dropped after a refusal, so that the client receives it
LINGER_SECONDS = 5.0
SWEEP_SECONDS = 0.25  # between two looks for inactive clients


class Timeouts(NamedTuple):
    """Seconds until a connection is closed. keep_alive: idle since the last answer. head: from the
    first byte of a request, or from the start of the connection, to the end of the headers. body:
    since the last byte of a body; also, a body may take no longer than `body` plus its size /
    BODY_BYTES_PER_SECOND. write: the client reads no byte of an answer."""

    keep_alive: float = 5.0
    head: float = 10.0
    body: float = 30.0
    write: float = 60.0
