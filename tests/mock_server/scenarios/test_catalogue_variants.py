"""Each choice of a variant changes exactly the answers that it declares, by the option of the
server and by the control API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from contracts.spec.variants import Variant, VariantChoice
from mock_server.scenarios.catalogue.entries import CatalogueEntry, catalogue
from mock_server.scenarios.catalogue.triggers import SCENARIO, Trigger
from tests.helpers.cases import each_case
from tests.helpers.catalogue import SPEC, Played, ended, good_call, new_key, play, put, service_of
from tests.helpers.fake import Service
from tests.helpers.triggers import altered

ENTRIES = catalogue(SPEC)
CREATE = "createVideoTask"
LIFE = SPEC.video_models["emo-v1"].task_life_seconds
CHINA = timezone(timedelta(hours=8))


class Chosen(NamedTuple):
    """A key for which one choice of a variant is set."""

    service: Service
    key: str
    variant: Variant
    choice: VariantChoice

    def call(self, operation: str, trigger: Trigger | None = None) -> Played:
        call = good_call(SPEC.operations[operation], key=self.key)
        return play(self.service, altered(call, trigger) if trigger else call, operation)


def chosen_by(trigger: Trigger, variant: Variant, choice: VariantChoice) -> Chosen:
    key = new_key()
    match trigger.way:
        case "serve":
            assert trigger.name == "--variant"
            return Chosen(service_of(variant=trigger.value), key, variant, choice)
        case "control":
            put(service_of(), trigger.name, trigger.value, key)
            return Chosen(service_of(), key, variant, choice)
    raise AssertionError(f"{trigger} chooses nothing")


def asking(name: str) -> Iterator[tuple[str, Trigger]]:
    """The calls that lead to an outcome: by its name in the header, and by an invalid request."""
    for entry in ENTRIES:
        if entry.name == name and entry.kind == "outcome":
            yield entry.operation, Trigger("header", entry.operation, SCENARIO, name)
            yield from ((entry.operation, t) for t in entry.natural if t.way != "control")


def answers(c: Chosen) -> None:
    names = {name for choice in c.variant.choices.values() for name in choice.answers}
    for name in names:
        expected = SPEC.outcomes[c.choice.answers.get(name, name)]
        for operation, trigger in asking(name):
            played = c.call(operation, trigger)
            assert played.reply.outcome == expected.name, trigger.text
            assert played.said == (operation, expected.status, expected.code)
            assert list(played.body) == list(expected.value), "the order of the keys"


def endings(c: Chosen) -> None:
    names = {name for choice in c.variant.choices.values() for name in choice.endings}
    for name in names:
        entry = next(e for e in ENTRIES if (e.operation, e.name) == (CREATE, name))
        assert entry.natural
        for trigger in entry.natural:
            played = c.call(CREATE, trigger)
            ending = c.choice.endings.get(name)
            answer = ended(played) if ending else played
            assert answer.reply.outcome == (ending or name), trigger.text


def refuse(c: Chosen) -> None:
    for operation in {model.operation for model in SPEC.models.values()}:
        answer = c.call(operation).reply
        assert answer.status == 200 if not c.choice.refuse else answer.outcome == c.choice.refuse


def details(c: Chosen) -> None:
    for outcome in SPEC.operations["cancelTask"].outcomes.values():
        if outcome.status >= 400:
            asked = Trigger("header", "cancelTask", SCENARIO, outcome.name)
            added = (outcome.details or c.choice.details) if c.choice.details else ""
            body = c.call("cancelTask", asked).body
            assert body["message"] == outcome.value["message"] + added


def result_life(c: Chosen) -> None:
    created = c.call(CREATE)
    if created.reply.status == 200:
        output = ended(created).body["output"]
        end = datetime.strptime(output["end_time"], "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=CHINA)
        query = parse_qs(urlsplit(output["results"]["video_url"]).query)
        life = c.choice.result_life or SPEC.video_models["emo-v1"].result_life_seconds
        assert int(query["Expires"][0]) - end.timestamp() == pytest.approx(life, abs=1)


def life_from(c: Chosen) -> None:
    created = c.call(CREATE)
    if created.reply.status == 200:
        c.service.real += LIFE
        shown = created.again("getTask", created.body["output"]["task_id"])
        assert shown.reply.outcome == ("SUCCEEDED" if c.choice.life_from == "end" else "UNKNOWN")


def unreachable(c: Chosen) -> None:
    for operation in {name for choice in c.variant.choices.values() for name in choice.unreachable}:
        local = Trigger("field", operation, "/input/image_url", "http://localhost/portrait.png")
        played = c.call(operation, local)
        name = c.choice.unreachable.get(operation)
        answer = ended(played) if name in SPEC.task_outcomes else played
        assert answer.reply.outcome == name if name else answer.reply.status == 200


CHECKS = {
    c.__name__: c for c in (answers, endings, refuse, unreachable, details, result_life, life_from)
}


@each_case("entry", [e for e in ENTRIES if e.kind == "variant"], ids=lambda e: e.name)
def test_a_choice_changes_only_the_answers_that_it_declares(entry: CatalogueEntry) -> None:
    name, _, choice = entry.name.partition("=")
    variant = SPEC.variants[name]
    for trigger in entry.triggers:
        for check in CHECKS.values():
            check(chosen_by(trigger, variant, variant.choices[choice]))


def test_each_field_of_a_choice_has_a_check() -> None:
    said = {field.name for field in msgspec.structs.fields(VariantChoice)}
    assert said - {"summary", "evidence", "source"} == CHECKS.keys()


def test_every_choice_of_a_variant_differs_from_the_others() -> None:
    for name, variant in SPEC.variants.items():
        effects = [[getattr(c, check) for check in CHECKS] for c in variant.choices.values()]
        assert all(effects.count(effect) == 1 for effect in effects), name
