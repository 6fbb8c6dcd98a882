"""Checks of paths, methods and query parameters: unknown paths, final slashes, extra parameters."""

from __future__ import annotations

from contracts.provider.exchange import answer_at
from contracts.provider.http import API
from contracts.verify.context import CheckContext
from contracts.verify.registry import Evidence, check

SLASH = Evidence("captured", "EMO-1, EMOJS, SDK: its asyncio client polls with a slash")


@check(
    "paths.unknown",
    "A call to an unknown path is refused as a wrong URL.",
    "InvalidParameter-url-error",
    failed="A call to an unknown path was not refused as a wrong URL",
)
def unknown(ctx: CheckContext) -> None:
    exchange = ctx.get("", path=f"{API}/services/aigc/image2video/no-such-function")
    ctx.expect_outcome(exchange, "InvalidParameter-url-error")


@check(
    "paths.doubled",
    "A path with /api/v1 twice is refused as a wrong URL, not corrected.",
    "InvalidParameter-url-error",
    failed="A path with /api/v1 twice was not refused as a wrong URL",
    severity="warning",
)
def doubled(ctx: CheckContext) -> None:
    exchange = ctx.get("", path=f"{API}{API}/tasks/{ctx.random_task_id()}")
    ctx.expect_outcome(exchange, "InvalidParameter-url-error")


@check(
    "paths.slash",
    "A GET of a path with a final slash is answered as without the slash.",
    SLASH,
    failed="A GET of a path with a final slash was not answered as without the slash",
)
def slash(ctx: CheckContext) -> None:
    task_id = ctx.random_task_id()
    exchange = ctx.get(task_id, tail="/")
    if ctx.expect_outcome(exchange, "UNKNOWN"):
        ctx.expect_equal(exchange, "/output/task_id", task_id)
    ctx.expect_outcome(ctx.list(tail="/"), "listed")


@check(
    "paths.slash-cancel",
    "A cancel call with a final slash in its path is answered as without the slash.",
    SLASH,
    failed="A cancel call with a final slash in its path was not answered as without the slash",
)
def slash_cancel(ctx: CheckContext) -> None:
    ctx.expect_outcome(ctx.cancel(ctx.random_task_id(), tail="/"), "UnsupportedOperation")


@check(
    "paths.slash-post",
    "A detect or create call with a final slash in its path is answered as without the slash.",
    SLASH,
    failed="A detect or create call with a final slash was not answered as without the slash",
)
def slash_post(ctx: CheckContext) -> None:
    ctx.expect_outcome(
        ctx.detect(text="{}", tail="/"), "BadRequest.EmptyModel", "BadRequest.EmptyInput"
    )
    ctx.expect_outcome(
        ctx.create(text="{}", tail="/"), "BadRequest.EmptyModel", "BadRequest.EmptyInput"
    )


@check(
    "paths.method",
    "A method that the path does not support is refused.",
    "InvalidParameter-method",
    failed="A method that the path does not support was not refused as documented",
)
def method(ctx: CheckContext) -> None:
    for operation in (ctx.tested.create, ctx.tested.detect):
        ctx.expect_outcome(ctx.call(operation.id, method="GET"), "InvalidParameter-method")


@check(
    "paths.query",
    "A poll with unknown query parameters is answered as without them.",
    Evidence("captured", "SDK: its asyncio client sends those of the create call"),
    failed="A poll with unknown query parameters was not answered as without them",
)
def query(ctx: CheckContext) -> None:
    exchange = ctx.get(ctx.random_task_id(), query="style_level=calm&emo=1")
    if ctx.expect_outcome(exchange, "UNKNOWN"):
        ctx.expect(exchange, "/request_id", bool(answer_at(exchange, "/request_id")), "an id")


@check(
    "paths.headers",
    "A poll with the headers of a create call is answered as without them.",
    Evidence("captured", "public clients send them"),
    failed="A poll with the headers of a create call was not answered as without them",
)
def headers(ctx: CheckContext) -> None:
    sent = {"X-DashScope-Async": "enable", "Content-Type": "application/json; charset=utf-8"}
    ctx.expect_outcome(ctx.get(ctx.random_task_id(), headers=sent), "UNKNOWN")
