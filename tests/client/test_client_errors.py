"""Errors carry facts, can be pickled, and show no key; the documented answers become them."""

import copy
import logging
import pickle
from pathlib import Path
from traceback import TracebackException
from typing import Any

import httpx
import pytest
import yaml

from emo_client import Client, errors

KEY = "sk-0123456789abcdef"
SPEC = yaml.load((Path(__file__).parents[2] / "openapi.yaml").read_bytes(), yaml.CSafeLoader)

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


def test_every_class_of_the_tree_is_tested_here() -> None:
    assert {type(error) for error in ALL} == {
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, Exception)
    }


@pytest.mark.parametrize("error", ALL, ids=named)
@pytest.mark.parametrize(
    "again", [lambda e: pickle.loads(pickle.dumps(e)), copy.deepcopy], ids=["pickle", "copy"]
)
def test_errors_can_be_pickled_and_copied(error, again) -> None:
    same = again(error)
    assert (type(same), str(same), vars(same)) == (type(error), str(error), vars(error))


def test_a_pickled_error_keeps_its_cause() -> None:
    error = errors.TaskTimeout("t", "RUNNING", 30.0, "r", "trouble")
    error.__cause__ = errors.Throttled(429, "C", "m", "r", retry_after=3.0)
    cause = pickle.loads(pickle.dumps(error)).__cause__
    assert isinstance(cause, errors.Throttled) and cause.retry_after == 3.0


@pytest.mark.parametrize("error", [e for e in ALL if getattr(e, "request_id", None)], ids=named)
def test_errors_that_stem_from_an_answer_name_its_request_id(error) -> None:
    assert "(request_id r)" in str(error)


# The key is shown nowhere.


def echo(request: httpx.Request) -> httpx.Response:
    """A service that says back what it was sent, in every place."""
    said = request.headers["authorization"]
    status = {"401": 401, "500": 500, "200": 200, "302": 302}[request.url.path[-3:]]
    body = {"code": said, "message": said, "request_id": said}
    headers = {"x-request-id": said, "location": f"https://x/{said}"}
    return httpx.Response(status, json=body, headers=headers)


def everything(error: BaseException | None) -> str:
    shown = ""
    while error is not None:
        shown += f"{error!s} {error!r} {error.args} {vars(error)} {pickle.dumps(error)!r}"
        error = error.__cause__ or error.__context__
    return shown


@pytest.mark.parametrize("status", ["401", "500", "200", "302"])
def test_a_service_that_echoes_the_key_does_not_get_it_into_errors_or_logs(
    emo_with, caplog, status
) -> None:
    caplog.set_level(logging.DEBUG)
    emo = emo_with(transport=httpx.MockTransport(echo))
    with pytest.raises(errors.EmoError, match="GET /tasks/") as caught:
        emo.get(status)
    assert KEY not in everything(caught.value)
    assert "…" in str(caught.value)
    assert KEY not in caplog.text


def test_a_lost_call_does_not_keep_the_request_that_holds_the_key(emo, on, caplog) -> None:
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


def test_a_client_that_could_not_be_made_has_a_repr_for_tracebacks() -> None:
    with pytest.raises(errors.ConfigError) as caught:
        Client(api_key="not a key")
    shown = TracebackException.from_exception(caught.value, capture_locals=True)
    assert "self = <Client not made yet>" in "".join(shown.format())


# Every answer that the contract documents is understood.


def documented(*operations: str) -> list[Any]:
    found = []
    for path, item in SPEC["paths"].items():
        for method, operation in item.items():
            for status, response in operation["responses"].items():
                response = resolved(response)
                media = response["content"]["application/json"]
                for name, example in media["examples"].items():
                    found.append(
                        (
                            operation["operationId"],
                            method,
                            path,
                            int(status),
                            name,
                            resolved(example),
                        )
                    )
    return [
        pytest.param(*f, id="-".join(map(str, (f[0], f[3], f[4]))))
        for f in found
        if f[0] in operations
    ]


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
KINDS = {401: errors.AuthenticationError, 403: errors.PermissionDenied, 429: errors.Throttled}


@pytest.mark.parametrize(
    ("operation", "method", "path", "status", "name", "example"), documented(*CALLS)
)
def test_every_documented_answer_is_understood(
    client_alone, operation, method, path, status, name, example
) -> None:
    emo = client_alone(
        transport=httpx.MockTransport(lambda _: httpx.Response(status, json=example["value"]))
    )
    call, *args = CALLS[operation]
    try:
        end = getattr(emo, call)(*args)
    except errors.EmoError as error:
        end = error
    check(end, operation, status, name, example["value"])


def check(end: Any, operation: str, status: int, name: str, body: dict[str, Any]) -> None:
    """What must come of a documented answer."""
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
