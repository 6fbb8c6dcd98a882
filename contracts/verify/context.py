"""The CheckContext: the argument of each check. A check calls the operations of the API through it
and reports differences to it. Calls go through a Provider, which spends no more than the budget."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any

from contracts.provider.exchange import SHOWN, Exchange, answer_at, shown
from contracts.provider.http import API, Provider
from contracts.spec.loader import Operation, Outcome
from contracts.spec.pointers import MISSING, pointer_of
from contracts.verify.events import CheckFinding
from contracts.verify.model_under_test import Media, ModelUnderTest
from contracts.verify.trace import TaskTrace

OWN_KEY = "mine"
LONGEST = 10_000  # characters of a wrong value that are searched for secrets
ATTEMPTS = 4  # of a call that is answered 429, or of a GET without an answer
RETRY_PAUSE = 1.0  # s between two attempts
DETAILS = re.compile(r"\s+For details, see: ")  # newer gateways add this to a message
ASYNC_HEADER = "X-DashScope-Async"


class Skip(Exception):
    """The check cannot run with this provider. The message is the reason."""


class StopCheck(Exception):
    """Ends a check: after the difference that was found, the rest of the check is pointless."""


class CheckContext:
    """The calls and findings of one check. random: seeded by the seed of the run and the id of the
    check. tested: the models of the run. media: its input files. trace(): the calls of one task,
    the same task for all checks of a run; the first check that calls it creates the task."""

    def __init__(
        self, tested: ModelUnderTest, provider: Provider, random: Random, media: Media
    ) -> None:
        self.tested = tested
        self.spec = tested.spec
        self.provider = provider
        self.random = random
        self.media = media
        self.findings: list[CheckFinding] = []
        self.exchanges: list[Exchange] = []
        self.trace: Callable[[], TaskTrace]

    # Calls

    def call(
        self,
        operation: str,
        task_id: str = "",
        *,
        body: Any = None,
        text: str | None = None,
        query: str = "",
        tail: str = "",
        method: str = "",
        path: str = "",
        key: str | None = OWN_KEY,
        headers: Mapping[str, str] | None = None,
    ) -> Exchange:
        """Send one call of an operation. body: a JSON value. text: the raw body, in place of
        `body`. tail: text to append to the path. method, path: replace the operation's own. key:
        None for a call without a key. A call that is answered 429 is sent again after a pause.
        Raises Skip if it is still answered 429 or the run has waited too long, StopCheck if no
        answer came, and OverBudget."""
        called = self.spec.operations[operation]
        path = path or f"{API}{called.path(task_id)}{tail}"
        path += f"?{query}" if query else ""
        if body is not None:
            text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        sent = {"Content-Type": "application/json"} if text is not None else {}
        sent |= headers or {}
        own = self.provider.key if key == OWN_KEY else key
        method = method or called.method
        wait_limit = self.provider.wait_limit
        if wait_limit.is_over():
            raise Skip(str(wait_limit))
        for left in reversed(range(ATTEMPTS)):
            exchange = self.provider.send(
                method, path, body=text, headers=sent, key=own, operation=operation
            )
            lost = exchange.status == 0 and method == "GET"
            if not left or wait_limit.is_over() or not (exchange.status == 429 or lost):
                break
            wait_limit.wasted(0.0 if self.provider.has_clock else RETRY_PAUSE)
            self.provider.wait(RETRY_PAUSE)
        self.exchanges.append(exchange)
        if exchange.status == 0:
            self.fail(exchange, "#answer", "an answer", exchange.answer)
            raise StopCheck
        if exchange.status == 429:
            raise Skip(f"the call was answered 429 {ATTEMPTS} times: {exchange.answer[:SHOWN]}")
        return exchange

    def get(self, task_id: str, **options: Any) -> Exchange:
        return self.call("getTask", task_id, **options)

    def cancel(self, task_id: str, **options: Any) -> Exchange:
        return self.call("cancelTask", task_id, **options)

    def list(self, query: str = "", **options: Any) -> Exchange:
        return self.call("listTasks", query=query, **options)

    def detect(self, body: Any = None, **options: Any) -> Exchange:
        if "text" not in options:
            body = self.detection_body() if body is None else body
        return self.call(self.tested.detect.id, body=body, **options)

    def create(self, body: Any = None, **options: Any) -> Exchange:
        if "text" not in options:
            body = self.creation_body() if body is None else body
        options.setdefault("headers", {ASYNC_HEADER: "enable"})
        return self.call(self.tested.create.id, body=body, **options)

    # Request bodies: the documented ones with the media of this run

    def detection_body(self) -> dict[str, Any]:
        """The documented body of a detect call."""
        return self.tested.detection_body(self.media)

    def creation_body(self) -> dict[str, Any]:
        """The documented body of a create call."""
        return self.tested.creation_body(self.media)

    def random_task_id(self) -> str:
        """A random UUIDv4, the id of no task."""
        digits = f"{self.random.getrandbits(128):032x}"
        return (
            f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-"
            f"{'89ab'[int(digits[16], 16) % 4]}{digits[17:20]}-{digits[20:]}"
        )

    # Findings

    def fail(self, exchange: Exchange | None, pointer: str, expected: str, got: str) -> None:
        """Report a difference, with the exchange that shows it."""
        where = None if exchange is None else self._index(exchange)
        got = self.provider.redact(got[:LONGEST])[:SHOWN]
        self.findings.append(CheckFinding(pointer, expected, got, where))

    def expect(self, exchange: Exchange, pointer: str, holds: bool, expected: str) -> bool:
        """Report a difference at the pointer unless `holds`. Returns `holds`."""
        if not holds:
            self.fail(exchange, pointer, expected, shown(answer_at(exchange, pointer)))
        return holds

    def expect_equal(self, exchange: Exchange, pointer: str, expected: Any) -> bool:
        """Expect a value, of the same type, at the pointer. MISSING: expect no value there."""
        got = answer_at(exchange, pointer)
        same = got is expected or (type(got) is type(expected) and got == expected)
        return self.expect(exchange, pointer, same, shown(expected))

    def expect_status(self, exchange: Exchange, *expected: int) -> bool:
        """Expect one of these HTTP status codes."""
        holds = exchange.status in expected
        return self.expect(exchange, "#status", holds, " or ".join(map(str, expected)))

    def expect_schema(self, exchange: Exchange) -> bool:
        """Expect a documented status and a body that the schema of this status allows."""
        operation = self.spec.operations[exchange.operation]
        before = len(self.findings)
        validator = operation.answers.get(exchange.status)
        if validator is None:
            known = ", ".join(map(str, operation.answers))
            self.fail(exchange, "#status", f"one of {known}", str(exchange.status))
        elif exchange.value is None:
            self.fail(exchange, "", "a JSON object", exchange.answer)
        else:
            for error in validator.iter_errors(exchange.value):
                pointer = pointer_of(error.instance_path)
                got = shown(answer_at(exchange, pointer))
                self.fail(exchange, pointer, f"as in the schema: {error.message[:SHOWN]}", got)
        return len(self.findings) == before

    def expect_outcome(self, exchange: Exchange, *names: str, field: str = "") -> bool:
        """Expect one of these outcomes of the spec, or the outcome that a variant puts in its
        place: the same status, code and message, and a body that the schema allows. Text that newer
        gateways add to a message is ignored. field: the field that the message must name."""
        operation = self.spec.operations[exchange.operation]
        wanted = [self.spec.outcomes[name] for name in names]
        wanted += [o for name in names for o in self._variant_outcomes(name, operation)]
        if not self.expect_status(exchange, *dict.fromkeys(o.status for o in wanted)):
            return False
        conforms = self.expect_schema(exchange)
        wanted = [o for o in wanted if o.status == exchange.status]
        return self._expect_code_and_message(exchange, wanted, field) and conforms

    def _expect_code_and_message(
        self, exchange: Exchange, wanted: Sequence[Outcome], field: str
    ) -> bool:
        codes = list(dict.fromkeys(outcome.code for outcome in wanted))
        pointer = "/code" if exchange.status >= 400 else "/output/code"
        code = answer_at(exchange, pointer)
        if not self.expect(
            exchange, pointer, (code if code is not MISSING else "") in codes, " or ".join(codes)
        ):
            return False
        if exchange.status < 400:
            return True
        message = DETAILS.split(str(answer_at(exchange, "/message")))[0]
        messages = [_message(outcome, exchange, field) for outcome in wanted]
        return self.expect(exchange, "/message", message in messages, " or ".join(messages))

    def _variant_outcomes(self, name: str, operation: Operation) -> Iterator[Outcome]:
        for variant in self.spec.variants.values():
            for choice in variant.choices.values():
                other = choice.answers.get(name)
                if other in operation.outcomes:
                    yield operation.outcomes[other]

    def _index(self, exchange: Exchange) -> int:
        for index, known in enumerate(self.exchanges):
            if known is exchange:
                return index
        self.exchanges.append(exchange)
        return len(self.exchanges) - 1


def _message(outcome: Outcome, exchange: Exchange, field: str) -> str:
    if outcome.template:
        return outcome.template.format(field=field, method=exchange.method)
    return str(outcome.value.get("message", ""))
