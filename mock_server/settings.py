"""The settings of a server, with defaults and checks."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from msgspec import Struct

from contracts.http1.bounds import Timeouts
from contracts.text.hosts import is_loopback
from mock_server.simulation.clock import MODES
from mock_server.web.origins import UrlError, addresses, host_name, page_origin, public_url

LIMITS = ("off", "documented")
LOGS = ("auto", "text", "json", "off")
LONGEST_TIMEOUT = 86400


def environment() -> Mapping[str, str]:
    """The environment variables. No other module of the fake reads them."""
    return os.environ


class SettingsError(ValueError):
    """An invalid setting. The text has its name, its value and the next step. setting: its name in
    Python, such as `public_url`; "" if several are involved."""

    def __init__(self, text: str, setting: str = "") -> None:
        super().__init__(text)
        self.setting = setting


class Settings(Struct, frozen=True, kw_only=True):
    """The options of `emo serve`. Raises SettingsError for an invalid value.

    time: a name of clock.MODES. speed: the rate of the clock, in place of the mode's. concurrency:
    tasks of one key that run at a time; None for the spec's. seed: for everything random; None for
    random ids and signatures. limits: one of LIMITS. variants: choices of x-variants by name.
    scenario: the path of a scenario file, or one scenario as YAML. log: one of LOGS. cors: origins
    whose pages may call the mocked API; `localhost` is every loopback origin. public_url: the
    beginning of URLs in answers. forwarded_allow_ips: proxies whose X-Forwarded-Proto and
    X-Forwarded-Host set that beginning instead. timeout_keep_alive, timeout_head, timeout_body:
    seconds, as in contracts.http1.bounds.Timeouts."""

    host: str = "127.0.0.1"
    port: int = 8787
    time: str = "fast"
    speed: float | None = None
    concurrency: int | None = None
    seed: str | None = None
    admin_token: str | None = None
    allow_hosts: tuple[str, ...] = ()
    limits: str = "off"
    variants: dict[str, str] = {}
    scenario: str | None = None
    log: str = "auto"
    cors: tuple[str, ...] = ()
    public_url: str | None = None
    forwarded_allow_ips: str | None = None
    timeout_keep_alive: float = Timeouts().keep_alive
    timeout_head: float = Timeouts().head
    timeout_body: float = Timeouts().body

    def __post_init__(self) -> None:
        self._check_simulation()
        token = self.admin_token
        in_range = f"{self.port} must be from 0 (any free one) to 65535"
        _require(0 <= self.port <= 65535, "port", in_range)
        _require(bool(self.host), "host", "is empty; 0.0.0.0 means all addresses")
        _check("host", host_name, self.host)
        _require(self.log in LOGS, "log", f"{self.log!r} must be one of {', '.join(LOGS)}")
        possible = token is None or (token.isascii() and token.isprintable() and token.strip())
        _require(bool(possible), "admin_token", "must be printable ASCII, and not empty")
        is_kept = token is None or token == token.strip()
        text = "begins or ends with a space, which no header can carry; leave it out"
        _require(is_kept, "admin_token", text)
        for origin in self.cors:
            _check("cors", page_origin, origin)
        for name in self.allow_hosts:
            _check("allow_host", host_name, name)
        _check("public_url", public_url, self.public_url)
        _check("forwarded_allow_ips", addresses, self.forwarded_allow_ips)
        for name in ("timeout_keep_alive", "timeout_head", "timeout_body"):
            seconds = getattr(self, name)
            text = f"{seconds:g} must be above 0 and at most {LONGEST_TIMEOUT} seconds"
            _require(0 < seconds <= LONGEST_TIMEOUT, name, text)

    def __repr__(self) -> str:
        """All settings but the admin token."""
        shown = {name: getattr(self, name) for name in self.__struct_fields__}
        shown["admin_token"] = self.admin_token and "***"
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    def _check_simulation(self) -> None:
        _require(self.seed != "", "seed", "is empty; leave it out for random ids")
        speed, concurrency = self.speed, self.concurrency
        _require(self.time in MODES, "time", f"{self.time!r} must be one of {', '.join(MODES)}")
        in_range = speed is None or 0 <= speed <= 1e9
        _require(in_range, "speed", f"{speed} must be from 0 (frozen) to 1e9")
        in_range = concurrency is None or 1 <= concurrency <= 1000
        _require(in_range, "concurrency", f"{concurrency} must be from 1 to 1000")
        _require(
            self.limits in LIMITS, "limits", f"{self.limits!r} must be one of {', '.join(LIMITS)}"
        )
        contradicts = self.time == "frozen" and self.speed
        text = f"{speed} contradicts time 'frozen'; leave one of them out"
        _require(not contradicts, "speed", text)

    @property
    def clock(self) -> tuple[float, bool]:
        """The rate of a new tenant's clock, and whether polls skip to the next event."""
        rate, skip = MODES[self.time]
        return (rate if self.speed is None else float(self.speed)), skip

    @property
    def timeouts(self) -> Timeouts:
        """The times after which the connection of an inactive client is closed."""
        return Timeouts(self.timeout_keep_alive, self.timeout_head, self.timeout_body)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return is_loopback(self.host)

    @property
    def is_private(self) -> bool:
        """Whether the server is for one person: no other machine can reach it, and it has no
        token."""
        return self.is_loopback and self.admin_token is None


def _require(holds: bool, setting: str, text: str) -> None:
    if not holds:
        raise SettingsError(f"{setting.replace('_', ' ')} {text}", setting)


def _check(setting: str, check: Callable[[str], object], text: str | None) -> None:
    try:
        if text is not None:
            check(text)
    except UrlError as error:
        raise SettingsError(f"{setting.replace('_', ' ')} {error}", setting) from None


def bypass_proxies(host: str) -> None:
    """Make every HTTP library of this process call a host without a proxy. requests, which
    schemathesis uses, reads proxies only from the environment."""
    from urllib.request import getproxies

    if getproxies():
        for name in ("NO_PROXY", "no_proxy"):
            os.environ[name] = ",".join(filter(None, [os.environ.get(name), host]))
