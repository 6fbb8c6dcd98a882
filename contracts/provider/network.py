"""Decides how a host is reached: directly on this machine, else through the proxies of the
environment. A host is judged by its name alone; nothing is looked up."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TypeVar
from urllib.parse import urlsplit

import httpx

from contracts.text.hosts import is_loopback

Http = TypeVar("Http", httpx.Client, httpx.AsyncClient)
PRIVATE_ENDINGS = (".localhost", ".local", ".internal", ".test", ".home.arpa")


def is_local(host: str) -> bool:
    """Return whether a request to this host stays on this machine: loopback, a name below
    localhost, or 0.0.0.0. It is for clients: such a host needs no proxy and costs nothing. Servers
    that check a Host header use the stricter hosts.is_loopback."""
    if is_loopback(host) or host.lower().endswith(".localhost"):
        return True
    address = _address(host)
    return address is not None and (address.is_loopback or address.is_unspecified)


def is_private(host: str) -> bool:
    """Whether a name or an address belongs to this machine or to a private network: 10.0.0.5,
    host.docker.internal, or the name of a container, which has no dot."""
    address = _address(host)
    if address is not None:
        return is_local(host) or address.is_private
    return bool(host) and ("." not in host or host.lower().endswith(PRIVATE_ENDINGS))


def http_client(url: str, *, timeout: float) -> httpx.Client:
    """A client for the host of this URL. timeout: seconds. Raises ValueError like usable()."""
    return usable(lambda: httpx.Client(timeout=timeout, trust_env=not is_local(_host(url))))


def usable(make: Callable[[], Http]) -> Http:
    """Make a client of httpx with the proxies and certificates of the environment. Raises
    ValueError if one of them cannot be used; its text contains no password."""
    try:
        return make()
    except ImportError:
        raise ValueError("a SOCKS proxy needs `pip install httpx[socks]`") from None
    except (ValueError, httpx.InvalidURL):  # its text may contain the password of a proxy
        raise ValueError("HTTP_PROXY, HTTPS_PROXY or ALL_PROXY is not a URL of a proxy") from None
    except OSError as error:
        raise ValueError(f"SSL_CERT_FILE: the certificates cannot be read: {error}") from None


def proxy_of(url: str) -> str:
    """The proxy that the environment sets for a URL, without its password; "" for none."""
    from urllib.request import getproxies, proxy_bypass

    host = _host(url)
    if is_local(host) or proxy_bypass(host):
        return ""
    known = getproxies()
    proxy = known.get(urlsplit(url).scheme) or known.get("all") or ""
    scheme, separator, rest = proxy.rpartition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"


def _host(url: str) -> str:
    try:
        return urlsplit(url.strip()).hostname or ""
    except ValueError:
        return ""


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
