"""A recording in progress: takes raw calls and redacts them before they are kept. Sends and writes
nothing; time is an argument."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock

from msgspec import Struct

from contracts.recordings.bodies import LONGEST, body_of
from contracts.recordings.builder import RecordingBuilder
from contracts.recordings.memory_limit import MemoryLimit
from contracts.recordings.model import Cassette, RecordedBody, RecordedExchange
from contracts.recordings.scrubber import Scrubber, exchange_without_leaks
from contracts.spec.loader import Spec

LOST = "of some calls only the sizes of the bodies are kept; the notes of the calls have the reason"
RawHeaders = list[tuple[bytes, bytes]]


class BodyCopy(Struct):
    """A copy of a body that is being forwarded: at most LONGEST bytes of data, and the size so
    far."""

    data: bytearray
    size: int = 0

    @classmethod
    def empty(cls) -> BodyCopy:
        return cls(bytearray())

    def add(self, part: bytes) -> None:
        self.size += len(part)
        if self.size <= LONGEST:
            self.data += part

    @property
    def is_forgotten(self) -> bool:
        """Whether the data was dropped, although it was short enough to be kept."""
        return not self.data and 0 < self.size <= LONGEST

    def forget(self) -> None:
        """Drop the data; the size stays."""
        self.data = bytearray()

    def body(self, headers: RawHeaders) -> RecordedBody | None:
        """The recorded form of the body; for a download only the size."""
        encoding = ", ".join(v for n, v in texts(headers) if n == "content-encoding")
        return body_of(bytes(self.data), encoding, size=self.size)


class RawRequest(Struct):
    """A request as received. at: by the recorder's clock."""

    at: float
    method: str
    path: str
    query: str
    headers: RawHeaders
    body: BodyCopy


class Recording:
    """One recording. clock: epoch s. warn: is called once if bodies were not kept. Thread-safe."""

    def __init__(
        self,
        spec: Spec,
        upstream: str,
        *,
        clock: Callable[[], float],
        warn: Callable[[str], object] = lambda _: None,
    ) -> None:
        self.clock = clock
        self._started = clock()
        began = datetime.fromtimestamp(self._started, UTC).isoformat(timespec="milliseconds")
        began = began.replace("+00:00", "Z")
        self._limit, self._forgotten, self._warn = MemoryLimit(), 0, warn
        self._builder = RecordingBuilder(spec, upstream=upstream, began=began, limit=self._limit)
        self._scrubber, self._has_warned = Scrubber(), False
        self._lock = Lock()

    def keep(
        self,
        sent: RawRequest,
        status: int | None = None,
        headers: RawHeaders | None = None,
        body: BodyCopy | None = None,
        note: str = "",
    ) -> None:
        """Add a call, with its answer if one arrived."""
        with self._lock:
            self._forgotten += sent.body.is_forgotten or bool(body and body.is_forgotten)
            self._builder.take(*self._redacted(sent, status, headers, body, note))
            self._warn_of_loss()

    def _redacted(
        self,
        sent: RawRequest,
        status: int | None,
        headers: RawHeaders | None,
        body: BodyCopy | None,
        note: str,
    ) -> tuple[RecordedExchange, str]:
        """A call without secrets, and the key that sent it."""
        body_sent, headers_sent = sent.body.body(sent.headers), texts(sent.headers)
        request = self._scrubber.request(
            sent.method, sent.path, sent.query, headers_sent, body_sent
        )
        answer = None
        if status is not None:
            raw = headers or []
            answer = self._scrubber.answer(status, texts(raw), body.body(raw) if body else None)
        at = round(sent.at - self._started, 3)
        kept = exchange_without_leaks(
            RecordedExchange(request, at, answer, self._scrubber.text(note))
        )
        return kept, self._scrubber.key_of(headers_sent)

    def cassette(self) -> Cassette:
        """The recording so far. Secrets that later calls contained are also redacted in the earlier
        ones, in one pass."""
        with self._lock:
            latest = self._scrubber.for_new_secrets()
            if latest is not None:
                self._builder.rewrite(latest, self._limit)
                self._warn_of_loss()
            return self._builder.cassette()

    @property
    def _lost(self) -> int:
        """How many parts lost a body that was short enough to be kept."""
        return self._forgotten + self._limit.lost

    def _warn_of_loss(self) -> None:
        if self._lost and not self._has_warned:
            self._has_warned = True
            self._warn(LOST)
            self._builder.note(LOST)

    def summary(self) -> str:
        """The size of the recording in a few words."""
        cassette = self.cassette()
        polls = sum(state.polls for line in cassette.timelines for state in line.states)
        counts = (
            (len(cassette.exchanges), "call"),
            (len(cassette.timelines), "task"),
            (polls, "poll"),
        )
        text = ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts)
        return f"{text} ({self._lost} without all bodies)" if self._lost else text


def texts(headers: RawHeaders) -> list[tuple[str, str]]:
    """Headers as text, with names in lower case."""
    return [(n.decode("latin-1").lower(), v.decode("latin-1")) for n, v in headers]
