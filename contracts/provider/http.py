"""Client for a provider: any service that has the API of EMO. It sends single calls within the
budget and returns the answers; it does not judge them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from contracts.provider.bounded_http import Answer, fetch, size_text
from contracts.provider.budget import Budget
from contracts.provider.exchange import Exchange
from contracts.provider.network import is_local, is_private, proxy_of
from contracts.provider.wait_limit import WaitLimit
from contracts.redact.redactor import REDACTED_KEY, TextRedactor
from contracts.redact.secret_names import is_secret_header

API = "/api/v1"
KEY, OTHER_KEY = "DASHSCOPE_API_KEY", "EMO_CONTRACT_OTHER_KEY"  # environment variables
TRIES, PAUSE = 11, 0.5  # attempts to reach a provider that is starting, and s between them
LONGEST = 256 << 10  # bytes of an answer; documented answers have less than 10 KB
LARGEST = 64 << 20  # bytes of a download
KEPT = 64 << 10  # bytes that are kept of a download
WHOLE = 30.0  # seconds of the machine's time for one complete answer
WHOLE_DOWNLOAD = 120.0  # the same for a download
NO_ANSWER = (httpx.HTTPError, httpx.InvalidURL, UnicodeError)
GAPS = {"POST": 0.25, "GET": 0.06}  # s between calls to another machine: 5 and 20 a second


class Unreachable(Exception):
    """The provider does not answer. The text contains the reason and a remedy."""


class Misconfigured(Unreachable):
    """Nothing can be sent: the URL or a key is invalid, or the key is missing."""


class Provider:
    """A provider at a URL.

    base_url: `https://HOST`, with or without /api/v1. prefix: the path before /api/v1, such as
    `/qwen`. key: sent unless a check asks for another one. other_key: of another account, "" for
    none. http: sends. clock: epoch s. sleep: waits so many seconds of the machine's time. Raises
    Misconfigured for an invalid URL or key."""

    def __init__(
        self,
        base_url: str,
        *,
        budget: Budget,
        http: httpx.Client,
        prefix: str = "",
        key: str = "",
        other_key: str = "",
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.origin, path = _parts(base_url)
        self.root = f"{self.origin}{path}{_prefix(prefix)}"
        self.key = _usable(KEY, key)
        self.other_key = _usable(OTHER_KEY, other_key)
        self.budget = budget
        self.wait_limit = WaitLimit()
        self.has_clock = False
        self.is_fake = False
        self.clock = clock
        self._sleep = sleep
        self._http = http
        self._redactor = TextRedactor((self.key, self.other_key))
        # URLs of results with their signature, by the redacted URL.
        self._signed: dict[str, str] = {}
        self._host = urlsplit(self.origin).hostname or ""
        self._is_local = is_local(self._host)

    def detect_control_api(self) -> None:
        """Find out whether the provider has a control API. A provider that is just starting is
        retried. Raises Unreachable.

        A provider with a control API counts as a fake, where calls cost nothing, only on this
        machine or in a private network: any host of the internet could answer `/__mock__/health`
        and charge."""
        for left in reversed(range(TRIES)):
            try:
                answer = self._fetch("GET", f"{self.origin}/__mock__/health", {}, None)
                break
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                if not left or not isinstance(error, httpx.ConnectError):
                    raise Unreachable(self._unreachable_text(error)) from error
            self._sleep(PAUSE)
        self.has_clock = answer.status == 200 and "spec" in _value(answer)
        self.is_fake = self.budget.is_free = self.has_clock and is_private(self._host)

    def sign_in(self, seed: str) -> None:
        """Choose the keys. A provider with a control API accepts every key, and gets keys that
        nobody else uses, so that the clocks of others are not moved. Raises Unreachable."""
        self.detect_control_api()
        if self.has_clock:
            self.key = f"sk-contract-{blake2b(seed.encode(), digest_size=4).hexdigest()}"
            self.other_key = f"{self.key}-other"
        elif not self.key:
            raise Misconfigured(f"there is no key for {self.origin}: export it as {KEY}")

    def send(
        self,
        method: str,
        path: str,
        *,
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
        key: str | None = None,
        operation: str = "",
    ) -> Exchange:
        """Send one call to a path below the root (a complete URL is used unchanged), and return it
        with its answer. key: None for no key. Raises OverBudget, before sending, if the call may
        cost too much. If no answer arrives, the exchange has status 0 and the reason as its
        answer."""
        url = path if "://" in path else self.root + path
        sent = dict(headers or {})
        if key is not None:
            sent.setdefault("Authorization", f"Bearer {key}")
        price = self.budget.price(method, path, body, key is not None)
        self.budget.take(price)
        if not (self._is_local or self.has_clock):
            self._sleep(GAPS.get(method, 0.0))
        at = self.clock()
        status, answered, text = self._call(method, url, sent, body)
        if 400 <= status < 500:  # a gateway may answer 5xx although the call was executed
            self.budget.give_back(price)
            price = 0.0
        self._signed |= self._redactor.redacted_urls(text)
        return Exchange(
            method=method,
            url=self.redact(url),
            headers={name: self._header(name, value) for name, value in sent.items()},
            body=None if body is None else self.redact(body),
            status=status,
            answer_headers=answered,
            answer=self.redact(text),
            at=at,
            seconds=self.clock() - at,
            has_key=key is not None,
            operation=operation,
            price=price,
        )

    def download(self, url: str) -> tuple[Exchange, bytes]:
        """Download a result without a key. Returns the exchange, whose answer is only the size, and
        the beginning of the body. url: as in an exchange, where its signature is redacted."""
        at, signed = self.clock(), self._signed.get(url, url)
        status, headers, data = 0, {}, b""
        try:
            answer = self._fetch("GET", signed, {}, None, timeout=WHOLE_DOWNLOAD, keep=KEPT)
            status, headers, data = answer.status, self._shown(answer.headers), answer.body
            text = f"more than {size_text(LARGEST)}" if answer.is_cut else f"{answer.size} bytes"
        except NO_ANSWER as error:
            text = self._why(error)
        seconds = self.clock() - at
        return Exchange("GET", url, {}, None, status, headers, text, at, seconds), data

    def stop_time(self) -> None:
        """Freeze the clock of a provider with a control API, so that no state of a task is
        missed."""
        if self.has_clock:
            self._control({"freeze": True})

    def wait(self, seconds: float, *, or_next_event: bool = False) -> None:
        """Wait: with the clock of the control API if there is one, else in the machine's time.
        or_next_event: advance the clock to the next event of a task instead."""
        if self.has_clock:
            self._control({"next_event": True} if or_next_event else {"advance": seconds})
        else:
            self._sleep(seconds)

    def redact(self, text: str) -> str:
        """The text without the keys and without signatures of URLs."""
        return self._redactor.redact(text)

    def _header(self, name: str, value: str) -> str:
        """The value of a sent header, with the key redacted even if it is short."""
        if not is_secret_header(name.lower()):
            return self.redact(value)
        scheme, space, key = value.rpartition(" ")
        return (
            f"{scheme}{space}{REDACTED_KEY}"
            if key in (self.key, self.other_key)
            else self.redact(value)
        )

    def _call(
        self, method: str, url: str, headers: Mapping[str, str], body: str | None
    ) -> tuple[int, dict[str, str], str]:
        """Status, headers and text of the answer; 0 and the reason without an answer. The time
        counts for the wait limit."""
        began = self.clock()
        try:
            answer = self._fetch(method, url, headers, body)
        except NO_ANSWER as error:
            self.wait_limit.wasted(self.clock() - began)
            return 0, {}, self._why(error)
        self.wait_limit.answered(self.clock() - began)
        text = answer.text
        if answer.is_cut:
            text = f"the answer is larger than {size_text(LONGEST)}; it begins {text}"
        return answer.status, self._shown(answer.headers), text

    def _fetch(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: str | None,
        *,
        timeout: float = WHOLE,
        keep: int | None = None,
    ) -> Answer:
        """The answer. timeout: s for the complete answer. keep: bytes to keep of a download."""
        content = None if body is None else body.encode("utf-8", "replace")
        request = self._http.build_request(method, url, headers=headers, content=content)
        limit = LONGEST if keep is None else LARGEST
        return fetch(self._http, request, limit=limit, seconds=timeout, keep=keep)

    def _why(self, error: Exception) -> str:
        return self.redact(f"{type(error).__name__}: {error}")

    def _shown(self, headers: httpx.Headers) -> dict[str, str]:
        """The headers as they are shown: redacted, and the values of a repeated header joined.
        Names are redacted before they become lower case, because base64 in lower case cannot be
        decoded."""
        shown: dict[str, str] = {}
        for raw, value in headers.raw:
            name = self.redact(raw.decode("latin-1")).lower()
            if name != "set-cookie":
                text = self.redact(value.decode(headers.encoding, "replace"))
                shown[name] = f"{shown[name]}, {text}" if name in shown else text
        return shown

    def _unreachable_text(self, error: Exception) -> str:
        """The error for a provider that does not answer, with a remedy."""
        proxy = proxy_of(self.origin)
        if proxy:
            through = f"{self.origin} does not answer through the proxy {proxy}"
            way_on = "to bypass the proxy, add the host to NO_PROXY"
            return f"{through}: {error or type(error).__name__}; {way_on}"
        why = f"{error or type(error).__name__}; is it running? `emo serve` runs the fake"
        return f"{self.origin} does not answer: {why}"

    def _control(self, change: dict[str, Any]) -> None:
        """Change the clock. A lost answer is ignored: then tasks do not end, and their checks
        report it."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        text = msgspec.json.encode(change).decode()
        with suppress(*NO_ANSWER):
            self._fetch("POST", f"{self.origin}/__mock__/clock", headers, text)


def _parts(base_url: str) -> tuple[str, str]:
    """Origin of a base URL, and its path before /api/v1."""
    try:
        parts = urlsplit(base_url.strip().rstrip("/"))
        named = parts.scheme in ("http", "https") and bool(parts.hostname)
        odd = parts.username or parts.query or parts.fragment or (parts.port == 0)
    except ValueError:
        named = odd = False
    if not named or odd:
        raise Misconfigured(
            "the base URL must be http:// or https:// and a host, such as http://127.0.0.1:8787, "
            "without user name, password, query and fragment"
        )
    return f"{parts.scheme}://{parts.netloc}", parts.path.removesuffix(API).rstrip("/")


def _usable(variable: str, key: str) -> str:
    key = key.strip()
    if any(not "!" <= char <= "~" for char in key):
        raise Misconfigured(f"{variable} cannot be a key: use printable ASCII without spaces")
    return key


def _prefix(text: str) -> str:
    bare = text.strip("/").removesuffix(API.strip("/")).strip("/")
    return f"/{bare}" if bare else ""


def _value(answer: Answer) -> dict[str, Any]:
    try:
        value = answer.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
