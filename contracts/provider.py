"""Any service that claims to be EMO, over HTTP. It sends what it is told and says what came back;
it pays nothing that the budget does not allow, and judges nothing."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from contracts.budget import Budget
from contracts.exchange import Exchange

API = "/api/v1"
KEY, OTHER_KEY = "DASHSCOPE_API_KEY", "EMO_CONTRACT_OTHER_KEY"  # variables that hold them
TRIES, PAUSE = 11, 0.5  # so often, so many s apart, is a provider asked whether it is there
LONGEST = 1 << 20  # characters of an answer that are kept
_SIGNATURE = re.compile(r"((?:Signature|OSSAccessKeyId|security-token)=)[^&\s\"'\\]+")
_URL = re.compile(r"https?://[^\s\"'\\]+")


class Unreachable(Exception):
    """Nobody answers at the base URL, or there is no key for it. Its text says what happened."""


class Provider:
    """base_url: `https://HOST`, with or without /api/v1; prefix: what stands before /api/v1
    (`/qwen`). key: sent where a check does not say otherwise; other_key: of somebody else, "" for
    none. http: sends; clock: epoch s; sleep: waits so many seconds of the machine's time."""

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
        parts = urlsplit(base_url.rstrip("/"))
        self.origin = f"{parts.scheme}://{parts.netloc}"
        path = parts.path.removesuffix(API).rstrip("/")
        self.root = f"{self.origin}{path}{_prefix(prefix)}"
        self.key = key
        self.other_key = other_key
        self.budget = budget
        self.has_clock = False
        self.clock = clock
        self._sleep = sleep
        self._http = http
        self._signed: dict[str, str] = {}  # URLs as they were sent, by how they are shown

    def look(self) -> None:
        """Find out whether it has a control API; one that is about to start is waited for. Raises
        Unreachable."""
        for left in reversed(range(TRIES)):
            try:
                answer = self._http.get(f"{self.origin}/__mock__/health")
                break
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                if not left or not isinstance(error, httpx.ConnectError):
                    raise Unreachable(self._silence(error)) from error
            self._sleep(PAUSE)
        self.has_clock = answer.status_code == 200 and "spec" in _value(answer)

    def _silence(self, error: Exception) -> str:
        why = f"{error or type(error).__name__}; is it running? `emo serve` runs the fake"
        return f"{self.origin} does not answer: {why}"

    def sign_in(self, seed: str) -> None:
        """Choose the keys: of a provider with a control API, which takes any, those of nobody else,
        so that no other's time is moved. Raises Unreachable."""
        self.look()
        if self.has_clock:
            self.key = f"sk-contract-{seed}"
            self.other_key = f"{self.key}-other"
        elif not self.key:
            raise Unreachable(f"there is no key for {self.origin}: export it as {KEY}")

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
        price = self.budget.price(method, body, key is not None)
        self.budget.take(price)
        at = self.clock()
        try:
            content = None if body is None else body.encode()
            answer = self._http.request(method, url, headers=sent, content=content)
            status, text, answered = answer.status_code, answer.text, _headers(answer)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            status, text, answered = 0, f"{type(error).__name__}: {error}", {}
        if status >= 400:
            self.budget.give_back(price)
        self._signed |= {self._without_keys(found): found for found in _URL.findall(text)}
        return Exchange(
            method=method,
            url=self._without_keys(url),
            headers={name: self._without_keys(value) for name, value in sent.items()},
            body=None if body is None else self._without_keys(body),
            status=status,
            answer_headers={n: self._without_keys(v) for n, v in answered.items()},
            answer=self._without_keys(text[:LONGEST]),
            at=at,
            seconds=self.clock() - at,
            has_key=key is not None,
            operation=operation,
        )

    def download(self, url: str) -> tuple[Exchange, bytes]:
        """What the URL of a result gives, without a key; its answer is kept as a length. url: as an
        exchange shows it, without its signature."""
        at = self.clock()
        try:
            answer = self._http.get(self._signed.get(url, url))
            status, data, headers = answer.status_code, answer.content, _headers(answer)
            text = f"{len(data)} bytes"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            status, data, headers, text = 0, b"", {}, f"{type(error).__name__}: {error}"
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

    def now(self) -> float:
        """The provider's time as far as it can be known: that of its control API, else ours."""
        if not self.has_clock:
            return self.clock()
        answer = self._http.get(f"{self.origin}/__mock__/clock", headers=self._bearer())
        return float(_value(answer).get("now", self.clock()))

    def _control(self, change: dict[str, Any]) -> None:
        url = f"{self.origin}/__mock__/clock"
        self._http.post(url, json=change, headers=self._bearer())

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def _without_keys(self, text: str) -> str:
        for key in (self.key, self.other_key):
            if len(key) > 3:
                text = text.replace(key, "sk-***")
        return _SIGNATURE.sub(r"\1***", text)


def _prefix(text: str) -> str:
    bare = text.strip("/").removesuffix(API.strip("/")).strip("/")
    return f"/{bare}" if bare else ""


def _headers(answer: httpx.Response) -> dict[str, str]:
    return {n.lower(): v for n, v in answer.headers.items() if n.lower() != "set-cookie"}


def _value(answer: httpx.Response) -> dict[str, Any]:
    try:
        value = answer.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
