"""uvicorn's HTTP protocol with bounds for memory and time.

Each connection processes one request at a time. Bytes of later requests stay unparsed until it is
answered and the client has read enough of the earlier answers."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from contracts.http1.bounds import LINGER_BYTES, PIPELINED_BYTES, Timeouts
from contracts.http1.descriptors import DescriptorWatch
from contracts.http1.head import Head
from contracts.http1.reader import RequestReader
from contracts.http1.refused import Reason, RequestRefused
from contracts.http1.sweep import Activity, Sweep


class BoundedProtocol(HttpToolsProtocol):
    """A connection of a server. timeouts: see there. sweep: that of the server, which looks at all
    its connections. descriptors: is notified of each connection.

    A timeout closes a connection if the client must act: send the rest of a request, or read an
    answer. A call whose answer is being made has none, and neither has a body that the application
    does not read yet."""

    def __init__(
        self,
        *args: Any,
        timeouts: Timeouts = Timeouts(),  # noqa: B008 (immutable)
        sweep: Sweep | None = None,
        descriptors: DescriptorWatch | None = None,
        **named: Any,
    ) -> None:
        super().__init__(*args, **named)
        self.reader = RequestReader(self)
        self._timeouts, self._sweep, self._descriptors = timeouts, sweep or Sweep(), descriptors
        self._unread, self._unread_from = b"", 0  # bytes after a request that has no answer yet
        self._linger = 0  # bytes that are still read and dropped after a refusal
        self._received = 0  # bytes of the last request
        self._activity = Activity(timeouts, self.loop.time())

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
        self._sweep.add(self, self.loop)

    def connection_lost(self, exc: Exception | None) -> None:
        self._sweep.discard(self)
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
        self._activity.continues_to_read()
        self._read_on()

    # Called by RequestReader; they call the methods of uvicorn that httptools would call.

    def on_head(self, head: Head) -> None:
        self.parser = head  # type: ignore[assignment]  # has the methods that uvicorn calls
        self.on_message_begin()
        self.url = head.url
        self.headers += head.headers
        self.expect_100_continue = head.expects
        self.on_headers_complete()

    # Called by the cycle that sends the answer.

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self._unread:
            self._read_on()
            return
        self.flow.resume_reading()

    def shutdown(self) -> None:
        if self._linger:
            self.transport.close()
        else:
            super().shutdown()

    # Reading.

    def _read(self, data: bytes, at: int) -> None:
        """Read at most one request; other connections get a turn before the next one."""
        reader, size, count = self.reader, len(data), self.reader.count
        self._received = size if reader.between else self._received + size
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

    def _is_busy(self) -> bool:
        cycle = self.cycle
        return self.flow.write_paused or (cycle is not None and not cycle.response_complete)

    def _postpone(self, data: bytes, at: int) -> None:
        """Keep these bytes for later. If they are many, the connection stops reading."""
        self._unread, self._unread_from = data, at
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

    # Inactive clients.

    def look(self, now: float) -> None:
        """Close the connection if its client has been inactive for too long."""
        activity, awaited = self._activity, self._awaited()
        if activity.reads_too_little(self.transport.get_write_buffer_size(), now):
            self.transport.abort()
        elif activity.is_over(awaited, self.reader.count, self._received, now):
            self._expired(awaited)

    def _awaited(self) -> str:
        """What the client has to do next, as in Activity.is_over."""
        reader, cycle = self.reader, self.cycle
        if self.transport.is_closing():
            return ""
        if self._linger:
            return "end"
        if reader.in_head:
            return "head"
        if not reader.between:
            return "" if self._holds_back() else "body"
        if self._unread or (cycle is not None and not cycle.response_complete):
            return ""
        return "next" if reader.count else "first"

    def _expired(self, awaited: str) -> None:
        if awaited not in ("head", "body"):
            self.transport.close()
            return
        seconds = getattr(self._timeouts, awaited)
        text = f"its {awaited} was not complete in time (--timeout-{awaited} {seconds:g})"
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
