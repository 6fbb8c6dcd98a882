"""What a check is given: calls in the words of the API, and ways to find. It knows no transport and
no time; what it sends goes through a Provider, which pays for nothing that is not allowed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any

from contracts.provider.exchange import SHOWN, Exchange, at, shown
from contracts.provider.http import API, Provider
from contracts.spec.loader import Operation, Outcome, Spec
from contracts.spec.pointers import MISSING, pointer_of
from contracts.verify.events import Finding
from contracts.verify.trace import TaskTrace

OWN_KEY = "mine"
LONG = 10_000
ATTEMPTS = 4  # so often in all is asked again after a 429, or a lost answer to a GET
RETRY_PAUSE = 1.0  # seconds before that
DETAILS = re.compile(r"\s+For details, see: ")  # what newer gateways add to a message
ASYNC_HEADER = "X-DashScope-Async"


class Skip(Exception):
    """The check cannot be made here. Its text says why."""


class StopCheck(Exception):
    """What was found makes the rest of the check pointless."""


class CheckContext:
    """One check's calls and findings. random: chance that depends on the run's seed and the check's
    id. media: the URLs that are sent (`image_url`, `audio_url`)."""

    def __init__(
        self, spec: Spec, provider: Provider, random: Random, media: Mapping[str, str]
    ) -> None:
        self.spec = spec
        self.provider = provider
        self.random = random
        self.media = media
        self.findings: list[Finding] = []
        self.exchanges: list[Exchange] = []
        self.trace: Callable[[], TaskTrace]  # the life of a task, the same for all checks of a run

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
        """Send one call of an operation. body: a JSON value, text: what is sent in place of it;
        tail: behind the path; method, path: in place of the operation's. key: None for none. Above
        a rate it waits and asks again. Raises StopCheck where no answer came, and OverBudget."""
        meant = self.spec.operations[operation]
        path = path or f"{API}{meant.template.replace('{task_id}', task_id)}{tail}"
        path += f"?{query}" if query else ""
        if body is not None:
            text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        sent = {"Content-Type": "application/json"} if text is not None else {}
        sent |= headers or {}
        own = self.provider.key if key == OWN_KEY else key
        method = method or meant.method
        patience = self.provider.patience
        if patience.is_over():
            raise Skip(str(patience))
        for left in reversed(range(ATTEMPTS)):
            exchange = self.provider.send(
                method, path, body=text, headers=sent, key=own, operation=operation
            )
            lost = exchange.status == 0 and method == "GET"
            if not left or patience.is_over() or not (exchange.status == 429 or lost):
                break
            patience.in_vain(0.0 if self.provider.has_clock else RETRY_PAUSE)
            self.provider.let_pass(RETRY_PAUSE)
        self.exchanges.append(exchange)
        if exchange.status == 0:
            self.fail(exchange, "#answer", "an answer", exchange.answer)
            raise StopCheck
        if exchange.status == 429:
            raise Skip(f"it was throttled {ATTEMPTS} times: {exchange.answer[:SHOWN]}")
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
        return self.call("detectFace", body=body, **options)

    def create(self, body: Any = None, **options: Any) -> Exchange:
        if "text" not in options:
            body = self.creation_body() if body is None else body
        options.setdefault("headers", {ASYNC_HEADER: "enable"})
        return self.call("createVideoTask", body=body, **options)

    # What is sent: the documented requests with this run's media.

    def detection_body(self) -> dict[str, Any]:
        """The documented body of a detection."""
        return self._documented("detectFace")

    def creation_body(self) -> dict[str, Any]:
        """The documented body of a creation."""
        return self._documented("createVideoTask")

    def random_task_id(self) -> str:
        """An id that no task has: a UUIDv4 by chance."""
        digits = f"{self.random.getrandbits(128):032x}"
        return (
            f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-"
            f"{'89ab'[int(digits[16], 16) % 4]}{digits[17:20]}-{digits[20:]}"
        )

    # Findings

    def fail(self, exchange: Exchange | None, pointer: str, expected: str, got: str) -> None:
        """Something differs, and this exchange shows it."""
        where = None if exchange is None else self._place(exchange)
        got = self.provider.masked(got[:LONG])[:SHOWN]
        self.findings.append(Finding(pointer, expected, got, where))

    def expect(self, exchange: Exchange, pointer: str, holds: bool, expected: str) -> bool:
        """Find that what stands at the pointer is not as expected, unless it holds."""
        if not holds:
            self.fail(exchange, pointer, expected, shown(at(exchange, pointer)))
        return holds

    def expect_equal(self, exchange: Exchange, pointer: str, expected: Any) -> bool:
        """The value at the pointer is this one; MISSING for none."""
        got = at(exchange, pointer)
        same = got is expected or (type(got) is type(expected) and got == expected)
        return self.expect(exchange, pointer, same, shown(expected))

    def expect_status(self, exchange: Exchange, *expected: int) -> bool:
        """The status is one of these."""
        holds = exchange.status in expected
        return self.expect(exchange, "#status", holds, " or ".join(map(str, expected)))

    def expect_schema(self, exchange: Exchange) -> bool:
        """The answer is documented: its status, and its body by the schema."""
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
                got = shown(at(exchange, pointer))
                self.fail(exchange, pointer, f"as in the schema: {error.message[:SHOWN]}", got)
        return len(self.findings) == before

    def expect_outcome(self, exchange: Exchange, *names: str, field: str = "") -> bool:
        """The answer is one of these outcomes of the spec, or what a variant puts in their place:
        the status, the code and the message, which newer gateways add to. field: fills a message
        that names one."""
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
        place = "/code" if exchange.status >= 400 else "/output/code"
        code = at(exchange, place)
        if not self.expect(
            exchange, place, (code if code is not MISSING else "") in codes, " or ".join(codes)
        ):
            return False
        if exchange.status < 400:
            return True
        said = DETAILS.split(str(at(exchange, "/message")))[0]
        messages = [_message(outcome, exchange, field) for outcome in wanted]
        return self.expect(exchange, "/message", said in messages, " or ".join(messages))

    def _variant_outcomes(self, name: str, operation: Operation) -> Iterator[Outcome]:
        for variant in self.spec.variants.values():
            for choice in variant.choices.values():
                other = choice.answers.get(name)
                if other in operation.outcomes:
                    yield operation.outcomes[other]

    def _place(self, exchange: Exchange) -> int:
        for place, known in enumerate(self.exchanges):
            if known is exchange:
                return place
        self.exchanges.append(exchange)
        return len(self.exchanges) - 1

    def _documented(self, operation: str) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(
            json.dumps(self.spec.operations[operation].requests["documentation"])
        )
        body["input"] |= {n: url for n, url in self.media.items() if n in body["input"]}
        return body


def _message(outcome: Outcome, exchange: Exchange, field: str) -> str:
    if outcome.template:
        return outcome.template.format(field=field, method=exchange.method)
    return str(outcome.value.get("message", ""))
