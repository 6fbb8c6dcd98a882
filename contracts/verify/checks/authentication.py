"""Whose call it is: what is answered to one without a key, or with one that is none."""

from __future__ import annotations

from contracts.provider.http import API
from contracts.verify.context import ASYNC, Ask
from contracts.verify.registry import Because, check


@check("keys.missing", "A call without a key is refused.", "InvalidApiKey-missing")
def missing(ask: Ask) -> None:
    ask.answers(ask.get(ask.some_id(), key=None), "InvalidApiKey-missing")


@check("keys.empty", "An empty key is no key.", "InvalidApiKey-missing", "InvalidApiKey")
def empty(ask: Ask) -> None:
    exchange = ask.get(ask.some_id(), key=None, headers={"Authorization": ""})
    ask.answers(exchange, "InvalidApiKey-missing", "InvalidApiKey")


@check("keys.wrong", "A key that nobody has is refused.", "InvalidApiKey")
def wrong(ask: Ask) -> None:
    exchange = ask.get(ask.some_id(), key=None, headers={"Authorization": "Bearer nobody"})
    ask.answers(exchange, "InvalidApiKey")


@check("keys.scheme", "A key is sent as a Bearer.", "InvalidApiKey")
def scheme(ask: Ask) -> None:
    exchange = ask.get(ask.some_id(), key=None, headers={"Authorization": "Basic c2stMTox"})
    ask.answers(exchange, "InvalidApiKey", "InvalidApiKey-missing")


@check("keys.everywhere", "Every operation asks for a key.", "InvalidApiKey-missing")
def everywhere(ask: Ask) -> None:
    for operation in ask.spec.operations.values():
        body = "{}" if operation.body else None
        sent = {ASYNC: "enable"} if operation.id == "createVideoTask" else {}
        exchange = ask.call(operation.id, ask.some_id(), text=body, headers=sent, key=None)
        ask.answers(exchange, "InvalidApiKey-missing")


@check(
    "keys.before-paths",
    "Without a key an unknown path is a 401 too.",
    Because("captured", "RTE, with the native prefix"),
)
def before_paths(ask: Ask) -> None:
    ask.status(ask.get("", path=f"{API}/no/such/path", key=None), 401)


@check("keys.before-bodies", "A body is not read before the key.", "InvalidApiKey-missing")
def before_bodies(ask: Ask) -> None:
    ask.answers(ask.detect(text="{", key=None), "InvalidApiKey-missing")
