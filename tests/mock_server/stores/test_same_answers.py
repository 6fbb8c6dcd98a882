"""An engine answers the same bytes whichever store it has: it leaves nothing in the memory of its
process that another store would lose."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.spec.loader import Spec
from mock_server.control.api import CONTROLS
from mock_server.control.request import ControlError, ControlRequest, Export
from mock_server.stores.memory import MemoryStore
from mock_server.stores.protocol import Store
from tests.helpers.fake import SERVICE, Service, request
from tests.helpers.json_store import JsonStore
from tests.helpers.stores import written_rules

SPEC = Spec.load()
CONTROLLED = {f"{method} {path}": control for method, path, control in CONTROLS}
BODIES = {"detect": request(SPEC, "detectFace"), "create": request(SPEC, "createVideoTask")}
choices = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(list(v.choices)) for name, v in SPEC.variants.items()}
)
scenarios = st.sampled_from(
    ["", "RUNNING", "PENDING", "normal", "CANCELED", "UNKNOWN", "FAILED.InvalidURL", "latency=2",
     "lost", "Throttling", "not-yet", "RUNNING.SUSPENDED"]
)  # fmt: skip
LATENCY = {"do": {"fault": "latency", "between": [1, 3]}}
rules = st.just(LATENCY) | st.just({"do": "FAILED.InternalError", "nth": 2}) | written_rules
clocks = st.sampled_from(
    [{"advance": 86400}, {"advance": 40}, {"speed": 3}, {"freeze": True}, {"next_event": True}]
)
accounts = st.sampled_from([{"balance": 0}, {"balance": 1.5}, {"free_only": True}])
creates = st.tuples(st.just("create"), scenarios)
changes: st.SearchStrategy[tuple[str, Any]] = st.one_of(
    creates,
    creates,
    st.tuples(st.just("POST /clock"), clocks),
    st.tuples(st.just("PUT /scenarios"), st.lists(rules, min_size=1, max_size=2)),
    st.tuples(st.just("PUT /account"), accounts),
    st.tuples(st.just("PUT /variants"), choices),
    st.tuples(st.just("wait"), st.sampled_from([0.3, 20.0, 90.0, 90_000.0])),
    st.tuples(st.just("detect"), scenarios),
    st.tuples(st.sampled_from(["DELETE /scenarios", "POST /reset"]), st.just({})),
)
reads: st.SearchStrategy[tuple[str, Any]] = st.one_of(
    st.tuples(st.sampled_from(["get", "get", "download", "cancel"]), st.integers(0, 2)),
    st.tuples(st.sampled_from(["get", "download"]), st.just(0)),
    st.tuples(st.just("list"), st.sampled_from(["", "page_size=1&page_no=2", "status=RUNNING"])),
    st.tuples(
        st.sampled_from(["GET /state", "GET /usage", "GET /bundle", "GET /scenarios"]),
        st.just({}),
    ),
)
calls = st.lists(st.tuples(changes, reads), min_size=2, max_size=8).map(lambda two: sum(two, ()))


class World(Service):
    """A service that keeps the paths of its tasks and results, latest last."""

    def __init__(self, store: Store, options: dict[str, Any]) -> None:
        super().__init__(SPEC, store=store, **options)
        self.tasks_shown, self.results = ["/api/v1/tasks/x"], ["/results/x/y/1x1-3.0.mp4"]

    def act(self, name: str, argument: Any) -> Any:
        """Do one thing; returns the answer, or the record if nobody answers."""
        match name:
            case "wait":
                self.real += argument
                return self.tenant()
            case "create" | "detect":
                path = f"{SERVICE}/{'video-synthesis' if name == 'create' else 'face-detect'}"
                selected = {"X_Mock_Scenario": argument} if argument else {}
                body = BODIES[name]
                reply = self.raw("POST", path, body, X_DashScope_Async="enable", **selected)
            case "list":
                reply = self.raw("GET", "/api/v1/tasks", query=argument)
            case "get":
                reply = self.raw("GET", _one(self.tasks_shown, argument))
            case "cancel":
                reply = self.raw("POST", _one(self.tasks_shown, argument) + "/cancel")
            case "download":
                path, _, query = _one(self.results, argument).partition("?")
                return self.raw("GET", path, query=query, key=None)
            case _:
                return self._control(name, argument)
        self._keep(reply.body)
        return reply

    def _keep(self, body: bytes) -> None:
        task = re.search(rb'"task_id":"([^"]+)', body)
        result = re.search(rb'"video_url":"[^"]*?(/results/[^"]+)', body)
        self.tasks_shown += [f"/api/v1/tasks/{task[1].decode()}"] if task else []
        self.results += [result[1].decode()] if result else []

    def _control(self, name: str, argument: Any) -> Any:
        control = CONTROLLED[name]
        try:
            answer = control(ControlRequest(self.engine, self.tenant_id(), self.real, argument))
        except ControlError as error:
            return str(error)
        if isinstance(answer, Export):
            return "".join(answer.make()[1])
        return json.dumps(answer)


def _one(values: list[str], number: int) -> str:
    return values[-1 - number % len(values)]


@settings(max_examples=60, derandomize=True, database=None, deadline=None)
@given(
    options=st.fixed_dictionaries(
        {"time": st.sampled_from(["real", "skip", "fast"])},
        optional={
            "speed": st.integers(0, 3),
            "limits": st.just("documented"), "concurrency": st.integers(2, 3), "variants": choices,
            "file": st.fixed_dictionaries({"scenarios": st.lists(written_rules, max_size=2)}),
        },
    ),
    first=creates,
    called=calls,
)  # fmt: skip
def test_an_engine_answers_the_same_from_memory_and_from_a_store_of_json(
    options: dict[str, Any], first: tuple[str, Any], called: tuple[tuple[str, Any], ...]
) -> None:
    one, other = World(MemoryStore(), options), World(JsonStore(), options)
    for name, argument in (first, *called):
        assert repr(one.act(name, argument)) == repr(other.act(name, argument))
    assert repr((one.tenant(), one.tasks())) == repr((other.tenant(), other.tasks()))
