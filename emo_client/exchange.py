"""What flows and clients exchange.

A flow is a generator. It yields a request of httpx, or the seconds of a pause. Client and
AsyncClient send the request or sleep, and give the outcome of a request back: a response whose body
is read and redacted, or a ConnectionFailed.

Extensions of a request: `call` is its name in errors. A download has `sink`, a function from the
headers of the answer to the file for its body (None: the body is kept in the response), and
`within`, the seconds for its body. Extension of a response: `is_cut` is True if its body was larger
than the client reads, so that only the beginning is there.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import httpx

from emo_client.errors import ConnectionFailed
from emo_client.secrecy import Secret

T = TypeVar("T")

Outcome: TypeAlias = httpx.Response | ConnectionFailed
Flow: TypeAlias = Generator[httpx.Request | float, Any, T]


@dataclass(frozen=True, slots=True)
class Runtime:
    """The settings of a client, for its flows.

    http: makes the requests, with its own headers and cookies. timeout: seconds for a request and
    its answer. clock: seconds of a monotonic clock. now: seconds since 1970. random: in [0, 1).
    hint: a hint for errors if the base URL looks wrong, else "".
    """

    http: httpx.Client | httpx.AsyncClient
    key: Secret
    base_url: str
    timeout: float
    clock: Callable[[], float]
    now: Callable[[], float]
    random: Callable[[], float]
    hint: str = ""
