"""The text of a recipe is one line that can be copied."""

from __future__ import annotations

import shlex

from msgspec import UNSET

from emo_kit.cli.serve import serve
from mock_server.scenarios.catalogue.entries import catalogue
from mock_server.scenarios.catalogue.triggers import Trigger
from tests.helpers.cases import each_case
from tests.helpers.catalogue import SPEC

TEXTS = {t.text for entry in catalogue(SPEC) for t in (*entry.triggers, *entry.natural)}


@each_case(
    "trigger, text",
    [(Trigger("header", "", "X-A", "b"), "-H 'X-A: b'"),
     (Trigger("header", "", "X-A", None), "leave out the header X-A"),
     (Trigger("url", "", "/input/image_url", "reset"), "?emo-scenario=reset"),
     (Trigger("key", "", value="getTask:reset"),
      "-H 'Authorization: Bearer sk-anything+getTask:reset'"),
     (Trigger("field", "", "/input/face_bbox", [1, 2]), "input.face_bbox: [1, 2]"),
     (Trigger("field", "", "/input"), "leave out input"),
     (Trigger("field", "", "", UNSET), "leave out the body"),
     (Trigger("query", "", "page_no", "x"), "?page_no=x"),
     (Trigger("method", "", value="PUT"), "send it as PUT"),
     (Trigger("path", "", value="/x"), "call /x"),
     (Trigger("size", "", "body", 9), "send more than 9 bytes of body"),
     (Trigger("broken", ""), "send bytes that are not HTTP"),
     (Trigger("rate", "", value=5.0), "emo serve --limits documented, then over 5 calls a second"),
     (Trigger("control", "", "account", {"balance": 0}), 'PUT /__mock__/account {"balance": 0}'),
     (Trigger("serve", "", "--variant", "models=retired"), "emo serve --variant models=retired")],
    ids=lambda value: getattr(value, "way", ""),
)  # fmt: skip
def test_the_text_of_a_trigger_says_how_to_use_it(trigger: Trigger, text: str) -> None:
    assert trigger.text == text


def test_every_emo_serve_command_in_a_recipe_is_valid() -> None:
    commands = {text.partition(",")[0] for text in TEXTS if text.startswith("emo serve")}
    assert len(commands) > 10
    for command in commands:
        serve.make_context("emo serve", shlex.split(command)[2:])


def test_a_recipe_is_one_line() -> None:
    assert not [text for text in TEXTS if "\n" in text or "`" in text]
