"""Fixtures: the spec, a service in this process, a service on a real socket."""

from __future__ import annotations

import asyncio
import functools
import gc
import logging
import os
import signal
import ssl
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import settings

from contracts.spec.loader import Spec
from mock_server.journal.mistakes import LOGGER
from mock_server.server.run import running
from mock_server.settings import Settings
from tests.helpers.fake import EPOCH, KEY, SERVICE, Result, Service, need, request  # noqa: F401

# What a slow machine takes longer for is not wrong. The rest is as hypothesis chose, for CI or not.
settings.register_profile("any machine", settings(), deadline=None)
settings.load_profile("any machine")


# Reading openapi.yaml takes 70 ms, and each server and many a command does it.
load_spec, default_spec = Spec.load, functools.cache(Spec.load)
Spec.load = lambda path=None: load_spec(path) if path else default_spec()


def pytest_configure() -> None:
    """A shell starts a program in the background with SIGINT ignored, and the programs that it
    starts inherit that: tests of Ctrl-C would wait for ever."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--over-http", action="store_true", help="properties of the contract on a real socket"
    )
    parser.addoption(
        "--examples", type=int, help="properties alone, with so many random examples each"
    )


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """`-n auto` starts one worker more than there are cores: a worker waits a third of its time,
    for the processes, sockets and deadlines that the tests are about."""
    cores = yield
    return cores if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else cores + 1


# Tests and fixtures that take seconds: an image, a wheel, a browser, the tools of `make tools`.
# With xdist they come first: one worker makes each of them, and none begins one at the end.
SLOW = ("test_deploy.py", "test_wheel.py", "test_serve.py", "test_har_browser.py",
        "test_page_browser.py", "test_report_browser.py", "test_soak.py",
        "test_troubleshooting_page.py")  # fmt: skip


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Slow modules come first. With `--examples N` only properties stay, with N examples each."""
    items.sort(key=lambda item: item.path.name not in SLOW and item.path.parent.name != "tools")
    number = config.getoption("examples")
    if not number:
        return
    properties = [item for item in items if getattr(item.obj, "is_hypothesis_test", False)]
    items[:] = [i for i in items if i in properties or "examples" in i.fixturenames]
    for item in properties:
        test = getattr(item.obj, "__func__", item.obj)
        own = test._hypothesis_internal_use_settings  # hypothesis has no other way to change it
        # A database cannot be used with derandomize, and remembers what failed.
        test._hypothesis_internal_use_settings = settings(
            own, max_examples=number, derandomize=False, deadline=None,
            database=settings.get_profile("default").database,
        )  # fmt: skip


gc.disable()  # until all modules are imported and all tests are found


def pytest_collection_finish() -> None:
    """Objects made by the collection are not collected again: that was a third of the suite's
    time."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


class _Reported(logging.Handler):
    """Stores the errors that the fake reports about itself."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture(autouse=True)
def no_mistakes() -> Iterator[list[logging.LogRecord]]:
    """Fails a test in which code of the fake raised, also where its answer was not looked at."""
    reported, logger = _Reported(), logging.getLogger(LOGGER)
    logger.addHandler(reported)
    yield reported.records
    logger.removeHandler(reported)
    for record in reported.records:
        pytest.fail(f"{record.getMessage()}\n{record.exc_text}")


@pytest.fixture
def mistakes(no_mistakes: list[logging.LogRecord]) -> Iterator[list[logging.LogRecord]]:
    """The mistakes that a test provokes, which do not fail it."""
    yield no_mistakes
    no_mistakes.clear()


@pytest.fixture(autouse=True, scope="session")
def no_wait_for_the_disk() -> Iterator[None]:
    """No test survives a power failure, so nothing waits until a file is on the disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture(autouse=True, scope="session")
def servers_end_at_once() -> Iterator[None]:
    """uvicorn looks ten times a second whether it must end, and then pauses once more: 0.2 s for
    each of hundreds of servers. Here its pauses are a tenth as long."""
    quick = SimpleNamespace(
        **{**vars(asyncio), "sleep": lambda seconds: asyncio.sleep(seconds / 10)}
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("uvicorn.server.asyncio", quick)
        yield


class _AtOnce:
    """Like a thread that is finished as soon as it is started."""

    def __init__(self, target: Callable[..., object], args: tuple[Any, ...], daemon: bool) -> None:
        self.start = functools.partial(target, *args)


@pytest.fixture(scope="module")
def calls_without_threads() -> Iterator[None]:
    """A provider in this process answers at once: its calls need no thread that limits their time.

    The thread of each call is most of the time of a run with thousands of calls.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("contracts.provider.bounded_http.Thread", _AtOnce)
        yield


@pytest.fixture(autouse=True, scope="session")
def one_ssl_context() -> Iterator[None]:
    """Each httpx client reads all certificates anew, 20 to 100 ms; here one context serves all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", functools.cache(ssl.create_default_context))
        yield


@pytest.fixture(scope="session")
def examples(pytestconfig: pytest.Config) -> Callable[[int], int]:
    """`examples(15)`: how many random orders of calls a test tries that runs hypothesis itself.
    With `--examples N` it is N / 10: an order of up to 30 calls takes as long as ten examples."""
    number = pytestconfig.getoption("examples") or 0
    return lambda usual: number // 10 or usual


@pytest.fixture(scope="session")
def spec() -> Spec:
    return Spec.load()


@pytest.fixture
def service(spec: Spec) -> Service:
    return Service(spec)


@pytest.fixture
def make_service(spec: Spec) -> Callable[..., Service]:
    return lambda **settings: Service(spec, **settings)


@pytest.fixture(scope="session")
def serve() -> Callable[..., AbstractContextManager[str]]:
    """`with serve(time="skip") as url:` a real uvicorn on a free port."""
    return lambda **settings: running(Settings(**{"port": 0, "time": "skip", **settings}))


@pytest.fixture(scope="module")
def url(serve: Callable[..., AbstractContextManager[str]]) -> Iterator[str]:
    """One server for a whole module; tests keep apart by their keys."""
    with serve() as base:
        yield base
