"""Reads the requests of one connection from its bytes, independent of how they are split into
segments."""

from __future__ import annotations

import re
from typing import Protocol

from contracts.http1.bounds import HEAD_BYTES
from contracts.http1.chunked_body import ChunkedBody
from contracts.http1.head import REMEMBERED_BYTES, Head, remembered_head, request_line
from contracts.http1.refused import Reason, RequestRefused, broken

END = b"\r\n\r\n"  # the end of a head
LF_ALONE = re.compile(rb"[^\r]\n")


class Receiver(Protocol):
    """Receives a request: its head, its body in parts, and its end."""

    def on_head(self, head: Head) -> None: ...

    def on_body(self, body: bytes) -> None: ...

    def on_message_complete(self) -> None: ...


class RequestReader:
    """Reads the requests of one connection. between: no byte of the next request has arrived.
    may_follow: whether the last request allows another one on the connection. count: complete
    requests until now."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._head = bytearray()  # the part of an incomplete head that has arrived
        self._left = 0  # bytes of a body with Content-Length that have not arrived
        self._chunks: ChunkedBody | None = None  # a body in chunks, until it is complete
        self.between = self.may_follow = True
        self.count = 0

    @property
    def in_head(self) -> bool:
        """Whether the head of a request is incomplete."""
        return bool(self._head)

    def feed(self, data: bytes, at: int) -> int:
        """Read from index `at`, at most to the end of one head or one body. Returns the index after
        the last byte that was read. Raises RequestRefused, after which it must not be called
        again."""
        if self._left:
            end = min(len(data), at + self._left)
            self._left -= end - at
            self._receiver.on_body(data[at:end])
        elif self._chunks is not None:
            end = self._chunks.feed(data, at)
            self._chunks = None if self._chunks.is_complete else self._chunks
        else:
            end = self._feed_head(data, at)
            if self._head or self.between:
                return end  # the head is incomplete
        if not self._left and self._chunks is None:
            self.between = True
            self.count += 1
            self._receiver.on_message_complete()
        return end

    def _feed_head(self, data: bytes, at: int) -> int:
        found = data.find(END, at)
        end = found + len(END)
        if found < 0 or self._head or data[at] in END or end - at > HEAD_BYTES:
            return self._feed_part_of_head(data, at)
        self._begin(data[at:end])
        return end

    def _feed_part_of_head(self, data: bytes, at: int) -> int:
        head, known = self._head, len(self._head)
        if not known:  # RFC 9112 (2.2): empty lines before a request are ignored
            at = len(data) - len(data[at:].lstrip(END))
        head += data[at : at + HEAD_BYTES + 1 - known]
        found = head.find(END, max(0, known - len(END) + 1))
        end = len(head) if found < 0 else found + len(END)
        if end > HEAD_BYTES:
            text = f"its head is larger than {HEAD_BYTES} bytes"
            raise RequestRefused(Reason.HEAD_TOO_LARGE, text)
        if found >= 0:
            raw = bytes(head[:end])
            head.clear()
            self._begin(raw)
            return at + end - known
        self.between = not head
        _check_beginning(head, known)
        return len(data)

    def _begin(self, raw: bytes) -> None:
        head = remembered_head(raw) if len(raw) <= REMEMBERED_BYTES else Head(raw)
        self.may_follow = head.may_follow
        self.between = False
        if head.size is None:
            self._chunks = ChunkedBody(self._receiver.on_body)
        else:
            self._left = head.size
        self._receiver.on_head(head)


def _check_beginning(head: bytearray, known: int) -> None:
    """Refuse an invalid head as soon as its beginning shows it. known: bytes of it that are already
    checked."""
    if head and (not head[:1].isupper() or known <= head.find(b"\n")):
        request_line(head)
    if LF_ALONE.search(head, max(0, known - 1)):
        raise broken("its lines end in LF, not in CR LF")
