"""What a recorder keeps: takes calls as raw as they came and cleans them of secrets. It sends and
writes nothing; the time is an argument."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock

from msgspec import Struct

from contracts.recordings.bodies import LONGEST, body_of
from contracts.recordings.builder import RecordingBuilder
from contracts.recordings.memory_limit import MemoryLimit
from contracts.recordings.model import Cassette, RecordedBody, RecordedExchange
from contracts.recordings.scrubber import Scrubber, proved_exchange
from contracts.spec.loader import Spec

LOST = "of some calls only the sizes of the bodies are kept; the notes of the calls say why"
RawHeaders = list[tuple[bytes, bytes]]


class BodyCopy(Struct):
    """A body on its way: as much of its beginning as may be kept, and how long it was."""

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
        """Whether it is not here, though it could have been kept."""
        return not self.data and 0 < self.size <= LONGEST

    def forget(self) -> None:
        """Leave its size alone."""
        self.data = bytearray()

    def body(self, headers: RawHeaders) -> RecordedBody | None:
        """What is kept of it: of a download its length."""
        encoding = ", ".join(v for n, v in texts(headers) if n == "content-encoding")
        return body_of(bytes(self.data), encoding, size=self.size)


class RawRequest(Struct):
    """A request as it came in. at: by the recorder's clock."""

    at: float
    method: str
    path: str
    query: str
    headers: RawHeaders
    body: BodyCopy


class Recording:
    """One recording. clock: epoch s. tell: is told once that bodies were not kept. Threads may
    share it."""

    def __init__(
        self,
        spec: Spec,
        upstream: str,
        *,
        clock: Callable[[], float],
        tell: Callable[[str], object] = lambda _: None,
    ) -> None:
        self.clock = clock
        self._started = clock()
        began = datetime.fromtimestamp(self._started, UTC).isoformat(timespec="milliseconds")
        began = began.replace("+00:00", "Z")
        self._shelf, self._forgotten, self._tell = MemoryLimit(), 0, tell
        self._assembler = RecordingBuilder(spec, upstream=upstream, began=began, shelf=self._shelf)
        self._cleaner, self._said_lost = Scrubber(), False
        self._lock = Lock()

    def keep(
        self,
        sent: RawRequest,
        status: int | None = None,
        headers: RawHeaders | None = None,
        body: BodyCopy | None = None,
        note: str = "",
    ) -> None:
        """Keep a call with its answer, where one came."""
        with self._lock:
            self._forgotten += sent.body.is_forgotten or bool(body and body.is_forgotten)
            self._assembler.take(*self._cleaned(sent, status, headers, body, note))
            self._say_lost()

    def _cleaned(
        self,
        sent: RawRequest,
        status: int | None,
        headers: RawHeaders | None,
        body: BodyCopy | None,
        note: str,
    ) -> tuple[RecordedExchange, str]:
        """A call without secrets, and who sent it."""
        said, brought = sent.body.body(sent.headers), texts(sent.headers)
        ours = self._cleaner.request(sent.method, sent.path, sent.query, brought, said)
        answer = None
        if status is not None:
            told = headers or []
            answer = self._cleaner.answer(status, texts(told), body.body(told) if body else None)
        at = round(sent.at - self._started, 3)
        kept = proved_exchange(RecordedExchange(ours, at, answer, self._cleaner.text(note)))
        return kept, self._cleaner.who(brought)

    def cassette(self) -> Cassette:
        """All that was kept until now. Earlier calls are cleaned of the secrets that later ones
        brought here, once for all of them."""
        with self._lock:
            latest = self._cleaner.of_latest()
            if latest is not None:
                self._assembler.rewrite(latest, self._shelf)
                self._say_lost()
            return self._assembler.cassette()

    @property
    def _lost(self) -> int:
        """How many parts have no body that could have been kept."""
        return self._forgotten + self._shelf.lost

    def _say_lost(self) -> None:
        if self._lost and not self._said_lost:
            self._said_lost = True
            self._tell(LOST)
            self._assembler.note(LOST)

    def summary(self) -> str:
        """What is on the tape, in a few words."""
        cassette = self.cassette()
        polls = sum(state.polls for line in cassette.timelines for state in line.states)
        counts = (
            (len(cassette.exchanges), "call"),
            (len(cassette.timelines), "task"),
            (polls, "poll"),
        )
        said = ", ".join(f"{count} {what}{'' if count == 1 else 's'}" for count, what in counts)
        return f"{said} ({self._lost} without all bodies)" if self._lost else said


def texts(headers: RawHeaders) -> list[tuple[str, str]]:
    """Headers as text, names in lower case."""
    return [(n.decode("latin-1").lower(), v.decode("latin-1")) for n, v in headers]
