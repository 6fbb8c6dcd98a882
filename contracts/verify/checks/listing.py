"""The list of tasks: pages, filters, what an entry says."""

from __future__ import annotations

from typing import Any

from contracts.provider.exchange import Exchange, at
from contracts.verify.context import Ask
from contracts.verify.registry import Because, check
from contracts.verify.run_task import PAYS

TASK = Because("documented", "TASK")
INVALID = ("page_no=0", "page_size=0", "page_no=one", "status=DONE", "start_time=yesterday")


def _data(exchange: Exchange) -> list[Any]:
    data = at(exchange, "/data")
    return data if isinstance(data, list) else []


@check("lists.page", "A list is a page, and says which.", "listed")
def page(ask: Ask) -> None:
    exchange = ask.list("page_no=1&page_size=3")
    if ask.answers(exchange, "listed"):
        ask.equal(exchange, "/page_no", 1)
        ask.equal(exchange, "/page_size", 3)
        ask.that(exchange, "/data", len(_data(exchange)) <= 3, "3 entries at most")
        pages = -(-at(exchange, "/total") // 3)
        ask.equal(exchange, "/total_page", pages)


@check("lists.defaults", "Without parameters it is the first page of ten.", TASK)
def defaults(ask: Ask) -> None:
    exchange = ask.list()
    if ask.answers(exchange, "listed"):
        ask.equal(exchange, "/page_no", 1)
        ask.equal(exchange, "/page_size", 10)


@check("lists.beyond", "A page behind the last is empty.", TASK, severity="warning")
def beyond(ask: Ask) -> None:
    exchange = ask.list("page_no=100000&page_size=10")
    if ask.answers(exchange, "listed"):
        ask.equal(exchange, "/data", [])


@check("lists.order", "The newest task comes first.", TASK, severity="warning", pays=PAYS)
def order(ask: Ask) -> None:
    ask.lived()
    exchange = ask.list("page_no=1&page_size=100")
    if ask.answers(exchange, "listed"):
        times = [entry["gmt_create"] for entry in _data(exchange)]
        ask.that(exchange, "/data", times == sorted(times, reverse=True), "the newest first")


@check("lists.filter", "A list of one state has tasks of that state alone.", TASK, pays=PAYS)
def filtered(ask: Ask) -> None:
    ask.lived()
    for state in ("SUCCEEDED", "PENDING"):
        exchange = ask.list(f"page_no=1&page_size=100&status={state}")
        if ask.answers(exchange, "listed"):
            found = {entry["status"] for entry in _data(exchange)}
            ask.that(exchange, "/data", found <= {state}, f"entries that are {state}")


@check(
    "lists.nobody",
    "A list of a model that nobody used is empty.",
    TASK,
    severity="warning",
    pays=PAYS,
)
def nobody(ask: Ask) -> None:
    ask.lived()
    exchange = ask.list("page_no=1&page_size=10&model_name=no-such-model")
    if ask.answers(exchange, "listed"):
        ask.equal(exchange, "/total", 0)
        ask.equal(exchange, "/data", [])


@check("lists.invalid", "A parameter that makes no sense is refused.", "InvalidParameter")
def invalid(ask: Ask) -> None:
    for query in INVALID:
        exchange = ask.list(query)
        ask.answers(exchange, "InvalidParameter", field=query.partition("=")[0])
