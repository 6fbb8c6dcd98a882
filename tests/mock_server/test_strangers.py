"""Clients without the key of a tenant cannot see, change or displace its data."""

from __future__ import annotations

from mock_server.journal.journal import Journal
from mock_server.simulation.call import Call
from tests.helpers.fake import SERVICE, Service, request
from tests.helpers.journal import keep, numbers

STRANGERS = 10_500  # more than there are places


def test_ten_thousand_invented_keys_displace_neither_tasks_nor_exchanges(service: Service) -> None:
    task = service.task_id()
    assert service.status(task) == "PENDING"
    for number in range(STRANGERS):
        headers = {b"authorization": b"Bearer sk-%d" % number}
        service.engine.handle(Call("GET", f"/api/v1/tasks/{task}", "", headers))
    assert service.status(task) == "PENDING"
    kept = service.engine.recorder.journal.entries(service.tenant_id())
    assert [entry.number for entry in kept] == [1, 2, 3]


def test_calls_without_a_key_displace_only_exchanges_without_a_key(service: Service) -> None:
    service.engine.recorder._journal = Journal(max_entries=1000, max_bytes=1 << 20)
    task = service.task_id()
    body = b"x" * 4096
    for _ in range(1500):
        service.engine.handle(Call("POST", f"{SERVICE}/face-detect", "", {}, body))
    journal = service.engine.recorder.journal
    assert [entry.task_id for entry in journal.entries(service.tenant_id())] == [task]
    assert journal.byte_count <= 1 << 20


def test_a_key_cannot_see_or_change_tasks_of_another(service: Service) -> None:
    task, other = service.task_id(), "sk-stranger"
    assert service.status(task, key=other) == "UNKNOWN"
    assert service.cancel(task, key=other).status == 400
    assert service.list(key=other).body["total"] == 0
    assert service.raw("HEAD", f"/api/v1/tasks/{task}", key=other).status >= 400
    assert service.status(task) == "PENDING"
    detect = request(service.spec, "detectFace")
    assert service.detect(detect, key=other).reply.body != service.detect(detect).reply.body


def test_a_journal_drops_tenants_with_a_single_call_first() -> None:
    journal = Journal(max_tenants=10)
    for _ in range(2):
        keep(journal, "owner")
    for number in range(50):
        keep(journal, f"stranger {number}")
    assert numbers(journal, "owner") == [1, 2]
    assert numbers(journal, "stranger 0") == []
