"""The way of a call through the engine: `Engine.handle` goes through the stages validate, decide,
operate, render and record. It is synchronous, and its only I/O is the store's.

The first four stages are methods of a Responder: api.py for calls to the API, downloads.py for
downloads, mock_server.playback for recordings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from contracts.http1.refused import Reason, RequestRefused
from contracts.spec.document import SpecError
from contracts.spec.loader import Spec
from contracts.spec.validation import Violation
from mock_server.engine.api import ApiResponder
from mock_server.engine.callers import Callers
from mock_server.engine.downloads import DownloadResponder
from mock_server.engine.operations import object_store
from mock_server.engine.operations.results import PREFIX
from mock_server.engine.operations.table import HANDLERS
from mock_server.engine.responses import own
from mock_server.journal.recorder import Recorder
from mock_server.scenarios.names import NO_DIRECTIVE, Directive
from mock_server.scenarios.rules import Ruleset, no_file
from mock_server.settings import Settings
from mock_server.simulation.call import Call, Reply
from mock_server.simulation.clock import RealTime, real_time
from mock_server.simulation.seeds import Seeds, seeds_of
from mock_server.simulation.task import STATES
from mock_server.stages import Answer, Caller, Refused, Request
from mock_server.stores.memory import MemoryStore
from mock_server.stores.protocol import Store
from mock_server.stores.records import Tenant
from mock_server.stores.session import Session

DONE = Reply(200, [], b"", "")


class Responder(Protocol):
    """Answers one kind of calls: to the API, to the object store, or from a recording. The order of
    the methods is that of the stages.

    Its stages change nothing but the session. Only a playback also keeps its progress, in
    memory."""

    def caller(self, call: Call) -> Caller:
        """Who calls."""

    def validate(self, call: Call, caller: Caller, session: Session, real: float) -> Request:
        """Check the call. real: the machine's time, epoch s."""

    def decide(self, request: Request, session: Session) -> Directive:
        """Choose what a scenario asks for."""

    def operate(self, request: Request, directive: Directive, session: Session) -> Answer:
        """Carry out the operation."""

    def render(
        self, request: Request, directive: Directive, answer: Answer, session: Session
    ) -> Reply:
        """Render the answer to bytes, with the scenario's fault."""

    def forget(self, tenant_id: str) -> None:
        """Drop what is kept of a tenant outside of the store."""


class Engine:
    """The fake without HTTP. The same seed, times and calls give the same bytes.

    real: the machine's time, epoch s. file: the rules and variants of the server's scenario file at
    a given time. seeds: default from the settings' seed. responder: makes what answers calls to the
    API; default: the operations of the spec. Raises SpecError if the handlers are not exactly the
    spec's operations, VariantError if the settings name an unknown variant."""

    def __init__(
        self,
        spec: Spec,
        *,
        settings: Settings | None = None,
        store: Store | None = None,
        real: RealTime = real_time,
        file: Callable[[float], Ruleset] = no_file,
        seeds: Seeds | None = None,
        responder: Callable[[ApiResponder, Callers], Responder] | None = None,
    ) -> None:
        self.spec = spec
        self.settings = settings or Settings()
        self.store: Store = store if store is not None else MemoryStore()
        self.real = real
        self.file = file
        self.seeds = seeds or seeds_of(self.settings.seed)
        self.recorder = Recorder(spec, self.store)
        self.callers = Callers(spec, self.seeds)
        self._api = ApiResponder(spec, self.settings, self.callers, self.seeds.content, file)
        self._responder = responder(self._api, self.callers) if responder else self._api
        self._downloads = DownloadResponder(spec, self.store, self.callers, file)
        self._used_rules: set[str] = set()
        odd = [f"operation {n}" for n in sorted(HANDLERS.keys() ^ spec.operations.keys())]
        further = {state for m in spec.video_models.values() for state in m.working_states}
        odd += [f"task status {n}" for n in sorted((STATES | further) ^ spec.lifecycle.next.keys())]
        if odd:
            raise SpecError("mock_server", [f"{name} is on one side only" for name in odd])

    def handle(self, call: Call) -> Reply:
        """Answer any call. Nothing that a client sends makes it raise."""
        responder = self._downloads if call.path.startswith(PREFIX) else self._responder
        real, caller = self.real(), responder.caller(call)
        if self.file is not no_file:
            self.file(real)  # a changed file is read before the session: others wait for it
        with self.store.tenant(caller.tenant_id) as session:
            request = responder.validate(call, caller, session, real)
            directive = responder.decide(request, session)
            answer = responder.operate(request, directive, session)
            reply = responder.render(request, directive, answer, session)
        if directive.source:
            self._used_rules.add(directive.source)
        return self.recorder.record(request, directive, answer, reply)

    def refused(self, refused: RequestRefused) -> Reply:
        """Answer a request that is not valid HTTP. It is counted and logged. The journal cannot
        keep it, since its tenant is unknown."""
        use = {Reason.BROKEN: "http", Reason.HEAD_TOO_LARGE: "header-size"}.get(refused.reason)
        violation = Violation(self.spec.refusals[use] if use else "", "", "", str(refused))
        request = self._refusal(Call("", ""), Caller(), violation)
        if use:
            answer = self._api.responses.refusal(request, violation)
        else:
            facts = {"code": "RequestTimeOut", "message": str(refused)}
            answer = Answer(own(408), facts, request.now)
        reply = self._api.responses.render(request, answer)
        self.recorder.record_unreadable(request, reply)
        return reply

    def broken(self, call: Call, violation: Violation, source: str) -> tuple[str, Reply]:
        """Answer a call for which the fake itself failed, and record it. Returns the request_id,
        too."""
        request = self._refusal(call, self.callers.of(call.headers), violation, source)
        answer = self._api.responses.refusal(request, violation)
        if call.path.startswith(PREFIX):
            reply = object_store.failed(self.spec.result, request)
        else:
            reply = self._api.responses.render(request, answer)
        return request.request_id, self.recorder.record(request, NO_DIRECTIVE, answer, reply)

    def _refusal(
        self, call: Call, caller: Caller, violation: Violation, source: str = ""
    ) -> Request:
        real = self.real()
        with self.store.tenant(caller.tenant_id) as session:
            now, request_id = session.record.clock.now(real), self.callers.request_id(session)
        return Request(
            call, real, now, request_id, caller, violation=violation, is_refused=True, source=source
        )

    @contextmanager
    def session(self, tenant_id: str, real: float | None = None) -> Iterator[Session]:
        """A unit of work on one tenant. A new tenant's clock starts at `real`; default: now. The
        tenant is there afterwards also if an exception discards the other changes."""
        real = self.real() if real is None else real
        self.file(real)
        with self.store.tenant(tenant_id) as session:
            self._api.set_up(session, real)
        with self.store.tenant(tenant_id) as session:
            self._api.set_up(session, real)
            yield session

    def tenant_of_headers(self, headers: dict[bytes, bytes]) -> str:
        """The tenant of the API key in these headers. Raises Refused without an accepted key."""
        caller = self.callers.of(headers)
        if caller.refusal is not None:
            raise Refused(caller.refusal)
        return caller.tenant_id

    def real_left(self, tenant_id: str, moment: float) -> float:
        """Seconds of the machine's time until the tenant's clock shows `moment`; inf if it is
        frozen."""
        real = self.real()
        with self.store.tenant(tenant_id) as session:
            self._api.set_up(session, real)  # it may have been reset since
            clock = session.record.clock
        left = moment - clock.now(real)
        return 0.0 if left <= 0 else left / clock.rate if clock.rate else float("inf")

    def unused(self) -> list[str]:
        """The names of the file's rules that decided no call of any tenant."""
        rules = self.file(self.real()).rules
        return [rule.name for rule in rules if f"file {rule.name}" not in self._used_rules]

    def variants_of(self, tenant: Tenant, real: float) -> dict[str, str]:
        """The variants of a tenant: its own before those of the file before those of the server."""
        return self._api.variants_of(tenant, real)

    def note(self, tenant_id: str, real: float, call: Call, key: str = "") -> None:
        """Record a call of the control API that changed something."""
        with self.store.tenant(tenant_id) as session:
            now = session.record.clock.now(real)
        self.recorder.record_change(tenant_id, key, real, now, call, DONE)

    def forget(self, tenant_id: str) -> None:
        """Delete the tenant's record, tasks and journal."""
        with self.store.tenant(tenant_id) as session:
            session.delete()
        self.recorder.forget(tenant_id)
        self._responder.forget(tenant_id)
