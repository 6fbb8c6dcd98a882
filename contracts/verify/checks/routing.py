"""What is found where: spellings of paths, methods, queries."""

from __future__ import annotations

from contracts.provider.exchange import at
from contracts.provider.http import API
from contracts.verify.context import Ask
from contracts.verify.registry import Because, check

SLASH = Because("captured", "EMO-1, EMOJS, SDK: its asyncio client polls with a slash")


@check("paths.unknown", "An unknown path is a wrong URL.", "InvalidParameter-url-error")
def unknown(ask: Ask) -> None:
    exchange = ask.get("", path=f"{API}/services/aigc/image2video/no-such-function")
    ask.answers(exchange, "InvalidParameter-url-error")


@check(
    "paths.doubled",
    "A doubled /api/v1 is a wrong URL, and is not mended.",
    "InvalidParameter-url-error",
    severity="warning",
)
def doubled(ask: Ask) -> None:
    exchange = ask.get("", path=f"{API}{API}/tasks/{ask.some_id()}")
    ask.answers(exchange, "InvalidParameter-url-error")


@check("paths.slash", "A slash at the end of a path changes nothing, by no redirect.", SLASH)
def slash(ask: Ask) -> None:
    task_id = ask.some_id()
    exchange = ask.get(task_id, tail="/")
    if ask.answers(exchange, "UNKNOWN"):
        ask.equal(exchange, "/output/task_id", task_id)
    ask.answers(ask.list(tail="/"), "listed")


@check("paths.slash-cancel", "The same holds for a cancellation.", SLASH)
def slash_cancel(ask: Ask) -> None:
    ask.answers(ask.cancel(ask.some_id(), tail="/"), "UnsupportedOperation")


@check("paths.slash-post", "The same holds for the calls that make something.", SLASH)
def slash_post(ask: Ask) -> None:
    ask.answers(ask.detect(text="{}", tail="/"), "BadRequest.EmptyModel", "BadRequest.EmptyInput")
    ask.answers(ask.create(text="{}", tail="/"), "BadRequest.EmptyModel", "BadRequest.EmptyInput")


@check("paths.method", "A method that a path lacks is refused as one.", "InvalidParameter-method")
def method(ask: Ask) -> None:
    ask.answers(ask.call("createVideoTask", method="GET"), "InvalidParameter-method")
    ask.answers(ask.call("detectFace", method="GET"), "InvalidParameter-method")


@check(
    "paths.query",
    "Query parameters that nobody knows are ignored.",
    Because("captured", "SDK: its asyncio client sends those of the create call"),
)
def query(ask: Ask) -> None:
    exchange = ask.get(ask.some_id(), query="style_level=calm&emo=1")
    if ask.answers(exchange, "UNKNOWN"):
        ask.that(exchange, "/request_id", bool(at(exchange, "/request_id")), "an id")


@check(
    "paths.headers",
    "A poll may carry the headers of a create call.",
    Because("captured", "clients in the wild send them"),
)
def headers(ask: Ask) -> None:
    sent = {"X-DashScope-Async": "enable", "Content-Type": "application/json; charset=utf-8"}
    ask.answers(ask.get(ask.some_id(), headers=sent), "UNKNOWN")
