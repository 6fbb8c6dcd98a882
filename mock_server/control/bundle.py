"""A bundle: one file that reproduces the same answers. It contains the settings of the server, and
every call of one tenant with its time and its answer, without the API key."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta, Struct, field

from contracts.files.user_file import FileError, json_of, text_of
from mock_server.engine.pipeline import Engine
from mock_server.journal.entry import Entry
from mock_server.journal.json_pieces import with_items
from mock_server.simulation.call import Delivery
from mock_server.simulation.clock import LAST
from mock_server.simulation.task import status_at

FORMAT = "emo-bundle-2"
SHOWN_TASKS = 1000
# The settings that change answers.
REPRODUCED = ("time", "speed", "concurrency", "limits", "variants")

Count = Annotated[int, Meta(ge=0, le=1 << 53)]  # every JSON reader keeps such an integer exactly
Moment = Annotated[float, Meta(ge=0, le=LAST)]  # epoch seconds
Secret = Annotated[bytes, Meta(min_length=16, max_length=64)]  # a key of BLAKE2


class BundleError(FileError):
    """The answers of the bundle cannot be reproduced."""


class BundledExchange(Struct, frozen=True):
    """A call and its answer. Bytes are base64; headers are latin-1.

    Not an Exchange of contracts/provider: a reproduction compares every byte and the delivery."""

    number: Count
    real: Moment
    kind: str
    method: str
    path: str
    query: str
    origin: str
    headers: list[tuple[str, str]]
    body: bytes
    status: Annotated[int, Meta(ge=100, le=999)]
    reply_headers: list[tuple[str, str]]
    reply_body: bytes
    delivery: Delivery | None = field(default=None, name="line")
    head_bytes: Count = 0


class Bundle(Struct, frozen=True):
    """tenant: its id, in place of the key. content, secret: of seeds.Seeds, for this tenant only;
    the same ids and signatures come from them. began: the machine's time of the tenant's first
    call. dropped: evicted exchanges; with any the answers cannot be reproduced. clock, tasks: for
    people to read, the newest SHOWN_TASKS tasks."""

    format: str
    spec: str
    settings: dict[str, Any]
    tenant: str
    content: Secret
    secret: Secret
    began: Moment
    dropped: Count
    file: dict[str, Any]
    clock: dict[str, Any]
    tasks: list[dict[str, Any]]
    exchanges: list[BundledExchange]
    tasks_not_shown: int = 0


class Difference(NamedTuple):
    """The first difference between the answers: the exchange, the part of it, both values."""

    exchange: BundledExchange
    part: str
    was: str
    now: str


def bundling(engine: Engine, tenant_id: str, real: float) -> Iterator[str]:
    """The bundle of a tenant as JSON in pieces. The state is taken now; the pieces may be made
    later, in another thread."""
    bundle, exchanges = _parts(engine, tenant_id, real)
    return with_items(bundle, exchanges, lambda value: msgspec.json.encode(value).decode())


def _parts(engine: Engine, tenant_id: str, real: float) -> tuple[Bundle, Iterator[BundledExchange]]:
    """The bundle without its exchanges, and its exchanges."""
    journal = engine.recorder.journal
    with engine.session(tenant_id, real) as session:
        record, count = session.record, session.task_count()
        tasks = list(islice(session.newest_first(), SHOWN_TASKS))
    settings = msgspec.to_builtins(engine.settings)
    rules, now = engine.file(real), record.clock.now(real)
    dropped, entries = journal.dropped(tenant_id), journal.entries(tenant_id)
    bundle = Bundle(
        format=FORMAT,
        spec=engine.spec.version,
        settings={name: v for name, v in settings.items() if name in REPRODUCED},
        tenant=tenant_id,
        content=engine.seeds.content,
        secret=engine.seeds.secret_of(tenant_id),
        began=record.began,
        dropped=dropped,
        file={"scenarios": [rule.source for rule in rules.rules], "variants": rules.variants},
        clock={"now": now, **msgspec.to_builtins(record.clock)},
        tasks=[
            {"task_id": task.id, "task_status": status_at(task, now), "outcome": task.outcome}
            for task in tasks
        ],
        exchanges=[],
        tasks_not_shown=count - len(tasks),
    )
    return bundle, map(_exchange, entries)


def read(data: bytes) -> Bundle:
    """Read a bundle. Raises FileError if it is not one, and BundleError."""
    found = json_of(text_of(data), Bundle, "a bundle", FORMAT)
    if found.dropped:
        text = "the beginning is missing: fetch the bundle earlier, or reset before the run"
        raise BundleError(f"{found.dropped} exchanges of the journal were evicted, so {text}")
    return found


def _exchange(entry: Entry) -> BundledExchange:
    return BundledExchange(
        entry.number, entry.real, entry.kind, entry.method, entry.path, entry.query, entry.origin,
        _texts(entry.headers.items()), entry.body, entry.status, _texts(entry.reply_headers),
        entry.reply_body, entry.delivery, entry.head_bytes,
    )  # fmt: skip


def _texts(headers: Any) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
