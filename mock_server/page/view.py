"""The content of the page as HTML: the server, how to call it, the latest exchanges, every route.
Text of clients is escaped, and its invisible characters are shown."""

from __future__ import annotations

from typing import NamedTuple
from xml.etree.ElementTree import Element, tostring

from contracts.reports.elements import Child, element
from contracts.reports.formatting import cut, when
from contracts.spec.loader import Operation, Spec
from contracts.spec.pointers import pointer_of
from contracts.text.printable import in_line
from mock_server.control.api import CONTROLS
from mock_server.engine.pipeline import Engine
from mock_server.explain import as_text
from mock_server.explain.kept import explain_entry
from mock_server.journal.journal import Entry
from mock_server.page.documents import users_titles
from mock_server.simulation.timestamps import format_time

LONGEST = 300  # characters of one part of an exchange
# Files of the fake itself, beside the routes of the spec and of the control API.
FILES = {
    "/results/…": "The video of a task; its signed URL is in the task's answer.",
    "/openapi.yaml": "The API as an OpenAPI document.",
    "/openapi.json": "The same as JSON.",
    "/docs/": "The documentation.",
    "/samples/portrait.png": "A portrait to try the API with.",
    "/samples/voice.wav": "A voice recording to try the API with.",
}


class View(NamedTuple):
    """The content of the page. root: the server's address as the client called it. at: the
    machine's time. exchanges: the latest, newest first, each with its tenant's id; None if the
    client may not see them."""

    engine: Engine
    root: str
    at: float
    exchanges: list[tuple[str, Entry]] | None


def as_html(view: View, style: str) -> str:
    """The whole page."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("link", rel="icon", href="./favicon.ico", type="image/svg+xml"),
        element("title", "EMO API, local fake"),
        element("style", style),
    )
    main = element("main", _setup(view), _exchanges(view), *_routes(view), _documents())
    page = element("html", head, element("body", _header(view), main), lang="en")
    return f"<!doctype html>\n{tostring(page, encoding='unicode', method='html')}\n"


def _header(view: View) -> Element:
    settings, spec = view.engine.settings, view.engine.spec
    return element(
        "header",
        element("p", "dashscope-emo-kit", class_="kind"),
        element("h1", "A fake of DashScope's EMO API"),
        element("p", "This server answers as Alibaba Cloud Model Studio's talking-head API does, "
                "without cost and without network. It makes no real videos: each task ends with "
                "the same drawn person."),
        element("p", f"Models: {', '.join(spec.models)}. Contract of {spec.version}. "
                f"Time: {settings.time}.", class_="kind"),
    )  # fmt: skip


def _setup(view: View) -> Element:
    base = in_line(view.root + view.engine.spec.prefixes[0])
    values = {"DASHSCOPE_HTTP_BASE_URL": base, "DASHSCOPE_API_KEY": "sk-local"}
    shell = "\n".join(f"export {name}={value}" for name, value in values.items())
    power = "\n".join(f'$env:{name} = "{value}"' for name, value in values.items())
    return _section(
        "Call it",
        element("p", "Base URL: ", element("code", base, class_="copy")),
        element("p", "For the official SDK and for ", element("code", "emo"), ", in a shell:"),
        element("pre", shell, class_="copy"),
        element("p", "In PowerShell:"),
        element("pre", power, class_="copy"),
        element("p", "Any key that begins with sk- is accepted. Each key has its own tasks and "
                "its own clock."),
    )  # fmt: skip


def _exchanges(view: View) -> Element:
    if view.exchanges is None:
        return _section(
            "Latest exchanges",
            element("p", "They are shown only where the control API would answer: open this page "
                    "on the server's machine as http://127.0.0.1, on a server without an admin "
                    "token, or run ", element("code", "emo journal --admin-token TOKEN"), "."),
        )  # fmt: skip
    reload = element("p", f"Of all keys, newest first, as of {when(view.at)}. ",
                     element("a", "Reload", href="./"))  # fmt: skip
    if not view.exchanges:
        return _section("Latest exchanges", reload, element("p", "Nothing was called yet."))
    rows = [_exchange(view.engine, *exchange) for exchange in view.exchanges]
    table = _table(("Time", "Call", "Answer", "Key"), rows, class_="exchanges")
    return _section("Latest exchanges", reload, table)


def _exchange(engine: Engine, tenant_id: str, entry: Entry) -> list[Child]:
    query = f"?{entry.query}" if entry.query else ""
    call = element("code", _short(f"{entry.method} {entry.path}{query}"))
    status = str(entry.status) if entry.answered else "no answer"
    named = entry.fault or entry.name or entry.scenario
    sort = "bad" if not entry.answered or entry.status >= 400 else "good"
    return [
        element("span", *_times(entry)),
        element("div", call, _why(engine, tenant_id, entry)),
        element("span", element("strong", status, class_=sort), f" {_short(named)}", *_by(entry)),
        element("code", tenant_id[:8] or "none"),
    ]


def _times(entry: Entry) -> list[Child]:
    """The machine's time, and the tenant's time if it differs."""
    shown: list[Child] = [element("time", when(entry.real))]
    if abs(entry.at - entry.real) >= 1:
        shown.append(element("small", f"key's clock: {format_time(entry.at)[:19]} +08:00"))
    return shown


def _by(entry: Entry) -> list[Child]:
    return [element("small", f"by {_short(entry.source)}")] if entry.source else []


def _why(engine: Engine, tenant_id: str, entry: Entry) -> Element | None:
    if not entry.explained:
        return None
    text = cut(as_text(explain_entry(engine, tenant_id, entry)))
    return element("details", element("summary", "Why?"), element("pre", text))


def _routes(view: View) -> list[Element]:
    spec = view.engine.spec
    served: list[list[Child]] = [
        [element("code", f"{operation.method} {spec.prefixes[0]}{operation.template}"),
         f"{_summary(spec, operation)}. ", element("code", operation.id)]
        for operation in spec.operations.values()
    ]  # fmt: skip
    control: list[list[Child]] = [
        [element("code", f"{method} /__mock__{path}"), _first_line(control)]
        for method, path, control in CONTROLS
    ]
    files: list[list[Child]] = [
        [element("code", f"GET {path}"), text] for path, text in FILES.items()
    ]
    columns = ("Route", "Purpose")
    return [
        _section("Routes of the service", _table(columns, [[a, _cell(*b)] for a, *b in served])),
        _section("Routes of the fake", _table(columns, [*files, *control])),
    ]


def _summary(spec: Spec, operation: Operation) -> str:
    place = "#" + pointer_of(("paths", operation.template, operation.method.lower()))
    return str(spec.source_map.value(place)["summary"]).rstrip(".")


def _first_line(function: object) -> str:
    return (function.__doc__ or "").partition("\n")[0]


def _documents() -> Element:
    pages = [element("li", _link(path, title)) for path, title in users_titles().items()]
    return _section(
        "Documentation",
        element("ul", *pages),
        element("p", "The API: ", _link("/openapi.yaml"), ", ", _link("/openapi.json"), ". On the "
                "command line: ", element("code", "emo --help"), ", ",
                element("code", "emo scenarios"), ", ", element("code", "emo explain"), "."),
    )  # fmt: skip


def _link(path: str, text: str = "") -> Element:
    """A relative link, since a proxy may serve the page below another path."""
    return element("a", text or path, href=f".{path}")


def _section(title: str, *children: Child) -> Element:
    anchor = title.lower().replace(" ", "-")
    heading = element("h2", title, id=anchor)
    return element("section", heading, *children, aria_labelledby=anchor)


def _table(columns: tuple[str, ...], rows: list[list[Child]], class_: str = "routes") -> Element:
    head = element("tr", *(element("th", name, scope="col") for name in columns))
    body = [
        element("tr", *(element("td", cell, data_name=name)
                        for name, cell in zip(columns, row, strict=True)))
        for row in rows
    ]  # fmt: skip
    return element("table", element("thead", head), element("tbody", *body), class_=class_)


def _cell(*children: Child) -> Element:
    return element("span", *children)


def _short(text: str) -> str:
    return in_line(cut(text, LONGEST))
