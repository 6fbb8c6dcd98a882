"""Stores the latest exchanges of all tenants in bounded memory, and returns them without secrets.

It does not use time, HTTP or the spec."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from itertools import islice
from secrets import token_hex

from contracts.spec.validation import Violation
from mock_server.journal.entry import Entry, entry_of, log_entry_of
from mock_server.journal.filters import ALL, Filters
from mock_server.journal.row import Row, has_explanation, pack, unpack
from mock_server.simulation.call import Call, Reply
from mock_server.simulation.ids import beginning_of, store_id

__all__ = ["Entry", "Journal"]

MAX_ENTRIES = 100_000
MAX_BYTES = 64 << 20
MAX_TENANTS = 10_000
READ_AT_ONCE = 256 << 10  # bytes that a reader copies at a time
OVERHEAD = 64  # bytes of one entry in memory besides its content
SHARE = 16  # tenants with more than 1/16 of all bytes lose exchanges first
LOOKED_THROUGH = 1000  # latest exchanges without a key that are searched for an explanation
SINGLE_SHARE = 10  # tenants with one exchange may always use 1/10 of the places
SLACK = 256  # 1/256 of all bytes is freed at a time


class _Exchanges:
    """The exchanges of one tenant, packed, oldest first. number: of the latest one; the numbers
    have no gaps. explained: the number of the latest exchange that the fake can explain.
    """

    __slots__ = ("bytes", "dropped", "explained", "number", "rows", "tenant")

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.rows: deque[bytes] = deque()
        self.bytes = 0
        self.number = 0
        self.explained = 0
        self.dropped = 0


class Journal:
    """Stores at most `max_entries` exchanges and `max_bytes` bytes of all tenants together.

    If it is full, the tenant with the most bytes loses its oldest exchanges, if it has more than
    1/16 of all; otherwise the tenant that has been inactive longest. So a busy tenant loses its own
    exchanges only. Numbers continue after drops and after `reset`.

    If there are more than `max_tenants` tenants, one without exchanges is forgotten, or else the
    longest inactive one; tenants with a single exchange (any call with a new key creates one) are
    forgotten first while they use more than 1/10 of the places.

    Other threads may read at any time: a reader copies at most READ_AT_ONCE bytes or one exchange.
    """

    def __init__(
        self,
        max_entries: int = MAX_ENTRIES,
        max_bytes: int = MAX_BYTES,
        max_tenants: int = MAX_TENANTS,
    ) -> None:
        self.id = token_hex(4)  # a client that follows sees when the journal is another one
        self.byte_count = 0
        self.dropped_count = 0
        self._max_tenants = max_tenants
        # Each entry counts for at least this many bytes, so the bound on bytes also bounds the
        # number of entries.
        self._least = max(1, max_bytes // max_entries)
        self._bound = min(max_bytes, self._least * max_entries)
        self._large_from = self._bound // SHARE
        self._slack = self._bound // SLACK if max_entries >= SLACK else 0
        # Tenants with exchanges, the longest inactive one first; those with one exchange.
        self._by_tenant: OrderedDict[str, _Exchanges] = OrderedDict()
        self._single: OrderedDict[str, _Exchanges] = OrderedDict()
        self._emptied: dict[str, _Exchanges] = {}
        self._large: set[_Exchanges] = set()

    def append(
        self,
        tenant_id: str,
        key: str,
        real: float,
        at: float,
        kind: str,
        call: Call,
        reply: Reply,
        request_id: str,
        task_id: str = "",
        scenario: str = "",
        source: str = "",
        fault: str = "",
        violation: Violation | None = None,
        near_miss: Violation | None = None,
        shown: str = "",
    ) -> int:
        """Store an exchange and return its number; for the arguments see Entry.

        key: the API key, "" if the fake did not accept one; no entry shows more of it than the end
        `shown`."""
        kept = self._by_tenant.get(tenant_id) or self._new_tenant(tenant_id)
        number = kept.number + 1
        row = Row(
            number, real, at, kind, call, reply, request_id,
            task_id, scenario, source, fault, violation, near_miss, key, shown,
        )  # fmt: skip
        self._keep(kept, pack(row))
        kept.number = number  # last, since another thread may be reading
        if has_explanation(reply.status, reply.outcome, scenario, violation, near_miss):
            kept.explained = number
        return number

    def entries(self, tenant_id: str, filters: Filters = ALL) -> Iterator[Entry]:
        """The tenant's present exchanges that match the filters, oldest first, unpacked lazily.

        Exchanges that are dropped before the iteration reaches them are left out."""
        after, until = filters.after, self.number(tenant_id)
        if filters.last is not None:
            after = max(after, filters.number_before_last(self._newest_first(tenant_id)))
        return filters.apply(self._rows(tenant_id, after, until))

    def find(self, tenant_id: str, request_id: str) -> Entry | None:
        """The latest exchange with this request id, in the format of the API or of the object
        store."""
        wanted = (beginning_of(request_id) or request_id).encode("utf-8", "replace")
        for packed in self._newest_first(tenant_id):
            if wanted in packed:
                row = unpack(packed)
                if request_id in (row.request_id, store_id(row.request_id)):
                    return entry_of(row)
        return None

    def last(self, tenant_id: str, *, explained: bool = False) -> Entry | None:
        """The latest exchange, or with `explained` the latest one that the fake can explain."""
        kept = self._by_tenant.get(tenant_id)
        if kept is None:
            return None
        newer = unpack(kept.rows[-1]).number - kept.explained if explained else 0
        return entry_of(unpack(kept.rows[-1 - newer])) if newer < len(kept.rows) else None

    def log_entry(self, tenant_id: str) -> Entry | None:
        """The log entry of the latest exchange; faster than `last`."""
        kept = self._by_tenant.get(tenant_id)
        return log_entry_of(unpack(kept.rows[-1])) if kept else None

    def last_with(self, tenant_id: str, header: bytes, value: bytes) -> Entry | None:
        """The newest exchange with exactly this header, among the latest LOOKED_THROUGH.

        The value may be a secret: it is only compared with the stored headers."""
        for packed in islice(self._newest_first(tenant_id), LOOKED_THROUGH):
            if value in packed:
                row = unpack(packed)
                if row.call.headers.get(header) == value:
                    return entry_of(row)
        return None

    def latest(self, count: int) -> list[tuple[str, Entry]]:
        """The newest exchanges of all tenants by the machine's time, newest first, each with the
        id of its tenant."""
        # The most recently active ones. Copied at once, since another thread may be writing.
        active = list(islice(reversed(self._by_tenant.values()), count))
        newest = [
            (kept.tenant, unpack(row))
            for kept in active
            for row in list(islice(reversed(kept.rows), count))
        ]
        newest.sort(key=lambda one: (one[1].real, one[1].number), reverse=True)
        return [(tenant, entry_of(row)) for tenant, row in newest[:count]]

    @property
    def entry_count(self) -> int:
        """The number of exchanges of all tenants."""
        return sum(len(kept.rows) for kept in list(self._by_tenant.values()))

    def size(self, tenant_id: str) -> int:
        """The number of bytes that the tenant's exchanges occupy."""
        kept = self._by_tenant.get(tenant_id)
        return kept.bytes if kept else 0

    def number(self, tenant_id: str) -> int:
        """The number of the tenant's latest exchange; 0 before the first."""
        kept = self._by_tenant.get(tenant_id) or self._emptied.get(tenant_id)
        return kept.number if kept else 0

    def dropped(self, tenant_id: str) -> int:
        """The number of the tenant's exchanges that were dropped since its `reset`."""
        kept = self._by_tenant.get(tenant_id) or self._emptied.get(tenant_id)
        return kept.dropped if kept else 0

    def reset(self, tenant_id: str) -> None:
        """Drop the tenant's exchanges and set its count of dropped ones to 0."""
        kept = self._by_tenant.get(tenant_id)
        if kept:
            kept.rows.clear()
            self._free(kept, kept.bytes)
        kept = self._emptied.get(tenant_id)
        if kept:
            kept.dropped = 0

    def _rows(self, tenant_id: str, after: int, until: int) -> Iterator[bytes]:
        """The packed exchanges with numbers in (after, until]."""
        while after < until:
            after, rows = self._some_rows(tenant_id, after, until)
            if not rows:
                return
            yield from rows

    def _some_rows(self, tenant_id: str, after: int, until: int) -> tuple[int, list[bytes]]:
        """The first of these exchanges, up to READ_AT_ONCE bytes but at least one, and the number
        of the last returned one."""
        kept = self._by_tenant.get(tenant_id)
        rows = list(kept.rows) if kept else []
        if not rows:
            return after, []
        before = unpack(rows[-1]).number - len(rows)  # the number before the oldest
        first = max(after - before, 0)
        some: list[bytes] = []
        size = 0
        for row in rows[first : max(until - before, 0)]:
            size += len(row)
            if some and size > READ_AT_ONCE:
                break
            some.append(row)
        return before + first + len(some), some

    def _newest_first(self, tenant_id: str) -> Iterator[bytes]:
        kept = self._by_tenant.get(tenant_id)
        return reversed(list(kept.rows)) if kept else iter(())

    def _new_tenant(self, tenant_id: str) -> _Exchanges:
        kept = self._emptied.get(tenant_id)
        if kept is None:
            if len(self._by_tenant) + len(self._emptied) >= self._max_tenants:
                self._forget_tenant()
            kept = self._emptied[tenant_id] = _Exchanges(tenant_id)
        return kept

    def _forget_tenant(self) -> None:
        if not self._emptied:
            has_enough = len(self._single) > self._max_tenants // SINGLE_SHARE
            kept = next(iter((self._single if has_enough else self._by_tenant).values()))
            self._drop(kept, kept.bytes)
        del self._emptied[next(iter(self._emptied))]

    def _keep(self, kept: _Exchanges, row: bytes) -> None:
        if not kept.rows:
            del self._emptied[kept.tenant]
            self._by_tenant[kept.tenant] = self._single[kept.tenant] = kept
        elif len(kept.rows) == 1:
            self._single.pop(kept.tenant, None)
        weight = len(row) + OVERHEAD
        if weight < self._least:
            weight = self._least
        kept.rows.append(row)
        kept.bytes += weight
        self.byte_count += weight
        self._by_tenant.move_to_end(kept.tenant)
        if kept.bytes > self._large_from:
            self._large.add(kept)
        if self.byte_count > self._bound:
            self._make_space()

    def _make_space(self) -> None:
        """Free more than is needed, so that the next exchanges need not search again."""
        while (surplus := self.byte_count - self._bound + self._slack) > 0:
            if self._large:
                self._drop(max(self._large, key=lambda kept: kept.bytes), surplus)
            else:
                self._drop(next(iter(self._by_tenant.values())), surplus)

    def _drop(self, kept: _Exchanges, surplus: int) -> None:
        """Drop a tenant's oldest exchanges: `surplus` bytes, or all."""
        rows, least, before, freed = kept.rows, self._least, len(kept.rows), 0
        while rows and freed < surplus:
            weight = len(rows.popleft()) + OVERHEAD
            freed += weight if weight > least else least
        dropped = before - len(rows)
        kept.dropped += dropped
        self.dropped_count += dropped
        self._free(kept, freed)

    def _free(self, kept: _Exchanges, freed: int) -> None:
        kept.bytes -= freed
        self.byte_count -= freed
        if kept.bytes <= self._large_from:
            self._large.discard(kept)
        if not kept.rows:
            self._emptied[kept.tenant] = self._by_tenant.pop(kept.tenant)
            self._single.pop(kept.tenant, None)
