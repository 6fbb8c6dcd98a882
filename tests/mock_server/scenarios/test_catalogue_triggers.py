"""The text of a recipe is one line that can be copied."""

from __future__ import annotations

import shlex

from msgspec import UNSET

from emo_kit.cli.serve import serve
from mock_server.scenarios.catalogue.entries import catalogue
from mock_server.scenarios.catalogue.triggers import (
    BrokenTrigger,
    ControlTrigger,
    FieldTrigger,
    HeaderTrigger,
    KeyTrigger,
    MethodTrigger,
    PathTrigger,
    QueryTrigger,
    RateTrigger,
    ServeTrigger,
    SizeTrigger,
    Trigger,
    UrlTrigger,
)
from tests.helpers.cases import each_case
from tests.helpers.catalogue import SPEC

TEXTS = {t.text for entry in catalogue(SPEC) for t in (*entry.triggers, *entry.natural)}


@each_case(
    "trigger, text",
    [(HeaderTrigger("", "X-A", "b"), "-H 'X-A: b'"),
     (HeaderTrigger("", "X-A", None), "leave out the header X-A"),
     (UrlTrigger("", "/input/image_url", "reset"), "?emo-scenario=reset"),
     (KeyTrigger("", "getTask:reset"), "-H 'Authorization: Bearer sk-anything+getTask:reset'"),
     (FieldTrigger("", "/input/face_bbox", [1, 2]), "input.face_bbox: [1, 2]"),
     (FieldTrigger("", "/input"), "leave out input"),
     (FieldTrigger("", "", UNSET), "leave out the body"),
     (QueryTrigger("", "page_no", "x"), "?page_no=x"), (MethodTrigger("", "PUT"), "send it as PUT"),
     (PathTrigger("", "/x"), "call /x"),
     (SizeTrigger("", "body", 9), "send more than 9 bytes of body"),
     (BrokenTrigger(""), "send bytes that are not HTTP"),
     (RateTrigger("", 5.0), "emo serve --limits documented, then over 5 calls a second"),
     (ControlTrigger("", "account", {"balance": 0}), 'PUT /__mock__/account {"balance": 0}'),
     (ServeTrigger("", "--variant", "models=retired"), "emo serve --variant models=retired")],
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
