"""Host and Origin headers that the control API accepts, on the fake and on the recorder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers
from starlette.requests import Request

from contracts.recordings.control_access import refusal
from mock_server.control.access import missing
from mock_server.settings import Settings
from tests.helpers.cases import each_case

CONTROL = "/__mock__/state"
LOCAL = st.sampled_from(["localhost", "127.0.0.1", "127.9.8.7", "[::1]", "[0:0:0:0:0:0:0:1]"])
FOREIGN = st.from_regex(r"[a-z]{1,8}\.example", fullmatch=True) | st.sampled_from(
    ["10.0.0.5", "[2001:db8::1]", "fake", "0x7f000001", "127.1", "localhost.example", "١٢٧.0.0.1"]
)
PORTS = st.sampled_from(["", ":1", ":8787", ":65535"])
# A foreign name in a spelling that a careless reader takes for one of this machine.
DISGUISES: list[Callable[[str, str], str]] = [
    lambda foreign, _: foreign,
    lambda foreign, _: f"{foreign.upper()}.",
    lambda foreign, local: f"{local}@{foreign}",
    lambda foreign, local: f"{foreign}@{local}",
    lambda foreign, local: f"{local}.{foreign}",
    lambda foreign, local: f"{local}, {foreign}",
    lambda foreign, local: f"{foreign},{local}",
    lambda foreign, local: f"{local}#@{foreign}",
    lambda foreign, local: f"{foreign}/{local}",
    lambda foreign, local: f"{foreign}\\{local}",
    lambda foreign, local: f"{local}%00.{foreign}",
    lambda foreign, local: f"{local} {foreign}",
    lambda foreign, local: f"{foreign}:80:{local}",
]
Pairs = list[tuple[str, str]]


def fake_refuses(headers: Pairs, client: str = "127.0.0.1", path: str = CONTROL) -> bool:
    del path
    raw = [(name.encode(), value.encode("utf-8")) for name, value in headers]
    return bool(missing(Settings(), client, Headers(raw=raw)))


def recorder_refuses(headers: Pairs, client: str = "127.0.0.1", path: str = CONTROL) -> bool:
    raw = [(name.encode(), value.encode("utf-8")) for name, value in headers]
    return bool(refusal(Request({"type": "http", "path": path, "headers": raw,
                                 "client": (client, 1)})))  # fmt: skip


both = pytest.mark.parametrize("refuses", [fake_refuses, recorder_refuses])


@both
@given(local=LOCAL, port=PORTS, dot=st.sampled_from(["", "."]), upper=st.booleans())
def test_every_spelling_of_a_loopback_name_is_accepted(
    refuses: Any, local: str, port: str, dot: str, upper: bool
) -> None:
    name = local if "[" in local else (local.upper() if upper else local) + dot
    assert not refuses([("host", name + port)])
    assert not refuses([("host", name + port), ("origin", f"http://{local}{port}")])


@both
@given(foreign=FOREIGN, local=LOCAL, port=PORTS, disguise=st.sampled_from(DISGUISES))
def test_every_spelling_of_a_foreign_name_is_refused(
    refuses: Any, foreign: str, local: str, port: str, disguise: Callable[[str, str], str]
) -> None:
    assert refuses([("host", disguise(foreign, local) + port)])
    assert refuses([("host", local), ("host", foreign + port)])
    assert refuses([("host", local), ("origin", f"http://{foreign}{port}")])


@both
@each_case(
    "headers",
    [[], [("host", "")], [("host", " ")], [("host", "localhost..")], [("host", "[::1%25eth0]")],
     [("host", "evil.localhost")], [("host", "0.0.0.0:8787")], [("host", "[::]")],
     [("host", "localhost"), ("origin", "http://evil.localhost")],
     [("host", "localhost"), ("origin", "http://0.0.0.0")],
     [("host", "[::1")], [("host", "localhost:99999")],
     [("host", "localhost"), ("host", "localhost")],
     [("host", "localhost"), ("origin", "null")], [("host", "localhost"), ("origin", "")],
     [("host", "localhost"), ("origin", "file://")],
     [("host", "localhost"), ("x-forwarded-host", "evil.example")],
     [("host", "localhost"), ("x-forwarded-for", "10.0.0.9")],
     [("host", "localhost"), ("via", "1.1 a")]],
    ids=str,
)  # fmt: skip
def test_a_call_without_one_plain_local_host_and_origin_is_refused(
    refuses: Any, headers: Pairs
) -> None:
    assert refuses(headers)


@both
def test_another_machine_is_refused(refuses: Any) -> None:
    assert refuses([("host", "localhost")], client="10.0.0.9")


@pytest.mark.parametrize(
    "path", ["/__mock__/", "/%5f_mock__/x", "/%255f_mock__/x", "/a/__MOCK__/x", "//__mock__/x"]
)
def test_the_recorder_recognizes_a_control_path_in_any_spelling(path: str) -> None:
    assert recorder_refuses([("host", "evil.example")], path=path)


def test_the_recorder_accepts_other_calls_under_any_host_name() -> None:
    for path in ("/api/v1/tasks/x", "/__mock__/health"):
        assert not recorder_refuses([("host", "fake:80")], client="10.0.0.9", path=path)
