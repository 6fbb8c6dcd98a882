"""What a server can be told, with its defaults. Checked here, so that nothing else has to."""

from __future__ import annotations

import os
from collections.abc import Mapping
from hashlib import blake2b
from ipaddress import ip_address

from msgspec import Struct

from mock_server.clock import MODES

LIMITS = ("off", "documented")
LOGS = ("auto", "text", "json", "off")


def environment() -> Mapping[str, str]:
    """The machine's environment variables; nothing else reads them."""
    return os.environ


class SettingsError(ValueError):
    """A setting that cannot be, named with its value and the way on."""


class Settings(Struct, frozen=True, kw_only=True):
    """`time` is a key of clock.MODES, `speed` the rate in place of the mode's own, `concurrency`
    how many tasks of one key run at a time (None: as the spec says), `seed` what ids and boxes
    depend on, `limits` a key of LIMITS, `variants` choices of the spec's x-variants by name,
    `scenario` the path of a file of scenarios, or one scenario, as YAML; `log` a key of LOGS.
    Raises SettingsError."""

    host: str = "127.0.0.1"
    port: int = 8787
    time: str = "fast"
    speed: float | None = None
    concurrency: int | None = None
    seed: str = "emo"
    admin_token: str | None = None
    allow_hosts: tuple[str, ...] = ()
    limits: str = "off"
    variants: dict[str, str] = {}
    scenario: str | None = None
    log: str = "auto"

    def __post_init__(self) -> None:
        if self.time not in MODES:
            raise SettingsError(f"time {self.time!r} is none of {', '.join(MODES)}")
        if self.speed is not None and not 0 <= self.speed <= 1e9:
            raise SettingsError(f"speed {self.speed} must be from 0 (frozen) to 1e9")
        if self.concurrency is not None and not 1 <= self.concurrency <= 1000:
            raise SettingsError(f"concurrency {self.concurrency} must be from 1 to 1000")
        if self.limits not in LIMITS:
            raise SettingsError(f"limits {self.limits!r} is none of {', '.join(LIMITS)}")
        if self.log not in LOGS:
            raise SettingsError(f"log {self.log!r} is none of {', '.join(LOGS)}")
        if not 0 <= self.port <= 65535:
            raise SettingsError(f"port {self.port} must be from 0 (any free one) to 65535")
        if self.time == "frozen" and self.speed:
            raise SettingsError(
                f"speed {self.speed} contradicts time 'frozen'; leave one of them out"
            )
        if not self.host:
            raise SettingsError("host is empty; 0.0.0.0 means all addresses")
        token = self.admin_token
        if token is not None and not (token.isascii() and token.isprintable() and token.strip()):
            raise SettingsError("admin token must be printable ASCII, and not empty")

    @property
    def clock(self) -> tuple[float, bool]:
        """The rate of a new tenant's clock, and whether polls skip to the next event."""
        rate, skip = MODES[self.time]
        return (rate if self.speed is None else self.speed), skip

    @property
    def seed_bytes(self) -> bytes:
        """The seed as a key of BLAKE2: 64 bytes, whatever its length."""
        return blake2b(self.seed.encode("utf-8", "replace")).digest()

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return is_loopback(self.host)


def is_loopback(name: str) -> bool:
    """Whether a host's name or address is this machine's own."""
    if name.lower() == "localhost":
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
