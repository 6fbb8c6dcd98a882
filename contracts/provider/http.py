"""Any service that claims to be EMO, over HTTP. It sends what it is told and says what came back;
it pays nothing that the budget does not allow, and judges nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from contracts.provider.bounded_http import Answer, fetch, large
from contracts.provider.budget import Budget
from contracts.provider.exchange import Exchange
from contracts.provider.network import is_local, is_private, proxy_of
from contracts.provider.wait_limit import WaitLimit
from contracts.redact.redactor import REDACTED_KEY, TextRedactor
from contracts.redact.secret_names import is_secret_header

API = "/api/v1"
KEY, OTHER_KEY = "DASHSCOPE_API_KEY", "EMO_CONTRACT_OTHER_KEY"  # variables that hold them
TRIES, PAUSE = 11, 0.5  # so often, so many s apart, is a provider asked whether it is there
LONGEST = 256 << 10  # bytes of an answer; the documented ones have less than 10 KB
LARGEST = 64 << 20  # bytes of a download
KEPT = 64 << 10  # bytes that are kept of a download
WHOLE = 30.0  # seconds of the machine's time for the whole of one answer
WHOLE_DOWNLOAD = 120.0  # the same for a download
NO_ANSWER = (httpx.HTTPError, httpx.InvalidURL, UnicodeError)
GAPS = {"POST": 0.25, "GET": 0.06}  # s between calls of one who is not near: 5 and 20 a second


class Unreachable(Exception):
    """The provider cannot be asked. Its text says why, and what to do."""


class Misconfigured(Unreachable):
    """Nothing can be sent: the URL or a key cannot be used, or the key is missing."""


class Provider:
    """base_url: `https://HOST`, with or without /api/v1; prefix: what stands before /api/v1
    (`/qwen`). key: sent where a check does not say otherwise; other_key: of somebody else, "" for
    none. http: sends; clock: epoch s; sleep: waits so many seconds of the machine's time. Raises
    Misconfigured for a URL or a key that cannot be used."""

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
        self._signed: dict[str, str] = {}  # URLs as they were sent, by how they are shown
        self._host = urlsplit(self.origin).hostname or ""
        self._is_near = is_local(self._host)

    def look(self) -> None:
        """Find out whether it has a control API; one that is about to start is waited for. Raises
        Unreachable.

        A provider with one is a fake, whose calls cost nothing, only on this machine or in a
        private network: any host of the internet could answer `/__mock__/health` and charge."""
        for left in reversed(range(TRIES)):
            try:
                answer = self._fetched("GET", f"{self.origin}/__mock__/health", {}, None)
                break
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                if not left or not isinstance(error, httpx.ConnectError):
                    raise Unreachable(self._silence(error)) from error
            self._sleep(PAUSE)
        self.has_clock = answer.status == 200 and "spec" in _value(answer)
        self.is_fake = self.budget.is_free = self.has_clock and is_private(self._host)

    def sign_in(self, seed: str) -> None:
        """Choose the keys: of a provider with a control API, which takes any, those of nobody else,
        so that no other's time is moved. Raises Unreachable."""
        self.look()
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
        """One call of the path below the root (a whole URL stays as it is), and its answer. key:
        None for no key. Raises OverBudget, before it sends, for what may cost too much. Where no
        answer came, the exchange's status is 0 and its answer says why."""
        url = path if "://" in path else self.root + path
        sent = dict(headers or {})
        if key is not None:
            sent.setdefault("Authorization", f"Bearer {key}")
        price = self.budget.price(method, path, body, key is not None)
        self.budget.take(price)
        if not (self._is_near or self.has_clock):
            self._sleep(GAPS.get(method, 0.0))
        at = self.clock()
        status, answered, text = self._exchanged(method, url, sent, body)
        if 400 <= status < 500:  # a gateway's 5xx may come after the call was carried out
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
        """What the URL of a result gives, without a key, and the beginning of it; its answer is
        kept as a length. url: as an exchange shows it, without its signature."""
        at, signed = self.clock(), self._signed.get(url, url)
        status, headers, data = 0, {}, b""
        try:
            answer = self._fetched("GET", signed, {}, None, whole=WHOLE_DOWNLOAD, keep=KEPT)
            status, headers, data = answer.status, self._shown(answer.headers), answer.body
            text = f"more than {large(LARGEST)}" if answer.is_cut else f"{answer.size} bytes"
        except NO_ANSWER as error:
            text = self._why(error)
        seconds = self.clock() - at
        return Exchange("GET", url, {}, None, status, headers, text, at, seconds), data

    def stop_time(self) -> None:
        """Let the time of a provider with a control API stand still, so that no state is missed."""
        if self.has_clock:
            self._control({"freeze": True})

    def let_pass(self, seconds: float, *, or_next_event: bool = False) -> None:
        """Wait: by the control API's clock where there is one (to the next event of a task, if that
        is asked for), else by the machine's."""
        if self.has_clock:
            self._control({"next_event": True} if or_next_event else {"advance": seconds})
        else:
            self._sleep(seconds)

    def redact(self, text: str) -> str:
        """The text without the keys, and without signatures."""
        return self._redactor.redact(text)

    def _header(self, name: str, value: str) -> str:
        """A header that was sent; the key in it is hidden, however short it is."""
        if not is_secret_header(name.lower()):
            return self.redact(value)
        scheme, space, key = value.rpartition(" ")
        return (
            f"{scheme}{space}{REDACTED_KEY}"
            if key in (self.key, self.other_key)
            else self.redact(value)
        )

    def _exchanged(
        self, method: str, url: str, headers: Mapping[str, str], body: str | None
    ) -> tuple[int, dict[str, str], str]:
        """Status, headers and text; 0 and why where no answer came. Waiting costs wait_limit."""
        began = self.clock()
        try:
            answer = self._fetched(method, url, headers, body)
        except NO_ANSWER as error:
            self.wait_limit.in_vain(self.clock() - began)
            return 0, {}, self._why(error)
        self.wait_limit.answered(self.clock() - began)
        text = answer.text
        if answer.is_cut:
            text = f"the answer is larger than {large(LONGEST)}; it begins {text}"
        return answer.status, self._shown(answer.headers), text

    def _fetched(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: str | None,
        *,
        whole: float = WHOLE,
        keep: int | None = None,
    ) -> Answer:
        """The answer. whole: seconds for all of it. keep: bytes of a download."""
        content = None if body is None else body.encode("utf-8", "replace")
        request = self._http.build_request(method, url, headers=headers, content=content)
        most = LONGEST if keep is None else LARGEST
        return fetch(self._http, request, most=most, seconds=whole, keep=keep)

    def _why(self, error: Exception) -> str:
        return self.redact(f"{type(error).__name__}: {error}")

    def _shown(self, headers: httpx.Headers) -> dict[str, str]:
        """Of one that came several times all values. Names are masked as they came: base64 in lower
        case could not be read."""
        shown: dict[str, str] = {}
        for raw, value in headers.raw:
            name = self.redact(raw.decode("latin-1")).lower()
            if name != "set-cookie":
                text = self.redact(value.decode(headers.encoding, "replace"))
                shown[name] = f"{shown[name]}, {text}" if name in shown else text
        return shown

    def _silence(self, error: Exception) -> str:
        proxy = proxy_of(self.origin)
        if proxy:
            through = f"{self.origin} does not answer through the proxy {proxy}"
            way_on = "to go around the proxy, add the host to NO_PROXY"
            return f"{through}: {error or type(error).__name__}; {way_on}"
        why = f"{error or type(error).__name__}; is it running? `emo serve` runs the fake"
        return f"{self.origin} does not answer: {why}"

    def _control(self, change: dict[str, Any]) -> None:
        """Where it is lost, tasks do not end, and their checks say so."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        text = msgspec.json.encode(change).decode()
        with suppress(*NO_ANSWER):
            self._fetched("POST", f"{self.origin}/__mock__/clock", headers, text)


def _parts(base_url: str) -> tuple[str, str]:
    """Origin, and the path before /api/v1."""
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
        raise Misconfigured(f"{variable} cannot be a key: it has a space or is not printable ASCII")
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
