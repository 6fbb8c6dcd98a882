"""An exchange with a key somewhere in it, and every output that shows it: journal and log of the
fake, a recording, the reports of `emo contract verify`, and the errors of the client."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from traceback import format_exception
from typing import NamedTuple
from urllib.parse import quote_from_bytes

import httpx
import pytest

from contracts.recordings.encoding import encoded as file_of
from contracts.recordings.recording import BodyCopy, RawRequest, Recording
from contracts.reports.write import REPORTS, Target, open_reports
from contracts.spec.loader import Spec
from contracts.verify.ledger import update
from emo_client import Client, EmoError
from mock_server.journal.log_line import json_line, text_line
from mock_server.server.app import FakeApp, create_app
from mock_server.server.httpx_transport import InProcess
from mock_server.settings import Settings
from tests.helpers.contract import verification
from tests.helpers.fake import SERVICE, request
from tests.helpers.secrets import encoded

SPEC = Spec.load()
ROOT = "http://127.0.0.1:8787"
PLACES = (
    "path", "query", "query name", "header", "header name", "body", "JSON name", "JSON value",
    "multipart", "answer", "answer header",
)  # fmt: skip
Carried = Callable[[str], list[tuple[str, str]]]


def _basic(key: str) -> list[tuple[str, str]]:
    return [("authorization", "Basic " + base64.b64encode(f"{key}:".encode()).decode())]


# How a client sends its key.
CARRIERS: dict[str, Carried] = {
    "Bearer": lambda key: [("authorization", f"Bearer {key}")],
    "bearer": lambda key: [("authorization", f"bearer {key}")],
    "blanks": lambda key: [("authorization", f"Bearer   {key} ")],
    "no scheme": lambda key: [("authorization", key)],
    "doubled": lambda key: [("authorization", f"Bearer {key}")] * 2,
    "doubled in one": lambda key: [("authorization", f"Bearer {key}, Bearer {key}")],
    "Bearer Bearer": lambda key: [("authorization", f"Bearer Bearer {key}")],
    "Basic": _basic,
    "X-Api-Key": lambda key: [("x-api-key", key)],
    "X-Auth-Token": lambda key: [("x-auth-token", key)],
    "X-Access-Token": lambda key: [("x-access-token", key)],
    "Proxy-Authorization": lambda key: [("proxy-authorization", f"Basic {key}")],
    "X-Amz-Security-Token": lambda key: [("x-amz-security-token", key)],
    "Cookie": lambda key: [("cookie", f"a=b; session={key}")],
}


class Exchanged(NamedTuple):
    """A call and its answer. chain: the encodings in which the key is planted at the place, besides
    the header that carries it."""

    key: str
    chain: tuple[str, str]
    place: str
    carrier: str

    @property
    def planted(self) -> bytes:
        return encoded(self.key, self.chain)

    @property
    def word(self) -> str:
        """The planted text for a URL or a header, percent-encoded where it has to be."""
        return quote_from_bytes(self.planted, safe="!#$&'()*+,-./:;=@[]^_`{|}~%\\")

    @property
    def target(self) -> str:
        path = f"/api/v1/tasks/{self.word}" if self.place == "path" else f"{SERVICE}/face-detect"
        word = self.word.replace("#", "%23")
        query = {"query": f"?a=1&b={word}&c=2", "query name": f"?{word}=1"}.get(self.place, "")
        return path.replace("#", "%23").replace("?", "%3F") + query

    @property
    def headers(self) -> list[tuple[str, str]]:
        more = {"header": [("x-own", self.word)], "header name": [(f"x-{_token(self)}", "1")]}
        return [*CARRIERS[self.carrier](self.key), *more.get(self.place, [])]

    @property
    def body(self) -> bytes:
        text = self.planted.decode("latin-1")
        part = f'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n{text}\r\n--b--\r\n'
        return {
            "body": self.planted,
            "JSON name": json.dumps({text: 1}).encode(),
            "JSON value": json.dumps({"model": text, "input": [{"a": text}]}).encode(),
            "multipart": part.encode("latin-1"),
        }.get(self.place) or json.dumps(request(SPEC, "detectFace")).encode()

    def answered(self, status: int = 400) -> httpx.Response:
        """The answer of a provider that repeats the planted text."""
        text = self.planted.decode("latin-1")
        headers = {"x-own": self.word} if self.place == "answer header" else {}
        if self.place == "body":
            return httpx.Response(status, headers=headers, content=self.planted)
        told = {"code": "InvalidParameter", "message": f"is wrong: {text}", "request_id": text}
        return httpx.Response(status, headers=headers, content=json.dumps(told).encode())


def _token(exchanged: Exchanged) -> str:
    """As the name of a header, which is in lower case: base64 in it could not be read any more."""
    if "base64" in "".join(exchanged.chain):
        return "none"
    return "".join(c if c.isalnum() or c in "!#$%&'*+-.^_`|~" else "-" for c in exchanged.word)


@cache
def _app() -> FakeApp:
    app = create_app(Settings(time="skip", admin_token=None), spec=SPEC)
    http = httpx.Client(transport=InProcess(app), base_url=ROOT)
    app.asked = http.request  # type: ignore[attr-defined]
    return app


def of_the_fake(exchanged: Exchanged, folder: Path) -> dict[str, str | bytes]:
    """The answer, the logs, and every view of the journal."""
    del folder
    app, shown = _app(), {}
    ask, logged = app.asked, []  # type: ignore[attr-defined]
    app.engine.recorder.listeners.append(
        lambda tenant, entry: logged.extend(
            (text_line(entry, tenant), json_line(entry, tenant), repr(entry))
        )
    )
    answer = ask("POST", exchanged.target, headers=exchanged.headers, content=exchanged.body)
    shown["logs"] = "\n".join(logged)
    is_accepted = exchanged.carrier in ("Bearer", "bearer", "blanks", "doubled")
    key = f"Bearer {exchanged.key}" if is_accepted else "Bearer sk-nobody"
    explained = f"explain/{answer.headers.get('x-mock-explain', 'x')}"
    for view in (
        "journal?last=1", "journal?format=har&last=1", "journal?format=curl&last=1", "bundle",
        "explain", "explain?format=text", explained, "state", "metrics", "usage",
    ):  # fmt: skip
        seen = ask("GET", f"/__mock__/{view}", headers={"authorization": key})
        shown[view] = f"{seen.headers}{seen.text}"
    if is_accepted:
        ask("POST", "/__mock__/reset", headers={"authorization": key})
    return shown


def _copy(data: bytes) -> BodyCopy:
    copy = BodyCopy.empty()
    copy.add(data)
    return copy


def of_the_recorder(exchanged: Exchanged, folder: Path) -> dict[str, str | bytes]:
    """A cassette of two calls, the first of which does not carry the key."""
    del folder
    recording, answer = Recording(SPEC, ROOT, clock=lambda: 0.0), exchanged.answered()
    path, _, query = exchanged.target.partition("?")
    more = [(n, v) for n, v in exchanged.headers if n.startswith("x-") and "token" not in n]
    for headers in (more if exchanged.carrier != "X-Api-Key" else [], exchanged.headers):
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
        sent = RawRequest(0.0, "POST", path, query, raw, _copy(exchanged.body))
        note = f"broken: {exchanged.word}"
        recording.keep(sent, answer.status_code, answer.headers.raw, _copy(answer.content), note)
    return {
        "cassette": file_of(recording.cassette()),
        "recording": recording.summary() + repr(recording),
    }


def of_verify(exchanged: Exchanged, folder: Path) -> dict[str, str | bytes]:
    """The five reports, their events and the ledger."""
    run = verification(
        SPEC, lambda _: exchanged.answered(), "keys.missing", "unknown.uuid", key=exchanged.key
    )
    events = list(run.run())
    targets = [Target(name, str(folder / name)) for name in REPORTS]
    with open_reports(targets) as report:
        for event in events:
            report(event)
    shown: dict[str, str | bytes] = {name: (folder / name).read_bytes() for name in REPORTS}
    curls = [one.curl() for event in events for one in getattr(event, "exchanges", ())]
    return shown | {
        "ledger": update(folder / "ledger.json", SPEC, events),
        "events": repr(events),
        "curl": "\n".join(curls),
    }


def of_the_client(exchanged: Exchanged, folder: Path) -> dict[str, str | bytes]:
    """The errors of a client, and all that they hold."""
    del folder
    shown: dict[str, str | bytes] = {}
    http = httpx.MockTransport(lambda _: exchanged.answered())
    with Client(api_key=exchanged.key, base_url=f"{ROOT}/api/v1", transport=http) as client:
        for name in ("get", "cancel", "detect"):
            with pytest.raises(EmoError) as caught:
                getattr(client, name)("https://example.com/a")
            texts = (str(caught.value), repr(vars(caught.value)), *format_exception(caught.value))
            shown[name] = "".join(texts)
    return shown


SURFACES: dict[str, Callable[[Exchanged, Path], dict[str, str | bytes]]] = {
    "fake": of_the_fake,
    "recorder": of_the_recorder,
    "verify": of_verify,
    "client": of_the_client,
}
