"""The base class of Client and AsyncClient: their settings.

The API key is sent in the header of API calls only. It is never in a repr or an error, and is not
sent to the object store. If an answer repeats the key, it is redacted. This package writes no log.
The logs of httpx and httpcore hide the header with the key, but they show the URL, the reason and,
with DEBUG, the headers of an answer as they are, also if the service repeats the key there.
"""

import random as chance
import time
from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any, ClassVar, Generic, TypeVar, get_args

import httpx

from emo_client import settings
from emo_client.errors import ConfigError
from emo_client.exchange import Runtime
from emo_client.secrecy import Secret

Http = TypeVar("Http", httpx.Client, httpx.AsyncClient)
Transport = TypeVar("Transport", httpx.BaseTransport, httpx.AsyncBaseTransport)
Pause = TypeVar("Pause", bound=Callable[[float], object])


class Driver(Generic[Http, Transport, Pause]):
    """The settings of Client and AsyncClient."""

    _kind: ClassVar[Any]  # of httpx
    _default_sleep: ClassVar[Any]

    def __init__(
        self,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float = 30.0,
        transport: Transport | None = None,
        http: Http | None = None,
        sleep: Pause | None = None,
        clock: Callable[[], float] | None = None,
        now: Callable[[], float] | None = None,
        random: Callable[[], float] | None = None,
    ) -> None:
        key = Secret(settings.api_key(api_key))
        self.base_url = settings.base_url(base_url)
        try:
            _ = httpx.URL(self.base_url).host  # httpx decodes the host on access
        except (httpx.InvalidURL, ValueError) as error:  # ValueError: IDNA forbids the host
            raise ConfigError(f"base_url={self.base_url} is not a URL: {error}") from None
        seconds = settings.seconds("timeout", timeout)
        if transport is not None and http is not None:
            raise ConfigError("give transport=… or http=…, not both")
        self._own = http is None
        self._http: Http = http or new_http_client(lambda: self._kind(transport=transport))
        self._sleep = sleep or self._default_sleep
        self._runtime = Runtime(
            http=self._http,
            key=key,
            base_url=self.base_url,
            timeout=seconds,
            clock=clock or time.monotonic,
            now=now or time.time,
            random=random or chance.random,
            hint=settings.hint(self.base_url),
        )

    def __repr__(self) -> str:
        base_url = getattr(self, "base_url", "not made yet")  # as in a traceback of __init__
        return f"<{type(self).__name__} {base_url}>"


def new_http_client(make: Callable[[], Http]) -> Http:
    """A client of httpx, which takes proxies and certificates from the environment. Raises
    ConfigError without the text of httpx: a proxy's URL may contain a password.
    """
    proxies = "HTTP_PROXY, HTTPS_PROXY and ALL_PROXY"
    try:
        return make()
    except ImportError:
        problem = f"a proxy is socks://, which needs pip install httpx[socks]; look at {proxies}"
    except (ValueError, httpx.InvalidURL):
        problem = f"a proxy of the environment is not a usable URL; look at {proxies}"
    except OSError as error:
        problem = f"the certificates cannot be read ({error}); look at SSL_CERT_FILE"
    raise ConfigError(problem)


def describe(method: Callable[..., Any], flow: Callable[..., Any]) -> None:
    """Give a method of a client the name, docstring and arguments of its flow."""
    found = signature(flow)
    _, *arguments = found.parameters.values()
    me = Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)
    result = get_args(found.return_annotation)[-1]  # the T of Flow[T]
    method.__name__ = method.__qualname__ = flow.__name__
    method.__doc__, method.__module__ = flow.__doc__, flow.__module__
    method.__signature__ = found.replace(  # type: ignore[attr-defined]
        parameters=[me, *arguments], return_annotation=result
    )
