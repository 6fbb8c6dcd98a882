"""What the fake did, kept to be looked at: the journal, counts, a log. It changes no
answer but by the header that says where it is explained."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Lock

from contracts.spec.loader import Spec
from contracts.spec.validation import Violation
from mock_server.journal.entry import Entry, entry_of
from mock_server.journal.journal import Journal
from mock_server.journal.metrics import Gauges, Metrics
from mock_server.journal.mistakes import Mistakes
from mock_server.journal.row import Row, is_odd
from mock_server.scenarios.keys import almost_asked
from mock_server.simulation.call import Call, Reply
from mock_server.stores.protocol import Store
from mock_server.stores.session import ANONYMOUS, Request
from mock_server.suggest.typos import Typos

EXPLAIN = b"x-mock-explain"
CONTROL = "control"
UNREADABLE = "unreadable"

BATCH = 32  # exchanges that are put off at most
LARGE = 1 << 14  # bytes of a call that is not put off

LONGEST_PAGE = 1 << 12  # bytes of what a download answers in place of a video, at most

Log = Callable[[str, Entry], object]


class Recorder:
    """The records of one engine. log: gets each exchange, as much as a log shows of it, with its
    tenant; None for silence.
    lines_lost: how many of its lines were not written."""

    def __init__(self, spec: Spec, store: Store, journal: Journal | None = None) -> None:
        self._journal = journal or Journal()
        self.mistakes = Mistakes()
        self._pending: deque[tuple[Request, Reply]] = deque()
        self._settling = Lock()
        self.log: Log | None = None
        self.lines_lost: Callable[[], int] = lambda: 0
        self._spec = spec
        self._store = store
        self._metrics = Metrics.of(spec)
        self._typos = Typos(spec)

    @property
    def journal(self) -> Journal:
        """Every exchange until now."""
        self._settle()
        return self._journal

    def record(self, request: Request, reply: Reply) -> Reply:
        """Keep an exchange; the answer says where it is explained, if there is something to say."""
        if reply.status == 200 and request.operation is not None and request.violation is None:
            request.near = request.near or self._typos.near_miss(
                request.operation, request.body, request.call.query
            )
            if request.by_key.meant:
                request.near = request.near or almost_asked(request.by_key)
        request.explained = is_odd(
            reply.status, reply.outcome, request.directive.name, request.violation, request.near
        )
        if request.explained:
            reply.headers.append((EXPLAIN, request.request_id.encode()))
        self._pending.append((request, reply))
        size = request.call.head_bytes + len(request.call.body)
        if len(self._pending) >= BATCH or size > LARGE or self.log is not None:
            self._settle()
        return reply

    def record_download(self, request: Request, reply: Reply) -> Reply:
        """The same of a download, whose video is not kept."""
        self.record(request, without_video(reply))
        return reply

    def refused(self, request: Request, reply: Reply, why: str) -> None:
        """Count and log a request that could not be read. why: a sentence."""
        self._metrics.count("", reply.status)
        if self.log is None:
            return
        violation = request.violation or Violation("", "", "", why)
        row = Row(
            0, request.real, request.now, UNREADABLE, request.call, reply, request.request_id,
            "", "", "", "", violation, None, "", "",
        )  # fmt: skip
        self._settle()
        self.log("", entry_of(row))

    def _settle(self) -> None:
        """Keep what was put off. In a row it costs half of what it costs between other work. The
        lock: who reads may be another thread."""
        with self._settling:
            pending, keep = self._pending, self._keep
            while pending:
                request, reply = pending.popleft()
                try:
                    keep(request, reply)
                except Exception as error:  # noqa: BLE001 (another call is being answered)
                    call = request.call
                    where = f"keeping {call.method} {call.path} {request.request_id}"
                    self.mistakes.report(error, where, call.headers, call.query)

    def _keep(self, request: Request, reply: Reply) -> None:
        directive = request.directive
        kind = request.operation.id if request.operation else ""
        fault = directive.fault.kind if directive.fault else ""
        self._journal.append(
            request.tenant_id, request.key, request.real, request.now, kind, request.call, reply,
            request.request_id, request.task_id or request.path_value,
            directive.name, request.source or directive.source, fault,
            request.violation, request.near, request.by_key.shown,
        )  # fmt: skip
        scenario = bool(directive.name)
        self._metrics.count(
            kind, reply.status, fault, scenario=scenario, explained=request.explained
        )
        if self.log is not None:
            self._tell(request.tenant_id)

    def note(
        self, tenant_id: str, key: str, real: float, now: float, call: Call, reply: Reply
    ) -> None:
        """Keep a call of the control API that changed something."""
        self.journal.append(tenant_id, key, real, now, CONTROL, call, reply, "")
        if self.log is not None:
            self._tell(tenant_id)

    def exchange(self, tenant_id: str, request_id: str) -> tuple[str, Entry] | None:
        """The exchange with that request_id, and whose it is: the tenant's or nobody's. Whoever
        has the id got it with the answer: nobody can guess one."""
        for owner in dict.fromkeys((tenant_id, ANONYMOUS)):
            entry = self.journal.find(owner, request_id)
            if entry is not None:
                return owner, entry
        return None

    def last_odd(self, tenant_id: str) -> Entry | None:
        """The tenant's latest exchange that there is something to explain of."""
        return self.journal.last(tenant_id, explained=True)

    def last_without_key(self, authorization: bytes) -> Entry | None:
        """The latest exchange that was refused for exactly this Authorization header."""
        return self.journal.last_with(ANONYMOUS, b"authorization", authorization)

    def counts(self) -> str:
        """Prometheus' text."""
        tenants, tasks = self._store.counts()
        journal = self.journal
        kept = journal.entry_count, journal.byte_count, journal.dropped_count
        lost = self.lines_lost(), self._store.evicted, self.mistakes.count
        return self._metrics.render(Gauges(tenants, tasks, *kept, *lost))

    def _tell(self, tenant_id: str) -> None:
        entry = self._journal.log_entry(tenant_id)
        if self.log is not None and entry is not None:
            self.log(tenant_id, entry)


def without_video(reply: Reply) -> Reply:
    """The answer to a download as it is kept: of a video there are only the headers."""
    return reply._replace(body=b"") if len(reply.body) > LONGEST_PAGE else reply
