"""Each answer of the object store in the catalogue is given by each of its recipes."""

from __future__ import annotations

from mock_server.scenarios.catalogue.entries import CatalogueEntry, catalogue
from mock_server.scenarios.catalogue.triggers import Trigger
from mock_server.simulation.call import Call, Reply
from tests.helpers.cases import each_case
from tests.helpers.catalogue import SPEC, document, good_call, key_of, new_key
from tests.helpers.fake import Service
from tests.helpers.triggers import altered

ENTRIES = [entry for entry in catalogue(SPEC) if entry.operation == SPEC.result.id]
WAYS = [(entry, trigger) for entry in ENTRIES for trigger in entry.triggers]


def downloaded(trigger: Trigger) -> Reply:
    """The answer to a download; the trigger is on the download or on the create call of its
    task."""
    service, create = Service(SPEC), good_call(SPEC.operations["createVideoTask"], key=new_key())
    on_download = trigger.operation == SPEC.result.id
    create = create if on_download else altered(create, trigger)
    made = service.engine.handle(create)
    key = key_of(create)
    task = next(iter(service.tasks(key)))
    assert made.status == 200
    service.real = task.ended
    url = service.get(task.id, key=key).body["output"]["results"]["video_url"]
    path, _, query = url.removeprefix("http://127.0.0.1:8787").partition("?")
    call = Call("GET", path, query)
    return service.engine.handle(altered(call, trigger) if on_download else call)


@each_case("entry, trigger", WAYS, ids=lambda value: getattr(value, "text", ""))
def test_each_recipe_of_a_download_gives_exactly_its_answer(
    entry: CatalogueEntry, trigger: Trigger
) -> None:
    reply = downloaded(trigger)
    assert (reply.outcome, reply.status) == (entry.name, entry.status)
    assert entry.code.encode() in reply.body
    assert (reply.body[:5] == b"<?xml") == bool(entry.code)


def test_the_catalogue_lists_each_store_answer_with_each_trigger() -> None:
    responses = document()["x-results"]["responses"].items()
    examples = [(int(status), name) for status, r in responses for name in r["examples"]]
    assert [(entry.status, entry.name) for entry in ENTRIES] == examples
    for entry in ENTRIES:
        assert [trigger.way for trigger in entry.triggers] == ["header", "url", "header", "key"]
