"""Liars that list tasks wrongly."""

from __future__ import annotations

from typing import Any

from mock_server.simulation.call import Call, Reply
from tests.liars import Honest, changed, is_list, lies, saying


def _listed(call: Call, honest: Honest, change: Any) -> Reply:
    reply = honest(call)
    return changed(reply, change) if is_list(call) and reply.status == 200 else reply


@lies("lists.page")
def pages_begin_at_0(call: Call, honest: Honest) -> Reply:
    return _listed(call, honest, lambda value: value.update(page_no=value["page_no"] - 1))


@lies("lists.page")
def a_list_is_inside_output(call: Call, honest: Honest) -> Reply:
    return _listed(call, honest, lambda value: value.update(output={"data": value.pop("data")}))


@lies("lists.defaults")
def a_page_has_20_entries(call: Call, honest: Honest) -> Reply:
    more = is_list(call) and not call.query
    return honest(call._replace(query="page_size=20") if more else call)


@lies("lists.beyond")
def the_last_page_is_shown_again(call: Call, honest: Honest) -> Reply:
    beyond = "page_no=100000" in call.query
    return _listed(call, honest, lambda v: v.update(data=[{"x": 1}] if beyond else v["data"]))


@lies("lists.order")
def the_oldest_comes_first(call: Call, honest: Honest) -> Reply:
    return _listed(call, honest, lambda value: value["data"].reverse())


@lies("lists.filter")
def filters_nothing(call: Call, honest: Honest) -> Reply:
    ignored = is_list(call) and "status=PENDING" in call.query
    return honest(call._replace(query="page_no=1&page_size=100") if ignored else call)


@lies("lists.nobody")
def lists_all_models(call: Call, honest: Honest) -> Reply:
    ignored = is_list(call) and "model_name" in call.query
    return honest(call._replace(query="page_no=1&page_size=10") if ignored else call)


@lies("lists.invalid")
def takes_any_parameter(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    if is_list(call) and reply.status == 400:
        return saying(honest(call._replace(query="")), {"data": []})
    return reply
