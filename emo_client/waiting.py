"""Waits for a task: polls until it ends or the deadline passes.

The service answers 200 in every state, including FAILED and UNKNOWN. It also has states that the
documentation of EMO does not name (SUSPENDED, PRE-PROCESSING). The wait goes on in every state that
is not terminal.
"""

import math
from collections.abc import Callable
from typing import TypeAlias

from emo_client import errors, retry
from emo_client.calls import request_for
from emo_client.decoding.answers import read_task, refusal
from emo_client.exchange import Flow, Outcome, Runtime
from emo_client.models import TASK_STATUSES, TERMINAL_STATUSES, TaskAnswer
from emo_client.settings import seconds

OnUpdate: TypeAlias = Callable[[TaskAnswer, float], object]

# Seconds for the answer of the last poll, at the deadline.
LAST_POLL = 1.0
# Answers in a row that are not JSON before the wait fails: a proxy may damage a few.
DAMAGED = 3


def wait(
    runtime: Runtime, task_id: str, timeout: float = 1800.0, on_update: OnUpdate | None = None
) -> Flow[TaskAnswer]:
    """Poll a task until it SUCCEEDED, and return it with output.results.video_url.

    timeout: seconds, finite and above 0. on_update: called after each answered poll with the
    task and the seconds since the wait began. Pauses grow from 0.5 to 15 s (S2V). Until the
    deadline the wait retries lost connections, 408, 429 and 5xx, and up to three answers in a
    row that are not JSON. It respects Retry-After.
    Raises TaskFailed, TaskCanceled, TaskUnknown or TaskTimeout. After TaskTimeout the task
    goes on.
    """
    try:
        return (yield from _waited(_Watch(runtime, task_id, timeout), on_update))
    except errors.EmoError as error:
        error.of_task(task_id)  # the caller of generate() has no other source of the id
        raise


def _waited(watch: "_Watch", on_update: OnUpdate | None) -> Flow[TaskAnswer]:
    while True:
        within = max(watch.left(), LAST_POLL)
        request = request_for(watch.runtime, "getTask", task_id=watch.task_id, within=within)
        outcome: Outcome = yield request
        task = watch.take(outcome)
        if task is not None and on_update is not None:
            on_update(task, watch.waited())
        if task is not None and task.output.task_status in TERMINAL_STATUSES:
            return _video(task, watch.task_id, request.extensions["call"])
        yield watch.until_next(outcome)


class _Watch:
    """The state of a wait: its deadline, the last task seen and the last failure."""

    def __init__(self, runtime: Runtime, task_id: str, timeout: float) -> None:
        self.runtime, self.task_id = runtime, task_id
        self.began = runtime.clock()
        self.deadline = self.began + seconds("timeout", timeout)
        self.polls = self.failures = self.damaged = 0
        self.seen: TaskAnswer | None = None
        self.failure: errors.EmoError | None = None

    def waited(self) -> float:
        return self.runtime.clock() - self.began

    def left(self) -> float:
        return self.deadline - self.runtime.clock()

    def take(self, outcome: Outcome) -> TaskAnswer | None:
        """The task in the answer of a poll; None after a failure that may be temporary. Other
        failures are raised."""
        self.polls += 1
        if isinstance(outcome, errors.ConnectionFailed):
            self.failure, self.damaged = outcome, 0
        elif retry.transient(outcome.status_code):
            self.failure, self.damaged = refusal(outcome, self.runtime), 0
        else:
            try:
                self.seen = read_task(outcome, self.task_id, self.runtime)
                self.failure, self.failures, self.damaged = None, 0, 0
                return self.seen
            except errors.UnexpectedAnswer as error:
                self.failure, self.damaged = error, self.damaged + 1
                if not error.damaged or self.damaged > DAMAGED:
                    raise
        self.failures += 1
        return None

    def until_next(self, outcome: Outcome) -> float:
        """Seconds to the next poll; the last poll is at the deadline. Raises TaskTimeout after the
        deadline, and at once if a Retry-After ends after it.
        """
        left = self.left()
        wanted, is_asked = self._pause(outcome)
        if left <= 0 or (is_asked and wanted > left):
            raise self._over(wanted if is_asked and left > 0 else None) from self.failure
        return min(wanted, left)

    def _pause(self, outcome: Outcome) -> tuple[float, bool]:
        """Seconds to the next poll, and whether they are from a Retry-After header."""
        random, now = self.runtime.random, self.runtime.now()
        if self.failure is None:
            return retry.pause(self.polls, random), False
        if self.damaged:
            return retry.backoff(self.failures, random), False
        wanted = retry.delay(
            self.failures, outcome, random, now=now, tries=math.inf, longest=math.inf
        )
        headers = {} if isinstance(outcome, errors.ConnectionFailed) else outcome.headers
        return wanted or retry.LONGEST, retry.retry_after(headers, now) is not None

    def _over(self, asked: float | None) -> errors.TaskTimeout:
        status = self.seen.output.task_status if self.seen else None
        request_id = self.seen.request_id if self.seen else None
        failure = str(self.failure or "")
        facts = status, self.waited(), request_id, failure, asked
        known = status is None or status in TASK_STATUSES
        return errors.TaskTimeout(self.task_id, *facts, is_documented=known)


def _video(task: TaskAnswer, task_id: str, call: str) -> TaskAnswer:
    """The task, if it ended with a video; else raises the error for its state."""
    output = task.output
    match output.task_status:
        case "FAILED":
            code, message = output.code or "", output.message or ""
            raise errors.TaskFailed(task_id, code, message, task.request_id)
        case "CANCELED":
            raise errors.TaskCanceled(task_id, task.request_id)
        case "UNKNOWN":
            raise errors.TaskUnknown(task_id, task.request_id)
        case status if status != "SUCCEEDED":
            raise errors.TaskError(f"ended as {status}", task_id, status, task.request_id)
    if not (output.results and output.results.video_url):
        why = ": ".join(filter(None, [output.code, output.message]))
        problem = "the task SUCCEEDED without results.video_url" + (f", with {why}" if why else "")
        raise errors.UnexpectedAnswer(call, 200, problem, task.request_id)
    return task
