"""Checks the address of a video and of each redirect, and hides the signatures in them."""

from urllib.parse import parse_qsl, urljoin, urlsplit

from emo_client import errors, limits
from emo_client.models import TaskAnswer
from emo_client.settings import text


def address_of(source: str | TaskAnswer) -> str:
    """The URL, or that of the task's video. Raises ConfigError for anything but an http(s) URL."""
    if isinstance(source, TaskAnswer):
        output = source.output
        if not (output.results and output.results.video_url):
            state = f"task {output.task_id} is {output.task_status} and has no video"
            raise errors.ConfigError(f"{state}; give the task that wait() returned")
        source = output.results.video_url
    text("url_or_task", source)
    if joined(source, "") == "" or urlsplit(source).scheme.lower() not in ("http", "https"):
        shown = source.partition("?")[0]
        raise errors.ConfigError(f"{shown!r} is not an http(s) URL; give results.video_url")
    return source


def joined(base: str, location: str) -> str:
    """The absolute URL of a Location header, without its fragment; "" if it is not a URL with a
    host."""
    try:
        parts = urlsplit(urljoin(base, location.strip()))
        return parts._replace(fragment="").geturl() if parts.hostname else ""
    except ValueError:
        return ""


def forbidden(location: str, urls: list[str]) -> str:
    """Why a redirect is not followed; "" if it is. urls: the first one, and those it led to."""
    redirect = f"it is redirected to {bare(location) or 'an address without a host'}"
    if urlsplit(location).scheme not in ("http", "https"):
        return f"{redirect}, which is not an http(s) URL"
    if urlsplit(location).scheme == "http" and urlsplit(urls[-1]).scheme == "https":
        return f"{redirect}, from https to http, where anybody on the way could change it"
    if location in urls:
        return f"{redirect}, in a circle"
    if len(urls) > limits.REDIRECTS:
        return f"{redirect}, after {limits.REDIRECTS} other redirects"
    return ""


def bare(url: str) -> str:
    """The URL without its query, which contains the signature, and without a user name."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def unsigned(message: str, urls: list[str]) -> str:
    """The message without the signatures of these URLs. Shorter texts are no signatures, and a `1`
    can be anywhere in a message."""
    queries = [urlsplit(url).query for url in urls]
    values = [value for query in queries for _, value in parse_qsl(query)]
    for secret in [part for part in (*queries, *values) if len(part) > 8]:
        message = message.replace(secret, "…")
    return message
