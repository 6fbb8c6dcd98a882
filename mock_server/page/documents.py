"""The project's documentation as the fake serves it, without network: Markdown as plain text."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

PREFIX = "/docs/"


def routes() -> list[Route]:
    """GET and HEAD of each page. No other file can be reached."""
    return [Route(f"{PREFIX}{{name}}", _serve, methods=["GET", "HEAD"])]


@cache
def titles() -> dict[str, str]:
    """The path of each page with its title, by name."""
    pages = sorted(_folder().glob("*.md"))
    return {f"{PREFIX}{page.name}": _title(page.read_text("utf-8")) for page in pages}


def _folder() -> Path:
    """Inside the installed package, or at the top of the checkout."""
    packaged = Path(__file__).with_name("docs")
    return packaged if packaged.exists() else Path(__file__).parents[2] / "docs"


def _title(text: str) -> str:
    return next((line[2:] for line in text.splitlines() if line.startswith("# ")), "")


async def _serve(request: Request) -> Response:
    if request.url.path not in titles():
        names = ", ".join(titles())
        return PlainTextResponse(f"There is no such page. There are {names}.\n", 404)
    text = (_folder() / request.path_params["name"]).read_text("utf-8")
    return PlainTextResponse(text, headers={"x-content-type-options": "nosniff"})
