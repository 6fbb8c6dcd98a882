"""SIGTERM ends a command at once, whatever Python is doing."""

from __future__ import annotations

import gc
import signal
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from emo_kit.cli import terminate


def in_a_finalizer(act: Callable[[], object]) -> None:
    weakref.finalize(threading.Event(), act)


def in_a_del_method(act: Callable[[], object]) -> None:
    type("Dying", (), {"__del__": lambda _: act()})()


def in_the_garbage_collector(act: Callable[[], object]) -> None:
    def callback(*_: Any) -> None:
        gc.callbacks.remove(callback)
        act()

    gc.callbacks.append(callback)
    gc.collect(0)


@pytest.mark.parametrize("where", [in_a_finalizer, in_a_del_method, in_the_garbage_collector])
def test_sigterm_is_not_lost_while_an_object_is_removed(
    where: Callable[[Callable[[], object]], None],
) -> None:
    began = time.monotonic()
    with pytest.raises(SystemExit, match="143"), terminate.in_order():
        where(lambda: signal.raise_signal(signal.SIGTERM))
        threading.Event().wait(60)
    assert time.monotonic() - began < 30, "the waiting main thread was not woken"
