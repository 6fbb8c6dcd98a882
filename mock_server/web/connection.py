"""The socket below a call: code that needs a thread or an event loop first asks whether there is
one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any


def transport_of(scope: Mapping[str, Any]) -> asyncio.Transport | None:
    """The transport of the connection through which an ASGI call came; None for a call from this
    process, which must be answered without an event loop."""
    transport: asyncio.Transport | None = (scope.get("state") or {}).get("transport")
    return transport
