"""What was asked and answered, why, and how often: the journal, explanations, a bundle, counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from mock_server.control.request import Asked, ControlError, Export, Typed
from mock_server.journal.entry import Entry
from mock_server.journal.filters import FilterError
from mock_server.journal.metrics import CONTENT_TYPE
from mock_server.stores.session import ANONYMOUS

NOTHING = (
    "there is nothing to explain: every call of this key was fine; a call without an accepted key "
    "is explained by its id, which is in the header x-mock-explain of its answer"
)
PLAIN = "text/plain; charset=utf-8"
SHORT = 32 << 10  # bytes of a journal that is exported without another thread: a few milliseconds


def journal(asked: Asked) -> Export:
    """Shows what was asked and answered, also as HAR and as curl commands."""
    from mock_server.journal.export import journal_answer

    kept, spec = asked.engine.recorder.journal, asked.engine.spec

    def write() -> tuple[str, Iterator[str]]:
        try:
            return journal_answer(
                kept, asked.tenant_id, asked.given, spec.operations, spec.all_outcomes
            )
        except FilterError as error:
            raise ControlError(str(error)) from None

    return Export(write, is_short=kept.size(asked.tenant_id) <= SHORT)


def explain(asked: Asked) -> Any:
    """Explains the answer with this request_id."""
    found = asked.engine.recorder.exchange(asked.tenant_id, asked.given["id"])
    if found is None:
        text = f"no exchange {asked.given['id'][:80]!r} of this key, or it had to make room"
        raise ControlError(f"{text}; the header x-mock-explain of an answer has its id", 404)
    return _explained(asked, *found)


def explain_last(asked: Asked) -> Any:
    """Explains the latest answer that was refused, unusual or asked for.

    Of the key's own calls; with a key that is not accepted, of the calls with that same key. Only
    where the server is one person's, without any key, of all calls that had no accepted key."""
    recorder = asked.engine.recorder
    if asked.tenant_id == ANONYMOUS and asked.authorization:
        entry = recorder.last_without_key(asked.authorization)
    elif asked.tenant_id == ANONYMOUS and not asked.engine.settings.is_private:
        entry = None
    else:
        entry = recorder.last_odd(asked.tenant_id)
    if entry is None:
        raise ControlError(NOTHING, 404)
    return _explained(asked, asked.tenant_id, entry)


def _explained(asked: Asked, tenant_id: str, entry: Entry) -> Any:
    from mock_server.explain.kept import explain_entry  # a tenth of a start, for who asks

    found = explain_entry(asked.engine, tenant_id, entry)
    if asked.given.get("format") == "text":
        from mock_server.explain import as_text

        return PLAIN, as_text(found).encode()
    return msgspec.to_builtins(found)


def bundle(asked: Asked) -> Export:
    """Gives everything that is needed to get the same answers again."""
    from mock_server.control.bundle import bundling

    kept = asked.engine.recorder.journal
    pieces = bundling(asked.engine, asked.tenant_id, asked.real)
    is_short = kept.size(asked.tenant_id) <= SHORT
    return Export(lambda: ("application/json", pieces), is_short)


def metrics(asked: Asked) -> Typed:
    """Counts the calls of all keys, for Prometheus."""
    return CONTENT_TYPE, asked.engine.recorder.counts().encode()
