"""Checks of the key: a call without a key, or with a wrong one, is refused before anything else."""

from __future__ import annotations

from contracts.provider.http import API
from contracts.verify.context import CheckContext
from contracts.verify.registry import Evidence, check


@check(
    "keys.missing",
    "A call without a key is refused.",
    "InvalidApiKey-missing",
    failed="A call without a key was not refused as documented",
)
def missing(ctx: CheckContext) -> None:
    ctx.expect_outcome(ctx.get(ctx.random_task_id(), key=None), "InvalidApiKey-missing")


@check(
    "keys.empty",
    "A call with an empty key is refused.",
    "InvalidApiKey-missing",
    "InvalidApiKey",
    failed="A call with an empty key was not refused as documented",
)
def empty(ctx: CheckContext) -> None:
    exchange = ctx.get(ctx.random_task_id(), key=None, headers={"Authorization": ""})
    ctx.expect_outcome(exchange, "InvalidApiKey-missing", "InvalidApiKey")


@check(
    "keys.wrong",
    "A call with a key that does not exist is refused.",
    "InvalidApiKey",
    failed="A call with a key that does not exist was not refused as documented",
)
def wrong(ctx: CheckContext) -> None:
    exchange = ctx.get(ctx.random_task_id(), key=None, headers={"Authorization": "Bearer nobody"})
    ctx.expect_outcome(exchange, "InvalidApiKey")


@check(
    "keys.scheme",
    "A key that is not sent as a Bearer token is refused.",
    "InvalidApiKey",
    failed="A key that was not sent as a Bearer token was not refused as documented",
)
def scheme(ctx: CheckContext) -> None:
    exchange = ctx.get(ctx.random_task_id(), key=None, headers={"Authorization": "Basic c2stMTox"})
    ctx.expect_outcome(exchange, "InvalidApiKey", "InvalidApiKey-missing")


@check(
    "keys.everywhere",
    "Every operation refuses a call without a key.",
    "InvalidApiKey-missing",
    failed="An operation did not refuse a call without a key as documented",
)
def everywhere(ctx: CheckContext) -> None:
    for operation in ctx.spec.operations.values():
        body = "{}" if operation.body else None
        sent = {p.name: "enable" for p in operation.headers if p.required}
        exchange = ctx.call(operation.id, ctx.random_task_id(), text=body, headers=sent, key=None)
        ctx.expect_outcome(exchange, "InvalidApiKey-missing")


@check(
    "keys.before-paths",
    "A call to an unknown path without a key is answered 401.",
    Evidence("captured", "RTE, with the native prefix"),
    failed="A call to an unknown path without a key was not answered 401",
)
def before_paths(ctx: CheckContext) -> None:
    ctx.expect_status(ctx.get("", path=f"{API}/no/such/path", key=None), 401)


@check(
    "keys.before-bodies",
    "A call without a key is refused before its body is read.",
    "InvalidApiKey-missing",
    failed="A call with an invalid body and without a key was not refused for the missing key",
)
def before_bodies(ctx: CheckContext) -> None:
    ctx.expect_outcome(ctx.detect(text="{", key=None), "InvalidApiKey-missing")
