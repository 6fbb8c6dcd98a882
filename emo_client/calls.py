"""Makes the request of an operation, sends it, and retries it if that is safe.

A call that costs money or changes something is repeated only if it certainly did not reach the
service. Otherwise a create call whose answer was lost would make, and charge, a second video.
"""

import math
from collections.abc import Mapping
from itertools import count
from urllib.parse import quote, urlencode

import httpx
import msgspec

from emo_client import errors, retry
from emo_client.decoding import codings
from emo_client.exchange import Flow, Outcome, Runtime
from emo_client.models import OPERATIONS
from emo_client.settings import text


def request_for(
    runtime: Runtime,
    operation: str,
    body: msgspec.Struct | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    task_id: str | None = None,
    query: Mapping[str, str | int] | None = None,
    within: float = math.inf,
) -> httpx.Request:
    """The request for an operationId of openapi.yaml. Raises ConfigError.

    within: seconds for the whole exchange, if that is less than the timeout of the client.
    """
    method, path = OPERATIONS[operation]
    if "{task_id}" in path:
        path = path.replace("{task_id}", _segment(task_id))
    url = runtime.base_url + path
    try:
        return runtime.http.build_request(
            method,
            f"{url}?{urlencode(query)}" if query else url,
            headers={  # not a variable: some reports of errors show those
                "Authorization": f"Bearer {runtime.key.reveal()}",
                "Accept": "application/json",
                "Accept-Encoding": codings.ACCEPTED,
                **({} if body is None else {"Content-Type": "application/json"}),
                **(headers or {}),
            },
            content=b"" if body is None else msgspec.json.encode(body),
            timeout=min(runtime.timeout, within),
            extensions={"call": f"{method} {path}"},
        )
    except httpx.InvalidURL as error:
        problem = str(error)
    raise errors.ConfigError(f"{method} {path} cannot be sent: {problem}")  # without the headers


def _segment(task_id: str | None) -> str:
    """The task id as one segment of a path. The service accepts any text; only texts that would
    change the path are refused."""
    if not isinstance(task_id, str) or text("task_id", task_id).strip() in ("", ".", ".."):
        raise errors.ConfigError(
            f"task_id={task_id!r} is not a task id; give the task_id that create() returned"
        )
    return quote(task_id, safe="")


def send(
    runtime: Runtime, request: httpx.Request, *, safe: bool = True, way_on: str = ""
) -> Flow[httpx.Response]:
    """Send a request, with retries, and return the answer, of any status. Raises ConnectionFailed.

    safe: whether the service may get the request twice. way_on: text for the error if the request
    may have arrived.
    """
    for attempt in count(1):
        outcome: Outcome = yield request
        wait = retry.delay(attempt, outcome, runtime.random, now=runtime.now(), safe=safe)
        if wait is None:
            break
        yield wait
    if isinstance(outcome, errors.ConnectionFailed):
        raise outcome.with_way_on(way_on) if way_on and outcome.may_have_arrived else outcome
    return outcome
