"""Where the service is and who asks: arguments, else the environment, which only this reads."""

import math
import os
import re
from urllib.parse import urlsplit

from emo_client.errors import ConfigError

KEY_VARIABLE = "DASHSCOPE_API_KEY"
URL_VARIABLE = "DASHSCOPE_HTTP_BASE_URL"
DEFAULT_URL = "https://dashscope.aliyuncs.com/api/v1"
PREFIX = "/api/v1"


def api_key(given: str | None) -> str:
    """The key, checked for what no header can carry; an error never shows it."""
    key = os.environ.get(KEY_VARIABLE, "") if given is None else given
    source = KEY_VARIABLE if given is None else "api_key"
    if not key:
        raise ConfigError(f"there is no API key: set {KEY_VARIABLE} or give api_key=…")
    odd = next((at for at, char in enumerate(key) if not "!" <= char <= "~"), None)
    if odd is not None:
        kind = "a blank or line end" if key[odd].isspace() else "not a printable ASCII character"
        raise ConfigError(f"{source} cannot be a key: character {odd + 1} of {len(key)} is {kind}")
    return key


def base_url(given: str | None) -> str:
    """The base URL without a slash at its end."""
    url = (given if given is not None else os.environ.get(URL_VARIABLE) or DEFAULT_URL).strip()
    try:
        parts = urlsplit(url)
        hopeless = parts.scheme.lower() not in ("http", "https") or not parts.hostname
        hopeless = hopeless or (parts.port == 0)
    except ValueError:
        hopeless = True
    if hopeless:
        raise ConfigError(
            f"base_url={_shown(url)} is no http(s) URL; give one such as {DEFAULT_URL}"
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigError(f"base_url must be scheme, host and path alone, such as {DEFAULT_URL}")
    return url.rstrip("/")


def _shown(url: str) -> str:
    """For an error, unless it may be a key in the wrong place."""
    if url.startswith("sk-") or not any(mark in url for mark in ".:/"):
        return "…"
    return repr(url.partition("?")[0].rpartition("@")[2])


def hint(url: str) -> str:
    """What is odd about a base URL and what it should be; empty when nothing is."""
    path = urlsplit(url).path
    if path.endswith(PREFIX) and path.count(PREFIX) == 1 and "/services/" not in path:
        return ""
    root = url.removesuffix(path)
    before = re.split(r"/(?:api|v1|compatible-mode|services|tasks)(?=/|$)", path)[0]
    return f"base_url={url} is odd: it should end with {PREFIX}, as {root}{before}{PREFIX}"


def seconds(name: str, value: float) -> float:
    """The value, if it is a time to wait for something."""
    if not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
        raise ConfigError(f"{name}={value!r} must be a number of seconds above 0, and finite")
    return value
