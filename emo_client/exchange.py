"""What flows ask for and what they are told: values. Nothing here acts.

A flow is a generator. It yields an ApiRequest, a DownloadRequest or a Sleep, and receives the
result: an HttpAnswer, a NoAnswer, or None after a Sleep. Client and AsyncClient carry these steps
out.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One call of the API. The driver adds the base URL and the key.

    path: below the base URL, with its query. within: seconds for the whole exchange, at most;
        None for the driver's own limit.
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
    """An answer of any status. headers: names in lower case. is_cut: whether it is larger than the
    client reads; body is its beginning then."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """No answer, or not the whole of it.

    may_have_arrived: False when no connection was made, so the service surely did not get it.
    body: the beginning of an answer that broke off.
    """

    reason: str
    may_have_arrived: bool
    body: bytes = b""


class Sink(Protocol):
    """Where the bytes of a download go."""

    def write(self, chunk: bytes) -> bool:
        """Keep it. Whether more is wanted."""

    def close(self) -> None:
        """No more comes."""


@dataclass(frozen=True, slots=True)
class DownloadRequest:
    """A GET of any address, without the key. A redirect is an answer like any other.

    sink: gets the answer's head and returns where its bytes go; with None they are in the
        HttpAnswer's body. The driver closes the sink. within: seconds for the whole exchange.
    """

    url: str
    headers: Mapping[str, str]
    sink: Callable[[HttpAnswer], Sink | None]
    within: float


@dataclass(frozen=True, slots=True)
class Sleep:
    """seconds: not negative."""

    seconds: float


FlowStep: TypeAlias = ApiRequest | DownloadRequest | Sleep
Outcome: TypeAlias = HttpAnswer | NoAnswer
Flow: TypeAlias = Generator[FlowStep, Outcome | None, T]


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a flow may know of the runtime.

    clock: seconds of a clock that never goes back. now: seconds since 1970. random: in [0, 1).
    hint: what is odd about the base URL, empty when nothing is.
    """

    clock: Callable[[], float]
    now: Callable[[], float]
    random: Callable[[], float]
    hint: str = ""


def ask(step: ApiRequest | DownloadRequest) -> Flow[Outcome]:
    """Yield a step that has an outcome, and return it."""
    outcome = yield step
    if outcome is None:
        raise TypeError(f"the driver sent no outcome for {step}")
    return outcome
