"""Errors carry facts, can be pickled and show no key; each documented answer has its error."""

import copy
import logging
import pickle
from collections.abc import Iterator
from traceback import TracebackException
from typing import Any

import httpx
import pytest

from contracts.spec.document import default_path, read
from emo_client import Client, errors
from emo_client.secrecy import Secret
from tests.helpers.cases import all_cases, each_case

KEY = "sk-0123456789abcdef"
SPEC = read(default_path())

ALL = [
    errors.EmoError("e"),
    errors.ConfigError("c"),
    errors.ConnectionFailed("GET /x", "refused", may_have_arrived=False),
    errors.APIError(418, "C", "m", "r"),
    errors.AuthenticationError(401, "C", "m", "r"),
    errors.PermissionDenied(403, "C", "m", "r"),
    errors.Throttled(429, "C", "m", "r", retry_after=3.0),
    errors.InvalidRequest(400, "C", "m", "r"),
    errors.ServiceError(500, "C", "m", None),
    errors.UnexpectedAnswer("GET /x", 200, "it is odd", "r"),
    errors.FaceRejected("C", "m", "r"),
    errors.TaskError("is odd", "t", "S", "r"),
    errors.TaskFailed("t", "C", "m", "r"),
    errors.TaskCanceled("t", "r"),
    errors.TaskUnknown("t", "r"),
    errors.TaskTimeout("t", "RUNNING", 30.0, "r", "trouble"),
    errors.DownloadFailed("d", status=403, code="C", message="m", request_id="r"),
    errors.ResultExpired("d", status=403, code="C", message="m", request_id="r"),
]


def named(error: Exception) -> str:
    return type(error).__name__


def test_the_list_has_every_class_of_errors() -> None:
    assert {type(error) for error in ALL} == {
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, Exception)
    }


@each_case("error", ALL, ids=named)
def test_errors_can_be_pickled_and_copied(error) -> None:
    for same in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
        assert (type(same), str(same), vars(same)) == (type(error), str(error), vars(error))


def test_a_pickled_error_keeps_its_cause() -> None:
    error = errors.TaskTimeout("t", "RUNNING", 30.0, "r", "trouble")
    error.__cause__ = errors.Throttled(429, "C", "m", "r", retry_after=3.0)
    cause = pickle.loads(pickle.dumps(error)).__cause__
    assert isinstance(cause, errors.Throttled) and cause.retry_after == 3.0


@each_case("error", [e for e in ALL if getattr(e, "request_id", None)], ids=named)
def test_an_error_that_an_answer_caused_names_its_request_id(error) -> None:
    assert "(request_id r)" in str(error)


# No error and no log shows the key.


def echo(request: httpx.Request) -> httpx.Response:
    """A service that repeats the Authorization header in every part of its answer."""
    sent = request.headers["authorization"]
    status = {"401": 401, "500": 500, "200": 200, "302": 302}[request.url.path[-3:]]
    body = {"code": sent, "message": sent, "request_id": sent}
    headers = {"x-request-id": sent, "location": f"https://x/{sent}"}
    return httpx.Response(status, json=body, headers=headers)


def everything(error: BaseException | None) -> str:
    shown = ""
    while error is not None:
        shown += f"{error!s} {error!r} {error.args} {vars(error)} {pickle.dumps(error)!r}"
        error = error.__cause__ or error.__context__
    return shown


@pytest.mark.parametrize("status", ["401", "500", "200", "302"])
def test_errors_and_logs_hide_a_key_that_the_service_echoes(emo_with, caplog, status) -> None:
    caplog.set_level(logging.DEBUG)
    emo = emo_with(transport=httpx.MockTransport(echo))
    with pytest.raises(errors.EmoError, match="GET /tasks/") as caught:
        emo.get(status)
    assert KEY not in everything(caught.value)
    assert "…" in str(caught.value)
    assert KEY not in caplog.text


@pytest.mark.parametrize("part", ["cRKONTtX", "LoWGDPTF", "aXbYcZdW"])
def test_a_part_of_a_key_without_a_digit_is_hidden(part) -> None:
    assert part not in Secret(f"sk-{part}ab1c2d3e4f5g6").clean(f"what is {part}?")


def test_the_code_of_an_error_is_shown_though_the_key_ends_with_it(spec) -> None:
    with all_cases() as case:
        for name in spec.all_outcomes:
            with case(name):
                code = name.removeprefix("FAILED.").partition("-")[0]
                assert Secret(f"sk-own-key.{name}").clean(f"it is {code}") == f"it is {code}"


def test_an_error_of_the_connection_does_not_keep_the_request_with_the_key(emo, on, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    on("POST", "/tasks/t/cancel", httpx.ReadError(f"while sending {KEY}"))
    with pytest.raises(errors.ConnectionFailed, match="ReadError") as caught:
        emo.cancel("t")
    assert KEY not in everything(caught.value) + caplog.text
    assert not hasattr(caught.value.__cause__ or caught.value.__context__, "request")


def test_the_key_is_not_in_the_repr_of_a_client(emo) -> None:
    client = emo.client()
    assert KEY not in repr(client) + str(client)
    assert repr(client).endswith("Client https://emo.test/api/v1>")


def test_a_client_whose_construction_failed_has_a_repr_for_tracebacks() -> None:
    with pytest.raises(errors.ConfigError) as caught:
        Client(api_key="not a key")
    shown = TracebackException.from_exception(caught.value, capture_locals=True)
    assert "self = <Client not made yet>" in "".join(shown.format())


# Each documented answer becomes the result or the error that it should.


def documented_answers() -> Iterator[tuple[str, int, str, Any]]:
    """Operation, status, name and body of each answer that the spec documents."""
    for item in SPEC["paths"].values():
        for operation in item.values():
            for status, response in operation["responses"].items():
                examples = resolved(response)["content"]["application/json"]["examples"]
                for name, example in examples.items():
                    yield operation["operationId"], int(status), name, resolved(example)["value"]


def resolved(node: Any) -> Any:
    while "$ref" in node:
        reference, node = node["$ref"], SPEC
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
    return node


CALLS = {
    "detectFace": ("detect", "https://x/p.png"),
    "createVideoTask": ("create", "https://x/p", "https://x/v", (1, 2, 3, 4), (0, 0, 9, 9)),
    "getTask": ("wait", "t", 5.0),
    "cancelTask": ("cancel", "t"),
    "listTasks": ("list",),
}
DOCUMENTED = [answer for answer in documented_answers() if answer[0] in CALLS]
KINDS = {401: errors.AuthenticationError, 403: errors.PermissionDenied, 429: errors.Throttled}


@each_case(
    "operation, status, name, body", DOCUMENTED, ids=[f"{o}-{s}-{n}" for o, s, n, _ in DOCUMENTED]
)
def test_each_documented_answer_becomes_a_result_or_its_error(
    client_alone, operation, status, name, body
) -> None:
    answer = lambda _: httpx.Response(status, json=body)  # noqa: E731
    call, *args = CALLS[operation]
    try:
        end = getattr(client_alone(transport=httpx.MockTransport(answer)), call)(*args)
    except errors.EmoError as error:
        end = error
    check(end, operation, status, name, body)


def check(end: Any, operation: str, status: int, name: str, body: dict[str, Any]) -> None:
    """Fails unless a call ended with the result or error that fits the documented answer."""
    output = body.get("output", {})
    if (
        operation == "getTask"
        and status != 400
        and (status in (429, 500) or name in ("PENDING", "RUNNING"))
    ):
        assert isinstance(end, errors.TaskTimeout)
    elif status == 200 and "code" in output:
        assert isinstance(end, errors.FaceRejected | errors.TaskFailed)
        assert (end.code, end.message, end.request_id) == (
            output["code"],
            output["message"],
            body["request_id"],
        )
    elif status == 200:
        kinds = {"UNKNOWN": errors.TaskUnknown, "CANCELED": errors.TaskCanceled}
        kind = kinds.get(name) or object
        assert isinstance(end, kind) and isinstance(end, Exception) == (name in kinds)
    else:
        face = operation == "detectFace" and name.startswith(
            ("InvalidFile", "InvalidImage", "InvalidPerson")
        )
        other = errors.ServiceError if status >= 500 else errors.InvalidRequest
        assert type(end) is (errors.FaceRejected if face else KINDS.get(status, other))
        assert (end.code, end.message) == (body["code"], body["message"])
        assert body["request_id"] in str(end)
