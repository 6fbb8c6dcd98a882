"""Liars that accept or refuse the wrong keys."""

from __future__ import annotations

from mock_server.simulation.call import Call, Reply
from tests.liars import Honest, error, is_cancel, is_list, lies

KEY = b"authorization"
MINE = {KEY: b"Bearer sk-anybody"}


@lies("keys.missing")
def asks_for_no_key(call: Call, honest: Honest) -> Reply:
    return honest(call if KEY in call.headers else call._replace(headers=call.headers | MINE))


@lies("keys.missing")
def a_missing_key_is_a_403(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    return reply._replace(status=403) if reply.status == 401 else reply


@lies("keys.empty")
def an_empty_key_will_do(call: Call, honest: Honest) -> Reply:
    empty = call.headers.get(KEY) == b""
    return honest(call._replace(headers=call.headers | MINE) if empty else call)


@lies("keys.wrong")
def any_key_will_do(call: Call, honest: Honest) -> Reply:
    wrong = call.headers.get(KEY, b"").startswith(b"Bearer ")
    wrong = wrong and not call.headers[KEY].startswith(b"Bearer sk-")
    return honest(call._replace(headers=call.headers | MINE) if wrong else call)


@lies("keys.scheme")
def any_scheme_will_do(call: Call, honest: Honest) -> Reply:
    basic = call.headers.get(KEY, b"").startswith(b"Basic ")
    return honest(call._replace(headers=call.headers | MINE) if basic else call)


@lies("keys.everywhere")
def cancels_without_a_key(call: Call, honest: Honest) -> Reply:
    open_to_all = is_cancel(call) and KEY not in call.headers
    return honest(call._replace(headers=call.headers | MINE) if open_to_all else call)


@lies("keys.everywhere")
def lists_without_a_key(call: Call, honest: Honest) -> Reply:
    open_to_all = is_list(call) and KEY not in call.headers
    return honest(call._replace(headers=call.headers | MINE) if open_to_all else call)


@lies("keys.before-paths")
def routes_before_it_looks_at_keys(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    lost = reply.status == 401 and "/no/such" in call.path
    return error(reply, 404, "Not Found", "Not support") if lost else reply


@lies("keys.before-bodies")
def reads_bodies_before_keys(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    half = reply.status == 401 and call.body == b"{"
    text = "Required body invalid, please check the request body format."
    return error(reply, 400, "InvalidParameter", text) if half else reply
