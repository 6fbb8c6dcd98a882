"""The spec of EMO, and the checks of a provider, a recording or a new spec against it.

    from contracts import Budget, Provider, Spec, Verification

    spec = Spec.load()
    with httpx.Client() as http:
        free = Budget(spec, 0.0, seconds=14)  # CNY that the checks may spend; of a 14-second video
        provider = Provider("http://127.0.0.1:8787", budget=free, http=http, key="sk-test")
        for event in Verification(spec, provider).run():
            ...

Importing this package is fast: each name imports its module when it is first used. It imports no
other package of ours.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contracts.provider.budget import Budget
    from contracts.provider.exchange import Exchange
    from contracts.provider.http import Provider
    from contracts.spec.document import SpecError
    from contracts.spec.loader import Spec
    from contracts.verify.registry import all_checks
    from contracts.verify.runner import Verification

__all__ = ["Budget", "Exchange", "Provider", "Spec", "SpecError", "Verification", "all_checks"]

_HOMES = {
    "Budget": "provider.budget",
    "Exchange": "provider.exchange",
    "Provider": "provider.http",
    "Spec": "spec.loader",
    "SpecError": "spec.document",
    "Verification": "verify.runner",
    "all_checks": "verify.registry",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
