"""Makes the request of an operation, sends it, and retries it if that is safe.

A call that costs money or changes something is repeated only if it certainly did not reach the
service. Otherwise a create call whose answer was lost would make, and charge, a second video.
"""

from collections.abc import Mapping
from itertools import count
from urllib.parse import quote, urlencode

import msgspec

from emo_client import errors, retry
from emo_client.decoding.charset import readable
from emo_client.decoding.envelope import task_id_in
from emo_client.exchange import ApiRequest, Flow, HttpAnswer, NoAnswer, Runtime, Sleep, ask
from emo_client.models import OPERATIONS
from emo_client.settings import text


def request_for(
    operation: str,
    body: msgspec.Struct | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    task_id: str | None = None,
    query: Mapping[str, str | int] | None = None,
    within: float | None = None,
) -> ApiRequest:
    """The request for an operationId of openapi.yaml."""
    method, path = OPERATIONS[operation]
    if "{task_id}" in path:
        path = path.replace("{task_id}", _segment(task_id))
    if query:
        path = f"{path}?{urlencode(query)}"
    if body is None:
        return ApiRequest(method, path, headers or {}, within=within)
    sent = {"Content-Type": "application/json", **(headers or {})}
    return ApiRequest(method, path, sent, msgspec.json.encode(body), within)


def _segment(task_id: str | None) -> str:
    """The task id as one segment of a path. The service accepts any text; only texts that would
    change the path are refused."""
    if not isinstance(task_id, str) or text("task_id", task_id).strip() in ("", ".", ".."):
        raise errors.ConfigError(
            f"task_id={task_id!r} is not a task id; give the task_id that create() returned"
        )
    return quote(task_id, safe="")


def send(
    runtime: Runtime, request: ApiRequest, *, safe: bool = True, way_on: str = ""
) -> Flow[HttpAnswer]:
    """Send a request, with retries, and return the answer, of any status. Raises ConnectionFailed.

    safe: whether the service may get the request twice. way_on: text for the error if the request
    may have arrived.
    """
    for attempt in count(1):
        outcome = yield from ask(request)
        wait = retry.delay(attempt, outcome, runtime.random, now=runtime.now(), safe=safe)
        if wait is None:
            break
        yield Sleep(wait)
    if isinstance(outcome, NoAnswer):
        raise no_answer_error(outcome, request, way_on)
    return outcome


def no_answer_error(
    outcome: NoAnswer, request: ApiRequest, way_on: str = ""
) -> errors.ConnectionFailed:
    """The error for a request without an answer."""
    arrived = outcome.may_have_arrived
    if not arrived:
        way_on = "check base_url, the network and HTTPS_PROXY / NO_PROXY"
    error = errors.ConnectionFailed(
        str(request), outcome.reason, may_have_arrived=arrived, way_on=way_on
    )
    return error.of_task(task_id_in(readable(outcome.body)))
