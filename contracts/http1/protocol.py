"""uvicorn's HTTP protocol with bounds for memory and time.

Each connection processes one request at a time. Bytes of later requests stay unparsed until it is
answered and the client has read enough of the earlier answers."""

from __future__ import annotations

from http import HTTPStatus
from math import inf
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from contracts.http1.bounds import (
    BODY_BYTES_PER_SECOND,
    LINGER_BYTES,
    LINGER_SECONDS,
    PIPELINED_BYTES,
    Timeouts,
)
from contracts.http1.deadline import Deadline
from contracts.http1.descriptors import DescriptorWatch
from contracts.http1.head import Head
from contracts.http1.reader import RequestReader
from contracts.http1.refused import Reason, RequestRefused


class BoundedProtocol(HttpToolsProtocol):
    """A connection of a server. timeouts: its deadlines. descriptors: is notified of each
    connection.

    A deadline closes a connection if the client must act: send the rest of a request, or read an
    answer. A call whose answer is being made has no deadline, and neither has a body that the
    application does not read yet."""

    def __init__(
        self,
        *args: Any,
        timeouts: Timeouts = Timeouts(),  # noqa: B008 (immutable)
        descriptors: DescriptorWatch | None = None,
        **named: Any,
    ) -> None:
        super().__init__(*args, **named)
        self.reader = RequestReader(self)
        self._timeouts, self._descriptors = timeouts, descriptors
        self._unread, self._unread_from = b"", 0  # bytes after a request that has no answer yet
        self._linger = 0  # bytes that are still read and dropped after a refusal
        # Number of the arriving request, and whether its head is incomplete.
        self._phase = (-1, False)
        self._since, self._received = 0.0, 0  # when that phase began, and its bytes until now

    @property
    def has_unread(self) -> bool:
        """Whether the client has sent more after the request that is being answered."""
        return bool(self._unread)

    def refusal(self, refused: RequestRefused) -> bytes:
        """The bytes of the answer to an invalid request. The connection is closed after it."""
        status, text = refused.reason.value, f"This request is refused: {refused}.\n".encode()
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
            f"content-type: text/plain; charset=utf-8\r\ncontent-length: {len(text)}\r\n"
            "connection: close\r\n\r\n"
        )
        return head.encode() + text

    def report_bug(self, error: Exception) -> None:
        """Report an exception of our own code, after which the connection is aborted. By default it
        is raised, and the event loop logs it."""
        raise error

    # Called by the event loop.

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if self._descriptors is not None:
            self._descriptors.opened(transport, len(self.connections))
        self._deadline = Deadline(self.loop, transport, self._timeouts.write, self._expired)
        self._deadline.set(self._timeouts.head)

    def connection_lost(self, exc: Exception | None) -> None:
        self._deadline.stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._linger:
            self._linger = max(0, self._linger - len(data))
            if not self._linger:
                self.transport.close()
        elif self._unread and self.flow.read_paused:
            # Delivery of a fault reads the connection only to notice that the client disconnects; a
            # client that sends more meanwhile is cut off.
            self.transport.abort()
        elif self._unread:
            self._postpone(self._unread[self._unread_from :] + data, 0)
        else:
            self._read(data, 0)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._deadline.progressed()
        self._read_on()

    # Called by RequestReader; they call the methods of uvicorn that httptools would call.

    def on_head(self, head: Head) -> None:
        self.parser = head  # type: ignore[assignment]  # has the methods that uvicorn calls
        self.on_message_begin()
        self.url = head.url
        self.headers += head.headers
        self.expect_100_continue = head.expects
        self.on_headers_complete()

    def on_message_complete(self) -> None:
        self._deadline.due = inf
        super().on_message_complete()

    # Called by the cycle that sends the answer.

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self._unread:
            self._read_on()
            return
        self.flow.resume_reading()
        if self.reader.between:
            self._deadline.set(self._timeouts.keep_alive)

    def shutdown(self) -> None:
        if self._linger:
            self.transport.close()
        else:
            super().shutdown()

    def _unset_keepalive_if_required(self) -> None:
        self._deadline.due = inf

    # Reading.

    def _read(self, data: bytes, at: int) -> None:
        """Read at most one request; other connections get a turn before the next one."""
        reader, size, count = self.reader, len(data), self.reader.count
        try:
            while at < size:
                if reader.between:
                    if not reader.may_follow or self.transport.is_closing():
                        return  # no request may follow `Connection: close`
                    if reader.count > count or self._is_busy():
                        self._postpone(data, at)
                        self._read_on()
                        return
                at = reader.feed(data, at)
        except RequestRefused as refused:
            self._refuse(refused)
            return
        except Exception as error:  # noqa: BLE001 (it is reported)
            self.transport.abort()
            self.report_bug(error)
            return
        if not reader.between:
            self._await_rest(size)

    def _is_busy(self) -> bool:
        cycle = self.cycle
        return self.flow.write_paused or (cycle is not None and not cycle.response_complete)

    def _postpone(self, data: bytes, at: int) -> None:
        """Keep these bytes for later. If they are many, the connection stops reading."""
        self._unread, self._unread_from = data, at
        self._deadline.due = inf
        if len(data) - at > PIPELINED_BYTES:
            self.flow.pause_reading()

    def _read_on(self) -> None:
        if self._unread:
            self.loop.call_soon(self._read_unread)

    def _read_unread(self) -> None:
        data, at = self._unread, self._unread_from
        if data and not self._is_busy() and not self.transport.is_closing():
            self._unread = b""
            self.flow.resume_reading()
            self._read(data, at)

    # Deadlines.

    def _await_rest(self, size: int) -> None:
        """Set the deadline of an incomplete head or body. size: bytes of it that have just
        arrived."""
        phase = self.reader.count, self.reader.in_head
        timeouts, now = self._timeouts, self.loop.time()
        if phase != self._phase:
            self._phase, self._since, self._received = phase, now, 0
        self._received += size
        took = now - self._since
        if self.reader.in_head:
            self._deadline.set(timeouts.head - took)
        else:
            slowest = timeouts.body + self._received / BODY_BYTES_PER_SECOND - took
            self._deadline.set(min(timeouts.body, slowest))

    def _expired(self) -> None:
        if self._linger or self.reader.between:
            self.transport.close()
        elif not self.reader.in_head and self._holds_back():
            self._phase = (-1, False)
            self._await_rest(0)
        else:
            part = "head" if self.reader.in_head else "body"
            seconds = getattr(self._timeouts, part)
            text = f"its {part} was not complete in time (--timeout-{part} {seconds:g})"
            self._refuse(RequestRefused(Reason.TIMEOUT, text))

    def _holds_back(self) -> bool:
        """Whether the body does not arrive because the application has not asked for it yet."""
        waits = self.cycle is not None and self.cycle.waiting_for_100_continue
        return self.flow.read_paused or waits

    # Refusing.

    def _refuse(self, refused: RequestRefused) -> None:
        """Answer an invalid request and close the connection. The client may still be sending:
        closing at once would reset the connection, and the client could lose the answer."""
        cycle, transport = self.cycle, self.transport
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()
            if cycle.response_started:
                transport.close()
                return
        transport.write(self.refusal(refused))
        if refused.reason is Reason.TIMEOUT:
            transport.close()
            return
        transport.write_eof()
        self.flow.resume_reading()
        self._linger = LINGER_BYTES
        self._deadline.set(LINGER_SECONDS)
