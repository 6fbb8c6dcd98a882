"""Serves the project's documentation without network: Markdown as plain text, and a list of the
pages."""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

PREFIX = "/docs/"
FOLDER = PREFIX.rstrip("/")
MAINTAINERS = f"{PREFIX}maintainers/"  # about the project itself; users need them rarely


def routes() -> list[Route]:
    """GET and HEAD of each page and of their list. No other file can be reached."""
    paths = ((FOLDER, _to_list), (PREFIX, _list), (f"{PREFIX}{{name:path}}", _serve))
    return [Route(path, answer, methods=["GET", "HEAD"]) for path, answer in paths]


@cache
def titles() -> dict[str, str]:
    """The URL path of each page with its title: the index, the users' pages by name, and the pages
    for maintainers."""
    folder = _folder()
    texts = {page.relative_to(folder).as_posix(): page.read_text("utf-8")
             for page in folder.rglob("*.md")}  # fmt: skip
    paths = sorted(texts, key=lambda name: (name != "index.md", "/" in name, name))
    return {f"{PREFIX}{name}": _title(texts[name]) for name in paths}


def users_titles() -> dict[str, str]:
    """The same without the pages for maintainers."""
    return {path: title for path, title in titles().items() if not path.startswith(MAINTAINERS)}


def _folder() -> Path:
    """The folder inside the installed package, or at the top of the checkout."""
    packaged = Path(__file__).with_name("docs")
    return packaged if packaged.exists() else Path(__file__).parents[2] / "docs"


def _title(text: str) -> str:
    return next((line[2:] for line in text.splitlines() if line.startswith("# ")), "")


async def _to_list(_: Request) -> Response:
    """Redirect to the list with a final slash, so that its relative links work behind a proxy,
    too."""
    return RedirectResponse(PREFIX.lstrip("/"))


async def _list(_: Request) -> Response:
    links = "\n".join(
        f'<li><a href="{path.removeprefix(PREFIX)}">{escape(title)}</a>'
        for path, title in titles().items()
    )
    page = "<!doctype html>\n<html lang=en><meta charset=utf-8><title>Documentation</title>\n"
    policy = {"content-security-policy": "default-src 'none'"}
    return HTMLResponse(f"{page}<h1>Documentation</h1>\n<ul>\n{links}\n</ul>\n", headers=policy)


async def _serve(request: Request) -> Response:
    if request.url.path not in titles():
        names = ", ".join(titles())
        return PlainTextResponse(f"There is no such page. There are {names}.\n", 404)
    text = (_folder() / request.path_params["name"]).read_text("utf-8")
    return PlainTextResponse(text, headers={"x-content-type-options": "nosniff"})
