"""Shows the journal, explanations, the bundle and the metrics."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from mock_server.control.request import ControlError, ControlRequest, Export, Typed
from mock_server.journal.entry import Entry
from mock_server.journal.filters import FilterError
from mock_server.journal.metrics import CONTENT_TYPE
from mock_server.stages import ANONYMOUS

NOTHING = (
    "there is nothing to explain: every call of this key was fine; a call without an accepted key "
    "is explained by its id, which is in the header x-mock-explain of its answer"
)
PLAIN = "text/plain; charset=utf-8"
SHORT = 32 << 10  # bytes of a journal that is exported without another thread: a few milliseconds


def journal(request: ControlRequest) -> Export:
    """Shows the exchanges of the key, also as HAR and as curl commands."""
    from mock_server.journal.export import journal_answer

    kept, spec = request.engine.recorder.journal, request.engine.spec

    def write() -> tuple[str, Iterator[str]]:
        try:
            return journal_answer(
                kept, request.tenant_id, request.given, spec.operations, spec.all_outcomes
            )
        except FilterError as error:
            raise ControlError(str(error)) from None

    return Export(write, is_short=kept.size(request.tenant_id) <= SHORT)


def explain(request: ControlRequest) -> Any:
    """Explains the answer with this request_id."""
    found = request.engine.recorder.exchange(request.tenant_id, request.given["id"])
    if found is None:
        text = f"no exchange {request.given['id'][:80]!r} of this key, or it was evicted"
        raise ControlError(f"{text}; the header x-mock-explain of an answer has its id", 404)
    return _explained(request, *found)


def explain_last(request: ControlRequest) -> Any:
    """Explains the latest answer that was a refusal, unusual, or chosen by a scenario.

    With an accepted key: of its calls. With another key: of the calls with that same key. Without a
    key, on a server for one person: of all calls without an accepted key."""
    recorder = request.engine.recorder
    if request.tenant_id == ANONYMOUS and request.authorization:
        entry = recorder.last_without_key(request.authorization)
    elif request.tenant_id == ANONYMOUS and not request.engine.settings.is_private:
        entry = None
    else:
        entry = recorder.last_explained(request.tenant_id)
    if entry is None:
        raise ControlError(NOTHING, 404)
    return _explained(request, request.tenant_id, entry)


def _explained(request: ControlRequest, tenant_id: str, entry: Entry) -> Any:
    from mock_server.explain.kept import explain_entry  # imported late: a tenth of the start

    found = explain_entry(request.engine, tenant_id, entry)
    if request.given.get("format") == "text":
        from mock_server.explain import as_text

        return PLAIN, as_text(found).encode()
    return msgspec.to_builtins(found)


def bundle(request: ControlRequest) -> Export:
    """Returns a file that reproduces the same answers."""
    from mock_server.control.bundle import bundling

    kept = request.engine.recorder.journal
    pieces = bundling(request.engine, request.tenant_id, request.real)
    is_short = kept.size(request.tenant_id) <= SHORT
    return Export(lambda: ("application/json", pieces), is_short)


def metrics(request: ControlRequest) -> Typed:
    """Counts the calls of all keys, for Prometheus."""
    return CONTENT_TYPE, request.engine.recorder.counts().encode()
