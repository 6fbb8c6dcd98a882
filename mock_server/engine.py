"""From a Call to a Reply, as the service does it: authentication, routing, headers, body, meaning,
then the scenario or the handler. Synchronous; no I/O but the store's; no time but its argument."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from contracts.document import SpecError
from contracts.rules import Parameter, Violation
from contracts.spec import Operation, Outcome, Spec
from mock_server import body as json_body
from mock_server.call import Call, Reply
from mock_server.clock import Clock, RealTime, real_time
from mock_server.context import Context, Facts, Refused
from mock_server.handlers import HANDLERS
from mock_server.ids import tenant_of, uuid
from mock_server.media import Clip
from mock_server.results import Denied, no_such_key, open_result
from mock_server.routing import Route, Router
from mock_server.scenarios import HEADER, UnknownScenario, choose, input_urls, requested
from mock_server.schedule import Queue
from mock_server.settings import Settings
from mock_server.stores import Store, Tenant
from mock_server.stores.memory import MemoryStore
from mock_server.tasks import STATES
from mock_server.wire import Template, http_date

ANONYMOUS = ""
ALWAYS = [
    (b"content-type", b"application/json"),
    (b"req-cost-time", b"0"),
    (b"server", b"istio-envoy"),
]


class Engine:
    """The fake without HTTP. Given the same seed, time and calls it returns the same bytes.

    Raises SpecError when the handlers are not exactly the spec's operations."""

    def __init__(
        self,
        spec: Spec,
        *,
        settings: Settings | None = None,
        store: Store | None = None,
        real: RealTime = real_time,
    ) -> None:
        self.spec = spec
        self.settings = settings or Settings()
        self.store: Store = store if store is not None else MemoryStore()
        self.real = real
        self.seed = self.settings.seed_bytes
        self._router = Router(spec)
        self._key = lru_cache(maxsize=4096)(self._key_of)
        self._templates = {name: Template(o.value) for name, o in spec.outcomes.items()}
        self._owners = {name: spec.operations_with(name)[0] for name in spec.outcomes}
        self._encode = msgspec.json.Encoder().encode
        odd = [f"operation {n}" for n in sorted(HANDLERS.keys() ^ spec.operations.keys())]
        odd += [f"task status {n}" for n in sorted(STATES ^ spec.lifecycle.next.keys())]
        if odd:
            raise SpecError("mock_server", [f"{what} is on one side only" for what in odd])

    def handle(self, call: Call) -> Reply:
        """The answer to any call. Never raises for what a client can send."""
        tenant_id = ANONYMOUS
        try:
            key, tenant_id = self._authenticate(call.headers)
            self._check_size(call)
            return self._answer(call, key, tenant_id)
        except Refused as refused:
            return self._refusal(refused.violation, call, tenant_id)
        except UnknownScenario as unknown:
            value = {"code": "UnknownScenario", "message": str(unknown)}
            request_id = self._request_id(tenant_id)
            encoded = self._encode({**value, "request_id": request_id})
            now = self._now(tenant_id)
            return Reply(400, _headers(request_id, now, encoded), encoded, "", str(unknown))

    def broken(self) -> Reply:
        """The answer to what is not even HTTP."""
        violation = Violation(self.spec.refusals["http"], "", "", "is not HTTP")
        return self._refusal(violation, Call("", ""), ANONYMOUS)

    def tenant(self, tenant_id: str) -> Tenant:
        """The tenant's record; a new one starts at the machine's time."""
        record = self.store.tenant(tenant_id)
        if record is None:
            rate, skip = self.settings.clock
            real = self.real()
            record = Tenant(Clock(real, real, rate, skip), Queue.of(self._places()))
            self.store.save(tenant_id, record)
        return record

    def tenant_of_headers(self, headers: dict[bytes, bytes]) -> str:
        """The tenant that a request's key names. Raises Refused when it names none."""
        return self._authenticate(headers)[1]

    def result(self, path: str, query: str) -> Clip | Denied:
        """What the object store answers for a path under /results/, by the tenant's clock."""
        tenant_id, _, rest = path.removeprefix("/results/").partition("/")
        if rest.count("/") != 1:
            return no_such_key(path)
        return open_result(self.seed, path, query, self._now(tenant_id))

    def _places(self) -> int:
        said = [m["concurrency"] for m in self.spec.models.values() if "concurrency" in m]
        return self.settings.concurrency or said[0]

    def _now(self, tenant_id: str) -> float:
        real = self.real()
        record = self.store.tenant(tenant_id)
        return record.clock.now(real) if record else real

    def _request_id(self, tenant_id: str) -> str:
        # No-key refusals show version 4, most others 9 (CNB).
        version = "4" if tenant_id == ANONYMOUS else "9"
        return uuid(self.seed, tenant_id, self.store.next_number(tenant_id), version)

    def _check_size(self, call: Call) -> None:
        if call.head_bytes > self.spec.limits["header-bytes"]:
            raise self._refused("header-size", "#header", f"{call.head_bytes} bytes")

    def _authenticate(self, headers: dict[bytes, bytes]) -> tuple[str, str]:
        """The API key and its tenant. First of all: an unknown path without a key is a 401."""
        sent = headers.get(b"authorization", b"").strip()
        if not sent:
            raise self._refused("missing", "#header/Authorization", "is missing")
        known = self._key(sent)
        if known is None:
            why = "is not `Bearer` and a key that starts with sk-"
            raise self._refused("invalid", "#header/Authorization", why)
        return known

    def _key_of(self, sent: bytes) -> tuple[str, str] | None:
        scheme, _, rest = sent.decode("latin-1").partition(" ")
        key = rest.strip()
        if scheme.lower() != "bearer" or not self.spec.key_pattern.match(key):
            return None
        return key, tenant_of(key, self.seed)

    def _refused(self, use: str, pointer: str, reason: str) -> Refused:
        return Refused(Violation(self.spec.refusals[use], pointer, "", reason))

    def _route(self, call: Call) -> Route:
        found = self._router.find(call.method, call.path)
        if found is None:
            raise self._refused("path", "#path", f"{call.path[:200]} is no path of the spec")
        if isinstance(found, str):
            raise self._refused("method", "#method", f"the path has no {call.method[:20]}")
        return found

    def _answer(self, call: Call, key: str, tenant_id: str) -> Reply:
        operation, path_value = self._route(call)
        for parameter in operation.headers:
            self._check_header(parameter, call)
        body = self._read_body(operation, call)
        query = self._read_query(operation, call.query) if operation.query else {}
        urls = input_urls(body)
        if urls:
            self._check_schemes(operation, urls, call)
        names = requested(call.headers.get(HEADER), urls, key)
        choice = choose(self.spec, operation, names)
        tenant, real = self.tenant(tenant_id), self.real()
        request_id = self._request_id(tenant_id)
        now = tenant.clock.now(real)
        facts: Facts = {}
        if choice.answer and choice.answer.status != 200:
            outcome = choice.answer
        else:
            context = Context(
                self.spec, operation, self.store, self.seed, tenant_id, tenant, real, now,
                request_id, call.origin, path_value, query, body, choice,
            )  # fmt: skip
            outcome, facts = HANDLERS[operation.id](context)
            now = context.now
        reply = self._reply(operation, outcome, facts, request_id, now)
        if choice.name:
            reply.headers.append((HEADER, choice.name.encode("latin-1", "replace")))
        return reply

    def _check_header(self, parameter: Parameter, call: Call) -> None:
        sent = call.headers.get(parameter.header)
        if sent is None and not parameter.required:
            return
        _, violation = parameter.parse(sent.decode("latin-1") if sent is not None else None)
        if violation:
            raise Refused(violation)

    def _read_body(self, operation: Operation, call: Call) -> Any:
        if len(call.body) > self.spec.limits["body-bytes"]:
            raise self._refused("body-size", "#body", "is too large")
        if operation.body is None:
            return None
        try:
            body = json_body.decode(call.body)
        except ValueError as error:
            raise Refused(Violation(operation.body_refusal, "", "body", str(error))) from None
        for violation in operation.body.violations(body):
            raise Refused(violation)
        return body

    def _check_schemes(self, operation: Operation, urls: list[str], call: Call) -> None:
        """A URL of some scheme (oss://) needs the header that makes the service resolve it."""
        for parameter in operation.headers:
            scheme = parameter.required_by_scheme
            if scheme and call.headers.get(parameter.header) != b"enable":
                for url in urls:
                    if url.lower().startswith(f"{scheme}://"):
                        reason = f"must be enable for {url[:200]}"
                        raise Refused(parameter.violation(reason))

    def _read_query(self, operation: Operation, query: str) -> dict[str, Any]:
        sent = parse_query(query)
        values = {}
        for parameter in operation.query:
            values[parameter.name], violation = parameter.parse(sent.get(parameter.name))
            if violation:
                raise Refused(violation)
        return values

    def _reply(
        self, operation: Operation, outcome: Outcome, facts: Facts, request_id: str, now: float
    ) -> Reply:
        facts["request_id"] = request_id
        value = self._templates[outcome.name].fill(facts)
        if not operation.answers[outcome.status].is_valid(value):
            operation.answers[outcome.status].validate(value)
        encoded = self._encode(value)
        return Reply(outcome.status, _headers(request_id, now, encoded), encoded, outcome.name)

    def _refusal(self, violation: Violation, call: Call, tenant_id: str) -> Reply:
        outcome = self.spec.outcomes[violation.outcome]
        facts: Facts = {}
        if outcome.template:
            method = call.method[:20]
            facts["message"] = outcome.template.format(field=violation.field, method=method)
        operation = self._owners[outcome.name]
        request_id, now = self._request_id(tenant_id), self._now(tenant_id)
        reply = self._reply(operation, outcome, facts, request_id, now)
        return reply._replace(reason=f"{violation.pointer} {violation.reason}".strip())


def _headers(request_id: str, now: float, body: bytes) -> list[tuple[bytes, bytes]]:
    """What every captured answer has (CNB, 95 of 95). The fake takes no time of the tenant's."""
    moment = b"%d" % (now * 1000)
    return [
        (b"content-length", b"%d" % len(body)),
        (b"x-request-id", request_id.encode()),
        (b"date", http_date(int(now))),
        (b"req-arrive-time", moment),
        (b"resp-start-time", moment),
        *ALWAYS,
    ]


def parse_query(query: str) -> dict[str, str]:
    """The parameters of a query string; of one given twice the last."""
    return dict(parse_qsl(query, keep_blank_values=True))
