"""What is found where: spellings of paths, methods, queries."""

from __future__ import annotations

from contracts.provider.exchange import at
from contracts.provider.http import API
from contracts.verify.context import CheckContext
from contracts.verify.registry import Evidence, check

SLASH = Evidence("captured", "EMO-1, EMOJS, SDK: its asyncio client polls with a slash")


@check("paths.unknown", "An unknown path is a wrong URL.", "InvalidParameter-url-error")
def unknown(ctx: CheckContext) -> None:
    exchange = ctx.get("", path=f"{API}/services/aigc/image2video/no-such-function")
    ctx.expect_outcome(exchange, "InvalidParameter-url-error")


@check(
    "paths.doubled",
    "A doubled /api/v1 is a wrong URL, and is not mended.",
    "InvalidParameter-url-error",
    severity="warning",
)
def doubled(ctx: CheckContext) -> None:
    exchange = ctx.get("", path=f"{API}{API}/tasks/{ctx.random_task_id()}")
    ctx.expect_outcome(exchange, "InvalidParameter-url-error")


@check("paths.slash", "A slash at the end of a path changes nothing, by no redirect.", SLASH)
def slash(ctx: CheckContext) -> None:
    task_id = ctx.random_task_id()
    exchange = ctx.get(task_id, tail="/")
    if ctx.expect_outcome(exchange, "UNKNOWN"):
        ctx.expect_equal(exchange, "/output/task_id", task_id)
    ctx.expect_outcome(ctx.list(tail="/"), "listed")


@check("paths.slash-cancel", "The same holds for a cancellation.", SLASH)
def slash_cancel(ctx: CheckContext) -> None:
    ctx.expect_outcome(ctx.cancel(ctx.random_task_id(), tail="/"), "UnsupportedOperation")


@check("paths.slash-post", "The same holds for the calls that make something.", SLASH)
def slash_post(ctx: CheckContext) -> None:
    ctx.expect_outcome(
        ctx.detect(text="{}", tail="/"), "BadRequest.EmptyModel", "BadRequest.EmptyInput"
    )
    ctx.expect_outcome(
        ctx.create(text="{}", tail="/"), "BadRequest.EmptyModel", "BadRequest.EmptyInput"
    )


@check("paths.method", "A method that a path lacks is refused as one.", "InvalidParameter-method")
def method(ctx: CheckContext) -> None:
    ctx.expect_outcome(ctx.call("createVideoTask", method="GET"), "InvalidParameter-method")
    ctx.expect_outcome(ctx.call("detectFace", method="GET"), "InvalidParameter-method")


@check(
    "paths.query",
    "Query parameters that nobody knows are ignored.",
    Evidence("captured", "SDK: its asyncio client sends those of the create call"),
)
def query(ctx: CheckContext) -> None:
    exchange = ctx.get(ctx.random_task_id(), query="style_level=calm&emo=1")
    if ctx.expect_outcome(exchange, "UNKNOWN"):
        ctx.expect(exchange, "/request_id", bool(at(exchange, "/request_id")), "an id")


@check(
    "paths.headers",
    "A poll may carry the headers of a create call.",
    Evidence("captured", "clients in the wild send them"),
)
def headers(ctx: CheckContext) -> None:
    sent = {"X-DashScope-Async": "enable", "Content-Type": "application/json; charset=utf-8"}
    ctx.expect_outcome(ctx.get(ctx.random_task_id(), headers=sent), "UNKNOWN")
