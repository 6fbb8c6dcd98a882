"""The engine: makes the Reply to a Call, in the order of the service: key, path, rate, headers,
body, query, account, then the scenario and the operation. Synchronous. Its only I/O is the
store's."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from urllib.parse import unquote

from msgspec.structs import replace

from contracts.http1.refused import Reason, RequestRefused
from contracts.spec.document import SpecError
from contracts.spec.loader import Operation, Outcome, Spec
from contracts.spec.validation import Violation
from mock_server.engine.body_checks import check_body, check_reachable
from mock_server.engine.directives import decide, failing, may_apply, why_unknown
from mock_server.engine.operations import object_store
from mock_server.engine.operations.results import PREFIX, Denied, open_result, place
from mock_server.engine.operations.tasks import HANDLERS, state_shown
from mock_server.engine.quotas import Tenants
from mock_server.engine.responses import Responses, headers
from mock_server.engine.validation import Validator
from mock_server.journal.recorder import Recorder
from mock_server.scenarios import variants
from mock_server.scenarios.faults import FAULTS, apply_fault
from mock_server.scenarios.keys import scenario_of
from mock_server.scenarios.names import (
    HEADER,
    NO_DIRECTIVE,
    Selection,
    UnknownScenario,
    input_urls,
    scenario_for_download,
    selected_by_header,
    selected_by_url_or_key,
)
from mock_server.scenarios.rules import Rule, Ruleset, no_file
from mock_server.scenarios.variants import NO_EFFECTS, Effects
from mock_server.settings import Settings
from mock_server.simulation.call import Call, Reply
from mock_server.simulation.clock import RealTime, real_time
from mock_server.simulation.ids import digest, uuid
from mock_server.simulation.seeds import Seeds, seeds_of
from mock_server.simulation.task import STATES
from mock_server.stores.memory import MemoryStore
from mock_server.stores.protocol import Store, Tenant
from mock_server.stores.session import ANONYMOUS, Facts, Refused, Request, Session

DONE = Reply(200, [], b"", "")


class Engine:
    """The fake without HTTP. The same seed, times and calls give the same bytes.

    real: the machine's time, epoch s. file: the rules and variants of the server's scenario file at
    a given time. seeds: default from the settings' seed. Raises SpecError if the handlers are not
    exactly the spec's operations, VariantError if the settings name an unknown variant."""

    def __init__(
        self,
        spec: Spec,
        *,
        settings: Settings | None = None,
        store: Store | None = None,
        real: RealTime = real_time,
        file: Callable[[float], Ruleset] = no_file,
        seeds: Seeds | None = None,
    ) -> None:
        self.spec = spec
        self.settings = settings or Settings()
        self.store: Store = store if store is not None else MemoryStore()
        self.real = real
        self.file = file
        self.seeds = seeds or seeds_of(self.settings.seed)
        self.validator = Validator(spec)
        self.tenants = Tenants(spec, self.settings, self.store)
        self.recorder = Recorder(spec, self.store)
        self._responses = Responses(spec)
        self._used_rules: set[str] = set()
        self._variants = variants.check(spec, dict(self.settings.variants))
        self._effects = lru_cache(maxsize=256)(lambda chosen: variants.effects(spec, dict(chosen)))
        self._tenant_id = lru_cache(maxsize=4096)(self.seeds.tenant_of)
        self._secret_of = lru_cache(maxsize=4096)(self.seeds.secret_of)
        self._scenario_of = lru_cache(maxsize=1024)(partial(scenario_of, spec))
        odd = [f"operation {n}" for n in sorted(HANDLERS.keys() ^ spec.operations.keys())]
        odd += [f"task status {n}" for n in sorted(STATES ^ spec.lifecycle.next.keys())]
        if odd:
            raise SpecError("mock_server", [f"{name} is on one side only" for name in odd])

    def handle(self, call: Call) -> Reply:
        """Answer any call. Nothing that a client sends makes it raise."""
        if call.path.startswith(PREFIX):
            return self._download(call)
        request = Request(call, self.real())
        try:
            reply = self._answer(request)
        except Refused as error:
            request.violation = error.violation
            self._stamp(request, self.tenants.now(request.tenant_id, request.real))
            reply = self._responses.refuse(
                request.violation, call, request.effects, request.request_id, request.now
            )
        except UnknownScenario as unknown:
            text = why_unknown(self.spec, unknown, request)
            request.violation = Violation("", "", "", text)
            reply = self._responses.unknown_scenario(text, request.request_id, request.now)
        return self.recorder.record(request, reply)

    def refused(self, refused: RequestRefused) -> Reply:
        """Answer a request that is not valid HTTP. It is counted and logged. The journal cannot
        keep it, since its tenant is unknown."""
        request = Request(Call("", ""), self.real())
        self._stamp(request, request.real)
        use = {Reason.BROKEN: "http", Reason.HEAD_TOO_LARGE: "header-size"}.get(refused.reason)
        if use is None:
            reply = self._responses.timed_out(str(refused), request.request_id, request.now)
        else:
            request.violation = Violation(self.spec.refusals[use], "", "", str(refused))
            reply = self._responses.refuse(
                request.violation, request.call, request.effects, request.request_id, request.now
            )
        self.recorder.record_unreadable(request, reply, str(refused))
        return reply

    def broken(self, request: Request, violation: Violation) -> Reply:
        """Answer a call for which the fake itself failed."""
        self._stamp(request, self.tenants.now(request.tenant_id, request.real))
        return self._responses.refuse(
            violation, request.call, request.effects, request.request_id, request.now
        )

    def tenant(self, tenant_id: str) -> Tenant:
        """The tenant's record. A new tenant's clock starts at the machine's time."""
        return self.tenants.get(tenant_id, self.real())

    def tenant_of_headers(self, headers: dict[bytes, bytes]) -> str:
        """The tenant of the API key in these headers. Raises Refused without an accepted key."""
        return self._tenant_id(self.validator.key(headers))

    def real_left(self, tenant_id: str, moment: float) -> float:
        """Seconds of the machine's time until the tenant's clock shows `moment`; inf if it is
        frozen."""
        return self.tenants.real_left(tenant_id, moment, self.real())

    def unused(self) -> list[str]:
        """The names of the file's rules that decided no call of any tenant."""
        rules = self.file(self.real()).rules
        return [rule.name for rule in rules if f"file {rule.name}" not in self._used_rules]

    def variants_of(self, tenant: Tenant, real: float) -> dict[str, str]:
        """The variants of a tenant: its own before those of the file before those of the server."""
        return {**self._variants, **self.file(real).variants, **tenant.variants}

    def note(self, tenant_id: str, real: float, call: Call, key: str = "") -> None:
        """Record a call of the control API that changed something."""
        now = self.tenants.now(tenant_id, real)
        self.recorder.record_change(tenant_id, key, real, now, call, DONE)

    def forget(self, tenant_id: str) -> None:
        """Delete the tenant's record, tasks and journal."""
        self.store.reset(tenant_id)
        self.recorder.journal.reset(tenant_id)

    def _download(self, call: Call) -> Reply:
        """Answer a download as the object store does: the path names tenant and task, and no key is
        sent. A URL that was not signed for the tenant does not count as a call of the tenant, so
        that strangers cannot fill its journal."""
        request, where = Request(call, self.real(), operation=self.spec.result), place(call.path)
        tenant = self.store.tenant(where.tenant) if where else None
        now = tenant.clock.now(request.real) if tenant else request.real
        secret = self.seeds.secret_of(where.tenant if where else ANONYMOUS)
        found = open_result(secret, call.path, call.query, now)
        signed = not isinstance(found, Denied) or found.expires is not None
        if where and tenant and signed:
            request.tenant_id, request.task_id = where.tenant, unquote(where.task_id)
        self._stamp(request, now)
        try:
            if tenant and signed:
                self._decide_download(request, tenant)
            reply = object_store.answer(self.spec.result, request, found)
        except UnknownScenario as unknown:
            text = why_unknown(self.spec, unknown, request)
            request.violation = Violation("", "", "", text)
            reply = object_store.unknown_scenario(text, request)
        reply = self._with_fault(request, reply) if request.directive.name else reply
        return self.recorder.record_download(request, reply)

    def _decide_download(self, request: Request, tenant: Tenant) -> None:
        """Choose the directive of a download: by its header, by rules for downloads, or by the
        scenario of the create call of its task."""
        task = self.store.task(request.tenant_id, request.task_id)
        selections = [Selection("task", task.download)] if task and task.download else []
        file = self.file(request.real).rules
        if not (selections or tenant.rules or file or HEADER in request.call.headers):
            return
        status = partial(
            state_shown, self.store, request.tenant_id, False, request.task_id, request.now
        )
        request.directive, counted = decide(
            self.spec, request, tenant, self.spec.result, selections, file, status
        )
        self._count(request, tenant, counted)
        directive = request.directive
        if directive.source == "task" and task and directive.is_over(request.now - task.ended):
            request.directive = NO_DIRECTIVE

    def _answer(self, request: Request) -> Reply:
        call, validator, file = request.call, self.validator, self.file(request.real)
        shared = {**self._variants, **file.variants} if file.variants else self._variants
        if shared:
            request.effects = self._in_effect(shared)
        request.key = validator.key(call.headers)
        request.tenant_id = self._tenant_id(request.key)
        if "." in request.key or "+" in request.key:
            request.by_key = self._scenario_of(request.key)
        tenant = self.tenants.get(request.tenant_id, request.real)
        if tenant.variants:
            request.effects = self._in_effect({**shared, **tenant.variants})
        validator.size(call)
        request.operation, request.path_value = operation, _ = validator.route(call)
        if self.settings.limits == "documented":
            tenant = self.tenants.take_token(request, operation, tenant)
        validator.headers(operation, call)
        request.body = validator.json(operation, call)
        ending = check_body(self.spec, request, operation)
        request.query = validator.query(operation, call.query)
        urls = input_urls(request.body)
        if urls:
            validator.schemes(operation, urls, call)
            ending = check_reachable(self.spec, request, operation, urls) or ending
        if request.body is not None:
            self.tenants.check_account(request, tenant)
        self._stamp(request, tenant.clock.now(request.real))
        if may_apply(request, tenant, urls, file.rules):
            tenant = self._decide(request, operation, tenant, urls, file.rules)
        if ending is not None:
            request.directive = failing(request.directive, ending)
        return self._carried_out(request, operation, tenant)

    def _decide(
        self, request: Request, operation: Operation, tenant: Tenant, urls: list[str],
        file: tuple[Rule, ...],
    ) -> Tenant:  # fmt: skip
        """Choose the directive of the call. Returns the tenant's record with the rules' new
        counters."""
        skips = tenant.clock.skip and operation.id == "getTask"
        status = partial(
            state_shown, self.store, request.tenant_id, skips, request.path_value, request.now
        )
        selections = list(selected_by_url_or_key(urls, request.by_key.name))
        request.directive, counted = decide(
            self.spec, request, tenant, operation, selections, file, status
        )
        if self.spec.creates_tasks(operation.id):
            request.download = scenario_for_download(
                self.spec, [*selected_by_header(request.call.headers), *selections]
            )
        self._count(request, tenant, counted)
        return counted

    def _count(self, request: Request, tenant: Tenant, counted: Tenant) -> None:
        """Save the counters of the rules, and note which rule of the file decided."""
        if counted is not tenant:
            self.store.save(request.tenant_id, counted)
            if request.directive.source.startswith("file "):
                self._used_rules.add(request.directive.source)

    def _carried_out(self, request: Request, operation: Operation, tenant: Tenant) -> Reply:
        directive = request.directive
        if directive.fault and not (directive.answer or FAULTS[directive.fault.kind].carried_out):
            empty = Reply(200, headers(request.request_id, request.now, b""), b"", "")
            return self._with_fault(request, empty)
        outcome = directive.answer
        facts: Facts = {}
        if outcome is None or outcome.status == 200:
            secret = self._secret_of(request.tenant_id)
            content = self.seeds.content
            session = Session(self.spec, self.store, content, secret, operation, tenant, request)
            outcome, facts = HANDLERS[operation.id](session)
        if outcome.status == 200 and request.body is not None:
            self.tenants.charge(request, operation)
        if request.effects is not NO_EFFECTS:
            outcome = self._other(request, outcome)
        reply = self._responses.fill(
            operation, outcome, facts, request.effects, request.request_id, request.now
        )
        return self._with_fault(request, reply) if directive.name else reply

    def _other(self, request: Request, outcome: Outcome) -> Outcome:
        """The outcome that a variant answers in place of this one; else this one."""
        name = request.effects.answers.get(outcome.name)
        if name is None:
            return outcome
        request.source = f"variant {request.effects.names[name]}"
        return self.spec.outcomes[name]

    def _with_fault(self, request: Request, reply: Reply) -> Reply:
        """The reply with the header that names the scenario, and with the scenario's fault."""
        reply.headers.append((HEADER, request.directive.name.encode("latin-1", "replace")))
        if request.directive.fault is None:
            return reply
        chance = digest(self._secret_of(request.tenant_id), "fault", request.request_id)
        reply = apply_fault(request.directive.fault, reply, request.now, chance)
        if reply.delivery is None:
            return reply
        tenant = self.tenants.get(request.tenant_id, request.real)
        # In skip mode a delayed answer advances the clock instead of waiting.
        if tenant.clock.skip and reply.delivery.due > request.now:
            clock = tenant.clock.at(reply.delivery.due, request.real)
            self.store.save(request.tenant_id, replace(tenant, clock=clock))
        return reply._replace(delivery=reply.delivery._replace(tenant=request.tenant_id))

    def _in_effect(self, chosen: dict[str, str]) -> Effects:
        return self._effects(tuple(sorted(chosen.items())))

    def _stamp(self, request: Request, now: float) -> None:
        """Set the time and the request_id of the request."""
        request.now = now
        # The request_id of a refusal without a key is a UUID of version 4, most others of 9 (CNB).
        version = "4" if request.tenant_id == ANONYMOUS else "9"
        number = self.store.next_number(request.tenant_id)
        request.request_id = uuid(self._secret_of(request.tenant_id), number, version)
