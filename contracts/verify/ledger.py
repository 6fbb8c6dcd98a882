"""The ledger: a file of observations of real providers. It records which claims of the contract
they met and which documented answers they gave. Runs with a fake are not recorded: they prove
nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from contracts.files.file_lock import locked
from contracts.files.user_file import MissingFile, json_file
from contracts.files.whole_file import write
from contracts.provider.exchange import Exchange, answer_at
from contracts.provider.network import is_local
from contracts.spec.loader import Spec
from contracts.verify.events import STALE, CheckEnded, Event, Started

FORMAT = 1
Standing = Literal["observed", "documented", "assumed"]
STANDINGS: tuple[Standing, ...] = ("observed", "documented", "assumed")


class Observation(Struct, frozen=True, forbid_unknown_fields=True):
    """One observation of a provider. held: the provider met the claim. date: UTC, such as
    `2026-02-11`. host: the provider's. request_id: of an answer that shows it, "" if no answer had
    one."""

    date: str
    host: str
    request_id: str
    held: bool


Observations = dict[str, list[Observation]]


class Ledger(Struct, frozen=True, forbid_unknown_fields=True):
    """The latest observation of each host. claims: by the id of the check. answers: by the name of
    the documented answer that the provider gave."""

    format: int = FORMAT
    claims: Observations = {}
    answers: Observations = {}


def load(path: Path) -> Ledger:
    """Read a ledger from a file; an empty one if the file does not exist. Raises FileError."""
    try:
        return json_file(path, Ledger, "a ledger", FORMAT)
    except MissingFile:
        return Ledger()


def save(path: Path, ledger: Ledger) -> None:
    """Write the file as a whole, or leave it unchanged. Raises OSError."""
    ordered = msgspec.json.encode(ledger, order="sorted")
    write(path, msgspec.json.format(ordered, indent=2) + b"\n", private=True)


def update(path: Path, spec: Spec, events: Iterable[Event]) -> str:
    """Add the observations of a run to a ledger file, and return a line of text with the totals.
    Observations that another run added meanwhile are kept. Raises OSError, and FileError for a
    damaged file, which is left unchanged."""
    with locked(path):
        before = load(path)
        after = observed(before, spec, events)
        if after == before:
            return f"{path}: no new observation of a real provider"
        save(path, after)
    return (
        f"{path}: {len(after.claims)} claims and {len(after.answers)} answers are observed so far"
    )


def observed(ledger: Ledger, spec: Spec, events: Iterable[Event]) -> Ledger:
    """The ledger with the observations of a run added. A run with a fake adds none."""
    claims, answers = _copy(ledger.claims), _copy(ledger.answers)
    host = date = ""
    for event in events:
        if isinstance(event, Started) and not event.clock:
            host = urlsplit(event.url).hostname or ""
            host = "" if is_local(host) else host  # a server here is a stub, not the service
            date = f"{datetime.fromtimestamp(event.at, UTC):%Y-%m-%d}"
        if host and isinstance(event, CheckEnded) and event.result != "skipped":
            held = all(finding.pointer == STALE for finding in event.findings)
            _keep(claims, event.claim.id, Observation(date, host, _shows(event), held))
            for exchange in event.exchanges:
                for name in _named(spec, exchange):
                    _keep(answers, name, Observation(date, host, _request_id(exchange), True))
    return Ledger(claims=claims, answers=answers)


def standing(evidence: str, seen: list[Observation]) -> Standing:
    """How well a claim or an answer is proven: `observed` by a run or in a public capture, else
    `documented`, else `assumed`."""
    if any(o.held for o in seen) or evidence == "captured":
        return "observed"
    return "documented" if evidence == "documented" else "assumed"


def _named(spec: Spec, exchange: Exchange) -> Iterator[str]:
    """The names of the documented outcomes that an answer matches by code, message and state."""
    operation = spec.operations.get(exchange.operation)
    for outcome in operation.outcomes.values() if operation else ():
        if outcome.status == exchange.status and _facts(outcome.value) == _facts(exchange.value):
            yield outcome.name


def _facts(value: Any) -> tuple[Any, ...] | None:
    """The values that differ between documented answers: code and message, at the top level or in
    output, and the state of the task or the result of the detection."""
    if not isinstance(value, dict):
        return None
    output = value.get("output")
    output = output if isinstance(output, dict) else {}
    return (
        *(value.get(name, output.get(name)) for name in ("code", "message")),
        *(output.get(name) for name in ("task_status", "check_pass", "humanoid")),
    )


def _shows(event: CheckEnded) -> str:
    """The request_id of an answer that shows the result of the check; "" if none has one."""
    cited = [f.exchange for f in event.findings if f.exchange is not None]
    exchanges = [event.exchanges[i] for i in cited] or list(event.exchanges)
    return next(filter(None, map(_request_id, exchanges)), "")


def _request_id(exchange: Exchange) -> str:
    found = answer_at(exchange, "/request_id")
    return found if isinstance(found, str) else ""


def _copy(seen: Observations) -> Observations:
    return {name: list(known) for name, known in seen.items()}


def _keep(seen: Observations, name: str, observation: Observation) -> None:
    others = [o for o in seen.get(name, []) if o.host != observation.host]
    seen[name] = [*others, observation]
