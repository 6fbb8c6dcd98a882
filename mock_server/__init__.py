"""A stateful fake of DashScope's EMO API.

    from mock_server import Settings, running

    with running(Settings(port=0)) as url:  # a server in a thread, on a free port
        ...

`create_app(settings)` makes the same as an ASGI app, and `httpx.Client(transport=InProcess(app))`
calls that without a socket. Importing this package is fast: each name imports its module when it is
first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mock_server.server.app import create_app
    from mock_server.server.httpx_transport import InProcess
    from mock_server.server.run import running
    from mock_server.settings import Settings, SettingsError

__all__ = ["InProcess", "Settings", "SettingsError", "create_app", "running"]

_HOMES = {
    "InProcess": "server.httpx_transport",
    "Settings": "settings",
    "SettingsError": "settings",
    "create_app": "server.app",
    "running": "server.run",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
