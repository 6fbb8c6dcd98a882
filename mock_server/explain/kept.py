"""The explanation of an exchange that the journal keeps."""

from __future__ import annotations

from itertools import islice

from mock_server.engine.pipeline import Engine
from mock_server.explain.explanation import Explanation
from mock_server.explain.why import explain
from mock_server.journal.entry import Entry

LATEST_TASKS = 10_000  # of a tenant, among which the one that a request_id created is looked for


def explain_entry(engine: Engine, tenant_id: str, entry: Entry) -> Explanation:
    """Explain why the engine answered this exchange of the tenant as it did."""
    store = engine.store
    with store.tenant(tenant_id) as session:
        tasks = list(islice(session.newest_first(), LATEST_TASKS))
    created = {task.request_id: task.id for task in tasks}
    return explain(
        engine.spec, entry, tasks=tasks, task_of_request=created.get, evicted=store.evicted
    )
