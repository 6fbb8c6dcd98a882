"""Whose call it is: what is answered to one without a key, or with one that is none."""

from __future__ import annotations

from contracts.provider.http import API
from contracts.verify.context import ASYNC_HEADER, CheckContext
from contracts.verify.registry import Evidence, check


@check("keys.missing", "A call without a key is refused.", "InvalidApiKey-missing")
def missing(ctx: CheckContext) -> None:
    ctx.expect_outcome(ctx.get(ctx.random_task_id(), key=None), "InvalidApiKey-missing")


@check("keys.empty", "An empty key is no key.", "InvalidApiKey-missing", "InvalidApiKey")
def empty(ctx: CheckContext) -> None:
    exchange = ctx.get(ctx.random_task_id(), key=None, headers={"Authorization": ""})
    ctx.expect_outcome(exchange, "InvalidApiKey-missing", "InvalidApiKey")


@check("keys.wrong", "A key that nobody has is refused.", "InvalidApiKey")
def wrong(ctx: CheckContext) -> None:
    exchange = ctx.get(ctx.random_task_id(), key=None, headers={"Authorization": "Bearer nobody"})
    ctx.expect_outcome(exchange, "InvalidApiKey")


@check("keys.scheme", "A key is sent as a Bearer.", "InvalidApiKey")
def scheme(ctx: CheckContext) -> None:
    exchange = ctx.get(ctx.random_task_id(), key=None, headers={"Authorization": "Basic c2stMTox"})
    ctx.expect_outcome(exchange, "InvalidApiKey", "InvalidApiKey-missing")


@check("keys.everywhere", "Every operation asks for a key.", "InvalidApiKey-missing")
def everywhere(ctx: CheckContext) -> None:
    for operation in ctx.spec.operations.values():
        body = "{}" if operation.body else None
        sent = {ASYNC_HEADER: "enable"} if operation.id == "createVideoTask" else {}
        exchange = ctx.call(operation.id, ctx.random_task_id(), text=body, headers=sent, key=None)
        ctx.expect_outcome(exchange, "InvalidApiKey-missing")


@check(
    "keys.before-paths",
    "Without a key an unknown path is a 401 too.",
    Evidence("captured", "RTE, with the native prefix"),
)
def before_paths(ctx: CheckContext) -> None:
    ctx.expect_status(ctx.get("", path=f"{API}/no/such/path", key=None), 401)


@check("keys.before-bodies", "A body is not read before the key.", "InvalidApiKey-missing")
def before_bodies(ctx: CheckContext) -> None:
    ctx.expect_outcome(ctx.detect(text="{", key=None), "InvalidApiKey-missing")
