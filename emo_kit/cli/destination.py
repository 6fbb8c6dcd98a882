"""Selects the server that the client's commands call. The default is the fake on this machine, so
that nobody pays by accident."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import click

from contracts.text.hosts import is_loopback
from emo_kit.cli.errors import NotReachable
from mock_server.settings import environment

if TYPE_CHECKING:
    from emo_client import Client, EmoError

LOCAL = "http://127.0.0.1:8787"
LOCAL_KEY = "sk-local"
DEFAULT_PORT = 8787
API = "/api/v1"
URL_VARIABLE, KEY_VARIABLE = "DASHSCOPE_HTTP_BASE_URL", "DASHSCOPE_API_KEY"
PAID = ("aliyuncs.com",)  # domains of the service
# A path that already names an API, perhaps a wrong one. It is kept: the client explains it.
_NAMES_AN_API = re.compile(r"/(?:api|v\d+|compatible-mode|services|tasks)(?:/|$)")


class Destination(NamedTuple):
    """A base URL or, with is_video, the URL of a video, which needs no key. named_by: the option or
    variable with the URL, "" for the default."""

    url: str
    named_by: str = ""
    is_video: bool = False

    @property
    def base_url(self) -> str:
        """The base URL of the API; the fake's if only a video is fetched."""
        return local() + API if self.is_video else self.url

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def is_near(self) -> bool:
        """Whether the server runs on this machine."""
        return is_loopback(self.host)

    @property
    def is_paid(self) -> bool:
        """Whether the server is the paid service of DashScope."""
        return any(f".{self.host}".endswith(f".{domain}") for domain in PAID)

    def announcement(self) -> str:
        """The first line of each command: the URL, and the option or variable that named it."""
        if self.is_video:
            return f"emo: fetching {self.url}"
        prefix = "the fake at " if self.url == local() + API else ""
        notes = ["the paid service"] if self.is_paid else []
        if self.named_by not in ("", "--base-url"):
            notes.append(self.named_by)
        return f"emo: calling {prefix}{self.url}" + (f" ({', '.join(notes)})" if notes else "")

    def key(self, given: str | None) -> str | None:
        """The given API key; None if the environment has one; for a fake, a key that every fake
        accepts. Raises UsageError if another server would be called without a key."""
        if given is not None or environment().get(KEY_VARIABLE):
            return given
        if self.is_near or self.is_video:
            return LOCAL_KEY
        raise click.UsageError(
            f"{self.url} needs an API key: set {KEY_VARIABLE} or give --key. "
            "The fake, which is called without --live and --base-url, needs none."
        )


def destination(base_url: str | None, live: bool) -> Destination:
    """The server from --live, --base-url or the environment, else the fake on this machine. Raises
    UsageError for an invalid URL."""
    from emo_client.settings import DEFAULT_URL

    variable = environment().get(URL_VARIABLE, "")
    if live and base_url is not None:
        raise click.UsageError("give --live or --base-url, not both: each selects the server")
    if live:
        over = f"--live, not the {URL_VARIABLE} of the environment"
        return Destination(DEFAULT_URL, over if variable not in ("", DEFAULT_URL) else "--live")
    if base_url is not None:
        return Destination(_with_api(checked_url(base_url, "--base-url")), "--base-url")
    if variable:
        return Destination(_with_api(checked_url(variable, URL_VARIABLE)), f"from {URL_VARIABLE}")
    return Destination(local() + API)


def root(server: str | None) -> str:
    """The root of a fake, `http://HOST:PORT`: from --server, else from the environment's base URL
    unless that is the paid service, else the default of `emo serve`. Raises UsageError."""
    where = destination(None, False) if server is None else Destination(server_url(server))
    parts = urlsplit(local() if where.is_paid else where.url)
    return f"{parts.scheme}://{parts.netloc}"


def server_url(url: str) -> str:
    """The URL of --server without a slash at the end. Raises UsageError for an invalid URL and for
    the paid service, which would get a key or a program that is meant for the fake."""
    checked = checked_url(url, "--server")
    if Destination(checked).is_paid:
        raise click.UsageError(
            f"--server {checked} is the paid service; give the root of a fake, such as {LOCAL}"
        )
    return checked


def default_key() -> str:
    """The key of the environment, or a key that every fake accepts."""
    return environment().get(KEY_VARIABLE) or LOCAL_KEY


def video(url: str) -> Destination:
    """The URL of a video as a destination, without its query, which is a signature."""
    bare = url.partition("?")[0].partition("#")[0]
    return Destination(re.sub(r"(?<=://)[^/@]*@", "", bare), is_video=True)


def local() -> str:
    """The root of the fake that `emo serve` starts on this machine: on EMO_PORT, or 8787."""
    port = environment().get("EMO_PORT", "")
    is_port = port.isascii() and port.isdecimal() and 0 < int(port) <= 65535
    return f"http://127.0.0.1:{port}" if is_port else LOCAL


def checked_url(url: str, named_by: str) -> str:
    """A base URL or root without a slash at the end. Raises UsageError for an invalid URL.
    named_by: the option or variable to name in the error."""
    from emo_client import ConfigError
    from emo_client.settings import DEFAULT_URL
    from emo_client.settings import base_url as checked

    try:
        return checked(url)
    except ConfigError as error:
        text = str(error).replace("base_url=", f"{named_by} ").replace("base_url", named_by)
        example = LOCAL if named_by == "--server" else LOCAL + API
        raise click.UsageError(text.replace(DEFAULT_URL, example)) from None


def _with_api(url: str) -> str:
    """The URL with /api/v1 added, unless its path already names an API."""
    path = urlsplit(url).path
    return url if path.endswith(API) or _NAMES_AN_API.search(path) else url + API


@contextmanager
def clients(where: Destination, key: str | None) -> Iterator[Callable[..., Client]]:
    """A function that makes clients for this server. For the loopback address the proxies of the
    environment are not used: they cannot reach it."""
    import httpx

    from emo_client import Client
    from emo_client.driver import new_http_client

    key = where.key(key)
    with new_http_client(lambda: httpx.Client(trust_env=not where.is_near)) as http:
        yield partial(Client, api_key=key, base_url=where.base_url, http=http)


def not_reachable(where: Destination, error: EmoError, reason: str) -> NotReachable:
    """The error for a failed connection, with the command or setting to try next."""
    port = urlsplit(where.url).port
    serve = "emo serve" if port in (None, DEFAULT_PORT) else f"emo serve --port {port}"
    reason = reason.partition(" (base_url=")[0]  # the message has the URL already
    if where.is_near and "refused" in reason.lower():
        message = f"nobody answers at {where.url}; start the fake with `{serve}`"
    elif where.is_near:
        message = f"nobody answers at {where.url}: {reason}; `{serve}` starts the fake"
    else:
        message = (
            f"nobody answers at {where.url}: {reason}; look at the URL, the network and "
            "HTTPS_PROXY / NO_PROXY, or call the fake that `emo serve` starts"
        )
    return NotReachable(message, kind=type(error).__name__)
