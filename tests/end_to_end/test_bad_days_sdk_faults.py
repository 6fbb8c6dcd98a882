"""Each fault below HTTP: how each API of the official SDK reports it, how often it sends the call,
and which tasks the fake has and bills."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from mock_server.scenarios.faults import FAULTS
from tests.helpers.bad_days import (
    VIDEO,
    Meet,
    create_call,
    frozen_server,  # noqa: F401
    outcome_of,
    sleeps,  # noqa: F401
    stack,
    way_of_the_sdk,  # noqa: F401
)
from tests.helpers.cases import each_case
from tests.helpers.fake import SECONDS
from tests.helpers.http import Serve

# Seconds that the user of the SDK waits for an answer that does not come. A busy machine may not
# have sent the call in the first of them.
PATIENCE = (0.1, 1, 10)
NOTHING, LATE = "dashscope.APIConnectionError", "dashscope.APITimeoutError"


class Seen(NamedTuple):
    """The result for the user of each HTTP library, and how often it sends the call. The cause of
    NOTHING and LATE of 2.x is the httpx exception in FAULTS."""

    requests: str
    aiohttp: str
    httpx: str
    sent: tuple[int, int, int] = (1, 1, 1)


WAITED = Seen("requests.ReadTimeout", "builtins.TimeoutError", LATE, (1, 1, 3))
SEEN = {
    "latency": WAITED,  # the clock stands still
    "drip": WAITED,
    "connect-refused": Seen("requests.ConnectionError", "aiohttp.ClientConnectorError", NOTHING),
    "reset": Seen("requests.ConnectionError", "aiohttp.ClientOSError", NOTHING, (2, 2, 3)),
    "reset-body": Seen(
        "requests.ChunkedEncodingError", "aiohttp.ClientPayloadError", NOTHING, (1, 1, 3)
    ),
    "close": Seen(
        "requests.ConnectionError", "aiohttp.ServerDisconnectedError", NOTHING, (2, 2, 3)
    ),
    "cut-off": Seen(
        "requests.ChunkedEncodingError", "aiohttp.ClientPayloadError", NOTHING, (1, 1, 3)
    ),
    "stale-connection": Seen("200", "200", "200"),
    "hold": WAITED,
    "lost": Seen("requests.ConnectionError", "aiohttp.ClientOSError", NOTHING, (2, 2, 3)),
    "truncated": Seen("requests.JSONDecodeError", "json.JSONDecodeError", "json.JSONDecodeError"),
    "wrong-length": Seen(
        "requests.ChunkedEncodingError", "aiohttp.ClientPayloadError", NOTHING, (1, 1, 3)
    ),
    "not-json": Seen("requests.JSONDecodeError", "json.JSONDecodeError", "json.JSONDecodeError"),
    "bad-gateway": Seen("502 Unknown", "502 Unknown", "502", (1, 1, 3)),
    "bad-gzip": Seen(
        "requests.ContentDecodingError", "aiohttp.ClientPayloadError", "httpx.DecodingError"
    ),
    "wrong-type": Seen("200", "aiohttp.ContentTypeError", "200"),
}
# What httpx raises behind the exception of 2.x; of these two only because time stands still.
RAISED = {name: kind.raises for name, kind in FAULTS.items()}
RAISED |= {"latency": "ReadTimeout", "drip": "ReadTimeout"}


def create(doing: Any) -> dict[str, Any]:
    return {"operation": "createVideoTask", "do": doing}


def test_the_table_contains_only_faults() -> None:
    assert not SEEN.keys() - FAULTS.keys()


@each_case("fault", [name for name in FAULTS if name != "connect-refused"])
def test_each_fault_is_reported_by_the_sdk_and_has_its_effect_on_tasks(
    meet: Meet, frozen: str, fault: str
) -> None:
    for patience in PATIENCE if SEEN[fault] is WAITED else [5]:
        sdk, key = meet(frozen)
        key.rules(create(fault))
        seen, error = outcome_of(create_call(sdk, timeout=patience))
        arrived = len(key.calls("createVideoTask"))
        sent = SEEN[fault].sent[Seen._fields.index(stack(sdk))]
        if arrived == sent:
            break
    assert (seen, arrived) == (getattr(SEEN[fault], stack(sdk)), sent)
    if seen in (NOTHING, LATE):
        assert error is not None
        assert type(error.__cause__).__name__ == RAISED[fault]
    assert len(key.tasks()) == (sent if FAULTS[fault].carried_out else 0)


def test_a_refused_connection_is_reported_and_no_second_call_arrives(
    meet: Meet, serve: Serve
) -> None:
    with serve(time="frozen") as url:  # whose doors stay shut
        sdk, key = meet(url)
        key.rules(create("connect-refused=60"))
        seen, error = outcome_of(sdk.create)
        assert seen == getattr(SEEN["connect-refused"], stack(sdk))
        if seen == NOTHING:
            assert error is not None
            assert type(error.__cause__).__name__ == RAISED["connect-refused"]
        # The control API still answers on the connection that was there before.
        assert (key.calls("createVideoTask"), key.tasks()) == ([None], [])


def test_the_sdk_repeats_a_lost_create_call_and_every_task_is_billed(
    meet: Meet, frozen: str
) -> None:
    sdk, key = meet(frozen)
    key.rules(create("lost"))
    seen, _ = outcome_of(sdk.create)
    assert seen == getattr(SEEN["lost"], stack(sdk)), "its user thinks that there is no task"
    count = 3 if stack(sdk) == "httpx" else 2
    assert (key.calls("createVideoTask"), key.tasks()) == ([None] * count, ["PENDING"] * count)
    assert key.ask("GET", "/usage")["total"] == 0
    key.clock(advance=3600)
    assert key.tasks() == ["SUCCEEDED"] * count
    assert key.ask("GET", "/usage")["total"] == pytest.approx(VIDEO * count)


def test_one_lost_answer_gives_two_billed_tasks_and_the_user_sees_one(
    meet: Meet, frozen: str
) -> None:
    sdk, key = meet(frozen)
    key.rules({**create("lost"), "first": 1})
    created = sdk.create()
    assert (created.status, created.output["task_status"]) == (200, "PENDING")
    assert key.calls("createVideoTask") == [None, 200]
    key.clock(advance=3600)
    assert sdk.fetch(created.output["task_id"]).usage["video_duration"] == SECONDS
    assert sdk.list(status="SUCCEEDED").output["total"] == 2
    assert key.ask("GET", "/usage")["total"] == pytest.approx(VIDEO * 2)
