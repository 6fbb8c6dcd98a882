"""Records exchanges in the journal, the metrics and the log: `record` is part of the answer to a
call and only queues it, `_record` does the work for a batch.

It changes answers only by the header `x-mock-explain`, the id for `emo explain`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import RLock

from contracts.spec.loader import Spec
from contracts.spec.validation import Violation
from mock_server.journal.entry import Entry, entry_of
from mock_server.journal.journal import Journal
from mock_server.journal.metrics import Gauges, Metrics
from mock_server.journal.mistakes import Mistakes
from mock_server.journal.row import Row, has_explanation
from mock_server.scenarios.keys import near_miss_of_key
from mock_server.scenarios.names import Directive
from mock_server.simulation.call import Call, Reply
from mock_server.stages import ANONYMOUS, Answer, Request
from mock_server.stores.protocol import Store
from mock_server.suggest.typos import Typos

EXPLAIN = b"x-mock-explain"
CONTROL = "control"
UNREADABLE = "unreadable"

BATCH = 32  # the most exchanges that wait to be recorded
LARGE = 1 << 14  # calls with more bytes are recorded immediately

LONGEST_PAGE = 1 << 12  # bytes up to which the body of a download is an error, not a video

Listener = Callable[[str, Entry], object]


# All values of one call in the order of the stages, its near miss, and whether it is explained. A
# plain tuple: it is made for each call.
CompletedCall = tuple[Request, Directive, Answer, Reply, Violation | None, bool]


class Recorder:
    """Records the exchanges of one engine.

    listeners: each is called with the tenant id and the entry of each exchange. lines_lost: returns
    the number of log lines that were not written."""

    def __init__(self, spec: Spec, store: Store, journal: Journal | None = None) -> None:
        self._journal = journal or Journal()
        self.mistakes = Mistakes()
        self._pending: deque[CompletedCall] = deque()
        # For calls in several threads. A listener may read the journal, or call the engine.
        self._lock = RLock()
        self.listeners: list[Listener] = []
        self.lines_lost: Callable[[], int] = lambda: 0
        self._spec = spec
        self._store = store
        self._metrics = Metrics.of(spec)
        self._typos = Typos(spec)

    @property
    def journal(self) -> Journal:
        """The journal with all exchanges until now."""
        self._flush()
        return self._journal

    def record(self, request: Request, directive: Directive, answer: Answer, reply: Reply) -> Reply:
        """Record an exchange. Adds the header `x-mock-explain` if the fake can explain the
        answer."""
        violation, near_miss = answer.violation or request.violation, request.near_miss
        is_fine = reply.status == 200 and violation is None and near_miss is None
        if is_fine and request.operation is not None:
            near_miss = self._typos.near_miss(request.operation, request.body, request.call.query)
            if near_miss is None and request.caller.by_key.similar:
                near_miss = near_miss_of_key(request.caller.by_key)
        name = directive.name
        explained = has_explanation(reply.status, reply.outcome, name, violation, near_miss)
        if explained:
            reply.headers.append((EXPLAIN, request.request_id.encode()))
        self._pending.append((request, directive, answer, reply, near_miss, explained))
        size = request.call.head_bytes + len(request.call.body)
        if len(self._pending) >= BATCH or size > LARGE or self.listeners:
            self._flush()
        return reply

    def record_unreadable(self, request: Request, reply: Reply) -> None:
        """Count and log a request that could not be parsed."""
        with self._lock:
            self._flush()
            self._metrics.count("", reply.status)
            if self.listeners:
                row = Row(
                    0, request.real, request.now, UNREADABLE, request.call, reply,
                    request.request_id, "", "", "", "", request.violation, None, "", "",
                )  # fmt: skip
                self._notify("", entry_of(row))

    def forget(self, tenant_id: str) -> None:
        """Drop the tenant's exchanges."""
        with self._lock:
            self.journal.reset(tenant_id)

    def _flush(self) -> None:
        """Record the waiting exchanges. A batch takes half the time of single ones."""
        with self._lock:
            pending, record = self._pending, self._record
            while pending:
                recorded = pending.popleft()
                try:
                    record(recorded)
                except Exception as error:  # noqa: BLE001 (this runs in the answer to another call)
                    call = recorded[0].call
                    where = f"recording {call.method} {call.path} {recorded[0].request_id}"
                    self.mistakes.report(error, where, call.headers, call.query)

    def _record(self, recorded: CompletedCall) -> None:
        request, directive, answer, reply, near_miss, explained = recorded
        caller, operation = request.caller, request.operation
        kind = operation.id if operation else ""
        fault = directive.fault.kind if directive.fault else ""
        violation = answer.violation or request.violation
        kept = without_video(reply) if operation is self._spec.result else reply
        self._journal.append(
            caller.tenant_id, caller.key, request.real, answer.now, kind, request.call, kept,
            request.request_id, answer.task_id or request.path_value, directive.name,
            answer.source or request.source or directive.source, fault, violation, near_miss,
            caller.by_key.shown,
        )  # fmt: skip
        scenario = bool(directive.name)
        self._metrics.count(kind, reply.status, fault, scenario=scenario, explained=explained)
        if self.listeners:
            self._notify_latest(caller.tenant_id)

    def record_change(
        self, tenant_id: str, key: str, real: float, now: float, call: Call, reply: Reply
    ) -> None:
        """Record a change by the control API."""
        with self._lock:
            self.journal.append(tenant_id, key, real, now, CONTROL, call, reply, "")
            if self.listeners:
                self._notify_latest(tenant_id)

    def exchange(self, tenant_id: str, request_id: str) -> tuple[str, Entry] | None:
        """The exchange with this request_id, and its tenant id: the given one, or ANONYMOUS.

        Exchanges without a key are open to everybody who has the id: only the client got it."""
        for owner in dict.fromkeys((tenant_id, ANONYMOUS)):
            entry = self.journal.find(owner, request_id)
            if entry is not None:
                return owner, entry
        return None

    def last_explained(self, tenant_id: str) -> Entry | None:
        """The tenant's latest exchange that the fake can explain."""
        return self.journal.last(tenant_id, explained=True)

    def last_without_key(self, authorization: bytes) -> Entry | None:
        """The latest exchange that was refused for exactly this Authorization header."""
        return self.journal.last_with(ANONYMOUS, b"authorization", authorization)

    def counts(self) -> str:
        """The metrics as Prometheus text."""
        tenants, tasks = self._store.counts()
        journal = self.journal
        kept = journal.entry_count, journal.byte_count, journal.dropped_count
        lost = self.lines_lost(), self._store.evicted, self.mistakes.count
        return self._metrics.render(Gauges(tenants, tasks, *kept, *lost))

    def _notify_latest(self, tenant_id: str) -> None:
        entry = self._journal.log_entry(tenant_id)
        if entry is not None:
            self._notify(tenant_id, entry)

    def _notify(self, tenant_id: str, entry: Entry) -> None:
        """Give the entry to each listener, also if another one fails."""
        for listener in tuple(self.listeners):
            try:
                listener(tenant_id, entry)
            except Exception as error:  # noqa: BLE001 (this runs in the answer to another call)
                where = f"recording {entry.method} {entry.path} {entry.request_id}"
                self.mistakes.report(error, where, entry.headers, entry.query)


def without_video(reply: Reply) -> Reply:
    """The answer to a download as it is recorded: without the body of a video."""
    return reply._replace(body=b"") if len(reply.body) > LONGEST_PAGE else reply
