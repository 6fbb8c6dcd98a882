"""Reads and checks the settings and arguments of a client. Only this module reads the environment
variables DASHSCOPE_API_KEY and DASHSCOPE_HTTP_BASE_URL."""

import math
import os
import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from emo_client.errors import ConfigError

KEY_VARIABLE = "DASHSCOPE_API_KEY"
URL_VARIABLE = "DASHSCOPE_HTTP_BASE_URL"
DEFAULT_URL = "https://dashscope.aliyuncs.com/api/v1"
PREFIX = "/api/v1"


def api_key(given: str | None) -> str:
    """The given key, else the key of the environment. Raises ConfigError, which does not show the
    key, if an HTTP header cannot carry it."""
    key = os.environ.get(KEY_VARIABLE, "") if given is None else given
    source = KEY_VARIABLE if given is None else "api_key"
    if not isinstance(key, str):
        raise ConfigError(f"{source} cannot be a key: it must be text, not {type(key).__name__}")
    if not key:
        raise ConfigError(f"there is no API key: set {KEY_VARIABLE} or give api_key=…")
    odd = next((at for at, char in enumerate(key) if not "!" <= char <= "~"), None)
    if odd is not None:
        kind = "a blank or line end" if key[odd].isspace() else "not a printable ASCII character"
        raise ConfigError(f"{source} cannot be a key: character {odd + 1} of {len(key)} is {kind}")
    return key


def base_url(given: str | None) -> str:
    """The base URL without a slash at the end. Raises ConfigError for anything but an http(s) URL
    of scheme, host and path."""
    url = os.environ.get(URL_VARIABLE) or DEFAULT_URL
    url = (url if given is None else _text("base_url", given)).strip()
    try:
        parts = urlsplit(url)
        invalid = not url.isprintable() or " " in url
        invalid = invalid or parts.scheme.lower() not in ("http", "https") or not parts.hostname
        invalid = invalid or (parts.port == 0)
    except ValueError:
        invalid = True
    if invalid:
        raise ConfigError(
            f"base_url={_shown(url)} is not an http(s) URL; give one such as {DEFAULT_URL}"
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigError(f"base_url must have scheme, host and path only, such as {DEFAULT_URL}")
    return url.rstrip("/")


def _shown(url: str) -> str:
    """The URL for an error message; `…` if it may be a key that was given by mistake."""
    if url.startswith("sk-") or not any(mark in url for mark in ".:/"):
        return "…"
    return repr(url.partition("?")[0].rpartition("@")[2])


def text(name: str, value: str) -> str:
    """The value, if it is text that UTF-8 can encode. Raises ConfigError."""
    _text(name, value)
    try:
        value.encode()
    except UnicodeEncodeError:
        shown = value.partition("?")[0][:200]  # the query of a URL may be a signature
        raise ConfigError(f"{name}={shown!r} has a character that UTF-8 cannot encode") from None
    return value


def _text(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    shown = "…" if isinstance(value, bytes | bytearray) else repr(value)  # bytes may be a key
    raise ConfigError(f"{name}={shown} must be text, not {type(value).__name__}")


def box(name: str, value: Sequence[int]) -> list[int]:
    """The value as a list, if it holds only numbers. The service checks how many there are."""
    numbers = list(value) if isinstance(value, Iterable) else None
    if numbers is None or not all(isinstance(number, int | float) for number in numbers):
        raise ConfigError(
            f"{name}={value!r} must be numbers of px, such as the boxes from detect()"
        )
    return numbers


def hint(url: str) -> str:
    """A hint for a base URL that does not end with /api/v1; "" for a usual one."""
    path = urlsplit(url).path
    if path.endswith(PREFIX) and path.count(PREFIX) == 1 and "/services/" not in path:
        return ""
    root = url.removesuffix(path)
    before = re.split(r"/(?:api|v1|compatible-mode|services|tasks)(?=/|$)", path)[0]
    return f"base_url={url} is odd: it should end with {PREFIX}, as {root}{before}{PREFIX}"


def seconds(name: str, value: float) -> float:
    """The value, if it is a positive, finite number of seconds. Raises ConfigError."""
    if not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
        raise ConfigError(f"{name}={value!r} must be a number of seconds above 0, and finite")
    return value


def at_least_1(name: str, value: int) -> int:
    """The value, if it is a whole number above 0. Raises ConfigError."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigError(f"{name}={value!r} must be a whole number, 1 or more")
    return value
