"""The bounds of a connection: sizes in bytes, times in seconds."""

from __future__ import annotations

from typing import NamedTuple

HEAD_BYTES = 64 * 1024  # request line and headers, to the empty line; trailers alike (h11's bound)
HEADER_LINES = 1000  # each costs about 200 bytes and a microsecond, however short it is
CHUNK_LINE_BYTES = 4 * 1024  # the size of a chunk with its extensions
PIPELINED_BYTES = 64 * 1024  # kept unread behind a call that is not answered yet
BODY_BYTES_PER_SECOND = 500  # the least average rate of a body, as Apache's mod_reqtimeout has it
LINGER_BYTES = 16 * 1024 * 1024  # read and dropped behind a refusal, so that the client sees it
LINGER_SECONDS = 5.0


class Timeouts(NamedTuple):
    """Seconds until a connection is closed. keep_alive: idle since its last answer. head: from the
    first byte of a request, or from the connection's start, to the end of the headers. body: since
    the last byte of a body, or longer than `body` and its size / BODY_BYTES_PER_SECOND allow.
    write: the client took no byte of an answer."""

    keep_alive: float = 5.0
    head: float = 10.0
    body: float = 30.0
    write: float = 60.0
