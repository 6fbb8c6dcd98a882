"""What was asked and answered: a record of exchanges, bounded, which shows no key.

It takes what the engine tells it and gives it back; it knows nothing of time, HTTP or the spec."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from itertools import islice
from secrets import token_hex

from contracts.spec.validation import Violation
from mock_server.journal.entry import Entry, entry_of, log_entry_of
from mock_server.journal.filters import ALL, Filters
from mock_server.journal.row import Row, is_odd, pack, unpack
from mock_server.simulation.call import Call, Reply
from mock_server.simulation.ids import beginning_of, store_id

__all__ = ["Entry", "Journal"]

MAX_ENTRIES = 100_000
MAX_BYTES = 64 << 20
MAX_TENANTS = 10_000
READ_AT_ONCE = 256 << 10  # bytes that a reader holds at a time
OVERHEAD = 64  # of one entry in memory, besides its bytes
SHARE = 16  # whoever holds more than this part of all gives way first
LOOKED_THROUGH = 1000  # latest exchanges of those without a key, for the one that is explained
SINGLE_SHARE = 10  # tenants with one exchange have such a part of all places for themselves
SLACK = 256  # such a part of all is made free at a time


class _Room:
    """One tenant's exchanges. `number` is that of its latest; the numbers of those that are here
    end with it and have no gap. `odd` is that of the latest that there is something to explain of.
    """

    __slots__ = ("bytes", "dropped", "number", "odd", "rows", "tenant")

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.rows: deque[bytes] = deque()
        self.bytes = 0
        self.number = 0
        self.odd = 0
        self.dropped = 0


class Journal:
    """At most `max_entries` exchanges and `max_bytes` bytes of all tenants together.

    Where there is no more room, the tenant that holds most drops its oldest, if it holds more than
    a sixteenth of all; where none does, the tenant that was silent longest. So a noisy tenant drops
    its own, and those that are long gone make room for who is at work. Numbers go on after drops
    and `reset`. Of more than `max_tenants` tenants, one that has nothing left is forgotten, or the
    one that was silent longest: one with a single exchange, while these have a tenth of all places
    (whoever sends a call with any key makes such a tenant). Another thread may read, as long as it
    likes: it holds no more than READ_AT_ONCE bytes, or one exchange."""

    def __init__(
        self,
        max_entries: int = MAX_ENTRIES,
        max_bytes: int = MAX_BYTES,
        max_tenants: int = MAX_TENANTS,
    ) -> None:
        self.id = token_hex(4)  # so that who follows sees that this is another one
        self.byte_count = 0
        self.dropped_count = 0
        self._max_tenants = max_tenants
        # An entry counts for so much at least that there are never more of them than allowed: one
        # bound to keep in place of two.
        self._least = max(1, max_bytes // max_entries)
        self._bound = min(max_bytes, self._least * max_entries)
        self._large_from = self._bound // SHARE
        self._slack = self._bound // SLACK if max_entries >= SLACK else 0
        self._rooms: OrderedDict[str, _Room] = OrderedDict()  # the one silent longest first
        self._emptied: dict[str, _Room] = {}
        self._large: set[_Room] = set()
        self._single: OrderedDict[str, _Room] = OrderedDict()  # those with their first exchange

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
        near: Violation | None = None,
        shown: str = "",
    ) -> int:
        """Keep an exchange; see Entry for what is what. `key` is the API key ("": none that the
        fake accepts), which no entry shows, but for the end that may be `shown`. Gives the entry's
        number."""
        room = self._rooms.get(tenant_id) or self._empty_room(tenant_id)
        number = room.number + 1
        row = Row(
            number, real, at, kind, call, reply, request_id,
            task_id, scenario, source, fault, violation, near, key, shown,
        )  # fmt: skip
        self._keep(room, pack(row))
        room.number = number  # now that it is there: another thread may be reading
        if is_odd(reply.status, reply.outcome, scenario, violation, near):
            room.odd = number
        return number

    def entries(self, tenant_id: str, filters: Filters = ALL) -> Iterator[Entry]:
        """The tenant's exchanges of now that pass the filters, oldest first, unpacked as they are
        asked for. Those that make room before they are asked for are left out."""
        after, until = filters.after, self.number(tenant_id)
        if filters.last is not None:
            after = max(after, filters.number_before_last(self._newest_first(tenant_id)))
        return filters.apply(self._rows(tenant_id, after, until))

    def find(self, tenant_id: str, request_id: str) -> Entry | None:
        """The latest exchange whose answer has that request id, in the form of the API or of the
        object store."""
        wanted = (beginning_of(request_id) or request_id).encode("utf-8", "replace")
        for packed in self._newest_first(tenant_id):
            if wanted in packed:
                row = unpack(packed)
                if request_id in (row.request_id, store_id(row.request_id)):
                    return entry_of(row)
        return None

    def last(self, tenant_id: str, *, explained: bool = False) -> Entry | None:
        """The latest exchange; the latest that there is something to explain of."""
        room = self._rooms.get(tenant_id)
        if room is None:
            return None
        newer = unpack(room.rows[-1]).number - room.odd if explained else 0
        return entry_of(unpack(room.rows[-1 - newer])) if newer < len(room.rows) else None

    def log_entry(self, tenant_id: str) -> Entry | None:
        """As much of the latest exchange as a log shows; it costs less than `last`."""
        room = self._rooms.get(tenant_id)
        return log_entry_of(unpack(room.rows[-1])) if room else None

    def last_with(self, tenant_id: str, header: bytes, value: bytes) -> Entry | None:
        """The newest of the latest LOOKED_THROUGH exchanges that was sent with exactly this header.
        The value may be a secret: it is compared with what was sent, and shown nowhere."""
        for packed in islice(self._newest_first(tenant_id), LOOKED_THROUGH):
            if value in packed:
                row = unpack(packed)
                if row.call.headers.get(header) == value:
                    return entry_of(row)
        return None

    def latest(self, count: int) -> list[tuple[str, Entry]]:
        """The newest exchanges of all tenants by the machine's time, newest first, each with the
        id of its tenant."""
        rooms = islice(reversed(self._rooms.values()), count)  # the last active ones
        newest = [
            (room.tenant, unpack(row))
            for room in rooms
            for row in islice(reversed(room.rows), count)
        ]
        newest.sort(key=lambda one: (one[1].real, one[1].number), reverse=True)
        return [(tenant, entry_of(row)) for tenant, row in newest[:count]]

    @property
    def entry_count(self) -> int:
        """How many exchanges are here, of all tenants."""
        return sum(len(room.rows) for room in self._rooms.values())

    def size(self, tenant_id: str) -> int:
        """Return the bytes that the tenant's exchanges occupy."""
        room = self._rooms.get(tenant_id)
        return room.bytes if room else 0

    def number(self, tenant_id: str) -> int:
        """The number of the tenant's latest exchange; 0 before the first."""
        room = self._rooms.get(tenant_id) or self._emptied.get(tenant_id)
        return room.number if room else 0

    def dropped(self, tenant_id: str) -> int:
        """How many exchanges of the tenant had to make room since its `reset`."""
        room = self._rooms.get(tenant_id) or self._emptied.get(tenant_id)
        return room.dropped if room else 0

    def reset(self, tenant_id: str) -> None:
        """Drop the tenant's exchanges, and the count of those that had to make room."""
        room = self._rooms.get(tenant_id)
        if room:
            room.rows.clear()
            self._free(room, room.bytes)
        room = self._emptied.get(tenant_id)
        if room:
            room.dropped = 0

    def _rows(self, tenant_id: str, after: int, until: int) -> Iterator[bytes]:
        """The packed exchanges with larger numbers than `after`, and none above `until`."""
        while after < until:
            after, rows = self._some_rows(tenant_id, after, until)
            if not rows:
                return
            yield from rows

    def _some_rows(self, tenant_id: str, after: int, until: int) -> tuple[int, list[bytes]]:
        """The first of them, READ_AT_ONCE bytes or one, and the number of the last of these."""
        room = self._rooms.get(tenant_id)
        rows = list(room.rows) if room else []
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
        room = self._rooms.get(tenant_id)
        return reversed(list(room.rows)) if room else iter(())

    def _empty_room(self, tenant_id: str) -> _Room:
        room = self._emptied.get(tenant_id)
        if room is None:
            if len(self._rooms) + len(self._emptied) >= self._max_tenants:
                self._forget_one()
            room = self._emptied[tenant_id] = _Room(tenant_id)
        return room

    def _forget_one(self) -> None:
        if not self._emptied:
            has_enough = len(self._single) > self._max_tenants // SINGLE_SHARE
            room = next(iter((self._single if has_enough else self._rooms).values()))
            self._drop(room, room.bytes)
        del self._emptied[next(iter(self._emptied))]

    def _keep(self, room: _Room, row: bytes) -> None:
        if not room.rows:
            self._rooms[room.tenant] = self._single[room.tenant] = self._emptied.pop(room.tenant)
        elif len(room.rows) == 1:
            self._single.pop(room.tenant, None)
        weight = len(row) + OVERHEAD
        if weight < self._least:
            weight = self._least
        room.rows.append(row)
        room.bytes += weight
        self.byte_count += weight
        self._rooms.move_to_end(room.tenant)
        if room.bytes > self._large_from:
            self._large.add(room)
        if self.byte_count > self._bound:
            self._make_space()

    def _make_space(self) -> None:
        """More than is needed, so that not every exchange has to look for who gives way."""
        while (surplus := self.byte_count - self._bound + self._slack) > 0:
            if self._large:
                self._drop(max(self._large, key=lambda room: room.bytes), surplus)
            else:
                self._drop(next(iter(self._rooms.values())), surplus)

    def _drop(self, room: _Room, surplus: int) -> None:
        """The oldest exchanges of a tenant that weigh so much together, or all that it has."""
        rows, least, before, freed = room.rows, self._least, len(room.rows), 0
        while rows and freed < surplus:
            weight = len(rows.popleft()) + OVERHEAD
            freed += weight if weight > least else least
        dropped = before - len(rows)
        room.dropped += dropped
        self.dropped_count += dropped
        self._free(room, freed)

    def _free(self, room: _Room, freed: int) -> None:
        room.bytes -= freed
        self.byte_count -= freed
        if room.bytes <= self._large_from:
            self._large.discard(room)
        if not room.rows:
            self._emptied[room.tenant] = self._rooms.pop(room.tenant)
            self._single.pop(room.tenant, None)
