"""A wait always ends, and never after its deadline, whatever the polls are answered."""

import math

import httpx
import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from emo_client import (
    ConnectionFailed,
    EmoError,
    TaskAnswer,
    TaskCanceled,
    TaskFailed,
    TaskTimeout,
    TaskUnknown,
    flows,
)
from emo_client.exchange import Flow, Outcome, Runtime
from emo_client.models import TERMINAL_STATUSES
from emo_client.retry import LONGEST
from emo_client.secrecy import Secret

BOXES = ((1, 2, 3, 4), (0, 0, 9, 9))
BASE = "https://emo.test/api/v1"
HTTP = httpx.Client(trust_env=False)  # makes requests, and sends none
CALLED = httpx.Request("GET", BASE, extensions={"call": "GET /tasks/t"})


def answer(status: int, headers: dict[str, str], body: bytes = b"") -> httpx.Response:
    return httpx.Response(status, headers=headers, content=body, request=CALLED)


def unanswered(may_have_arrived: bool) -> ConnectionFailed:
    return ConnectionFailed("GET /tasks/t", "r", may_have_arrived=may_have_arrived)


def about(status: str) -> httpx.Response:
    results = {"video_url": "http://x/v"} if status == "SUCCEEDED" else None
    output = {"task_id": "t", "task_status": status, "results": results}
    return answer(200, {}, msgspec.json.encode({"request_id": "r", "output": output}))


states = st.sampled_from(["PENDING", "RUNNING", "SUSPENDED", "NEW", *sorted(TERMINAL_STATUSES)])
asked = st.one_of(st.none(), st.integers(0, 4000))
troubles = st.one_of(
    st.builds(unanswered, st.booleans()),
    st.builds(
        lambda status, wait: answer(status, {} if wait is None else {"retry-after": str(wait)}),
        st.sampled_from([408, 429, 500, 502, 503, 599]),
        asked,
    ),
)
refusals = st.builds(answer, st.sampled_from([301, 400, 401, 403, 404]), st.just({}))
outcomes = st.lists(st.one_of(states.map(about), troubles, refusals), max_size=60)


class Run:
    """Drives a flow with a simulated clock; the last outcome repeats."""

    def __init__(self, outcomes: list[Outcome], chance: float, takes: float = 0.0) -> None:
        self.left, self.takes = outcomes or [about("RUNNING")], takes
        self.present, self.sleeps, self.requests = 50.0, list[float](), list[httpx.Request]()
        self.woke = 0.0
        clock = lambda: self.present  # noqa: E731
        self.runtime = Runtime(
            HTTP, Secret("sk-key"), BASE, math.inf, clock, now=clock, random=lambda: chance
        )

    def act(self, flow: Flow[TaskAnswer]) -> TaskAnswer | EmoError:
        outcome: Outcome | None = None
        try:
            while True:
                step = flow.send(outcome)
                outcome = self.obey(step)
        except StopIteration as end:
            return end.value
        except EmoError as error:
            return error

    def obey(self, step: object) -> Outcome | None:
        if isinstance(step, float):
            self.sleeps.append(step)
            self.present += step
            self.woke = self.present
            return None
        assert isinstance(step, httpx.Request)
        self.requests.append(step)
        self.present += self.takes
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]


@settings(deadline=None)  # a wait of 5000 s is hundreds of polls
@given(outcomes, st.floats(0, 0.999), st.floats(0.1, 5000), st.floats(0, 40))
def test_a_wait_always_ends_and_never_sleeps_past_its_deadline(
    said, chance, timeout, takes
) -> None:
    run = Run(said, chance, takes)
    end = run.act(flows.wait(run.runtime, "t", timeout))
    assert run.woke <= 50.0 + timeout + 1e-6
    assert isinstance(end, TaskAnswer | EmoError)
    assert all(pause >= 0 for pause in run.sleeps)
    within = [request.extensions["timeout"]["read"] for request in run.requests]
    assert all(0 < seconds <= max(timeout, 1.0) + 1e-6 for seconds in within)


@given(outcomes, st.floats(0, 0.999))
def test_pauses_stay_below_15_seconds_unless_the_service_asks_for_more(said, chance) -> None:
    heard = [
        about("RUNNING") if isinstance(one, httpx.Response) and one.headers else one for one in said
    ]
    run = Run(heard, chance)
    run.act(flows.wait(run.runtime, "t", 900))
    assert all(pause <= LONGEST for pause in run.sleeps)


@given(st.lists(st.one_of(states.map(about), troubles), max_size=30), st.floats(0, 0.999))
def test_the_first_terminal_state_decides_the_end_of_a_wait(said, chance) -> None:
    run = Run([*said, about("SUCCEEDED")], chance)
    end = run.act(flows.wait(run.runtime, "t", 10**6))
    bodies = [one.text for one in said if isinstance(one, httpx.Response)]
    ended = [s for body in bodies for s in sorted(TERMINAL_STATUSES) if f'"{s}"' in body]
    kinds = {"FAILED": TaskFailed, "CANCELED": TaskCanceled, "UNKNOWN": TaskUnknown}
    assert isinstance(end, kinds.get((ended or ["SUCCEEDED"])[0], TaskAnswer))


@given(st.lists(troubles, min_size=1, max_size=9), st.floats(0, 0.999))
def test_a_create_arrives_at_most_once(said, chance) -> None:
    run = Run([*said], chance)
    run.act(flows.create(run.runtime, "https://x/p", "https://x/v", *BOXES))  # type: ignore[arg-type]
    came = [one for one in said if isinstance(one, httpx.Response) or one.may_have_arrived]
    arrived = next((n for n, one in enumerate(said) if one in came), math.inf)
    assert len(run.requests) <= arrived + 1
    assert len(run.requests) <= 4


def test_the_last_poll_is_at_the_deadline() -> None:
    run = Run([about("RUNNING")], 0.0)
    end = run.act(flows.wait(run.runtime, "t", 2.0))
    assert isinstance(end, TaskTimeout)
    assert run.sleeps == [0.5, 0.75, 0.75]
    assert len(run.requests) == 4


def test_a_retry_after_beyond_the_deadline_ends_the_wait() -> None:
    run = Run([answer(429, {"retry-after": "20"}), answer(503, {"retry-after": "31"})], 0.0)
    end = run.act(flows.wait(run.runtime, "t", 50.0))
    assert isinstance(end, TaskTimeout)
    assert run.sleeps == [20.0]
    assert "try again in 20" not in str(end) and "503" in str(end)
