"""The values that flows and clients exchange: requests, answers and pauses.

A flow is a generator. It yields an ApiRequest, a DownloadRequest or a Sleep, and receives the
result: an HttpAnswer, a NoAnswer, or None after a Sleep. Client and AsyncClient carry these steps
out."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request to the API. The client adds the base URL and the key.

    path: relative to the base URL, with the query. within: seconds for the whole exchange, at most;
        None for the timeout of the client.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    within: float | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path.partition('?')[0]}"


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An HTTP response of any status. headers: names in lower case. is_cut: the body was larger
    than the client reads, so `body` is only its beginning."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """There was no answer, or only a part of it.

    may_have_arrived: False if no connection was made, so that the service did not get the request.
    body: the beginning of an incomplete answer.
    """

    reason: str
    may_have_arrived: bool
    body: bytes = b""


class Sink(Protocol):
    """Receives the bytes of a download."""

    def write(self, chunk: bytes) -> bool:
        """Keep a chunk; returns whether more is wanted."""

    def close(self) -> None:
        """The answer has ended."""


@dataclass(frozen=True, slots=True)
class DownloadRequest:
    """A GET request to any URL, without the key. Redirects are not followed.

    sink: a function from the headers of the answer to the sink of its body; None keeps the body in
        the HttpAnswer. The client closes the sink. within: seconds for the whole exchange.
    """

    url: str
    headers: Mapping[str, str]
    sink: Callable[[HttpAnswer], Sink | None]
    within: float


@dataclass(frozen=True, slots=True)
class Sleep:
    """A pause. seconds: 0 or more."""

    seconds: float


FlowStep: TypeAlias = ApiRequest | DownloadRequest | Sleep
Outcome: TypeAlias = HttpAnswer | NoAnswer
Flow: TypeAlias = Generator[FlowStep, Outcome | None, T]


@dataclass(frozen=True, slots=True)
class Runtime:
    """The clocks and random numbers that a flow may use.

    clock: seconds of a monotonic clock. now: seconds since 1970. random: in [0, 1). hint: a hint
    for errors if the base URL looks wrong, else "".
    """

    clock: Callable[[], float]
    now: Callable[[], float]
    random: Callable[[], float]
    hint: str = ""


def ask(step: ApiRequest | DownloadRequest) -> Flow[Outcome]:
    """Yield a request and return its outcome."""
    outcome = yield step
    if outcome is None:
        raise TypeError(f"the driver sent no outcome for {step}")
    return outcome
