"""No output of the product shows the key of a client. A new kind of output is one entry of SERVER
or of OTHERS: a function that returns its text."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from traceback import format_exception
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
import pytest

from contracts.recordings.encoding import encoded
from contracts.recordings.recording import BodyCopy, RawRequest, Recording
from contracts.reports.write import REPORTS, Target, open_reports
from contracts.spec.loader import Spec
from contracts.verify.ledger import update
from emo_client import Client, ConfigError, EmoError
from emo_kit.cli.main import main
from mock_server.journal.log_line import json_line, text_line
from mock_server.journal.redact import redactor
from mock_server.server.app import FakeApp, create_app
from mock_server.server.httpx_transport import InProcess
from mock_server.settings import Settings
from mock_server.simulation.call import Call
from mock_server.stages import Request
from tests.helpers.cases import each_case
from tests.helpers.contract import json_answer, verification
from tests.helpers.fake import SERVICE, request
from tests.helpers.keys import SHAPES, Shape, leaks

SPEC = Spec.load()
ROOT = "http://127.0.0.1:8787"


class Fake(NamedTuple):
    """An in-process fake that has answered calls with the secret of a shape."""

    app: FakeApp
    http: httpx.Client
    shape: Shape
    logged: list[str]
    answers: list[httpx.Response]

    def control(self, path: str, **options: Any) -> str:
        """An answer of the control API for the tenant of the shape."""
        key = self.shape.authorization if self.shape.is_accepted else "Bearer sk-nobody"
        answer = self.http.request(
            options.pop("method", "GET"), f"/__mock__{path}",
            headers={"Authorization": str(key), **options.pop("headers", {})}, **options,
        )  # fmt: skip
        return f"{answer.headers}{answer.text}"

    def rows(self) -> list[Any]:
        """Every entry of the journal, of all tenants."""
        journal = self.app.engine.recorder.journal
        return [entry for tenant in list(journal._by_tenant) for entry in journal.entries(tenant)]


def fake(shape: Shape) -> Fake:
    app, logged = create_app(Settings(time="skip", admin_token=None), spec=SPEC), []
    app.engine.recorder.listeners.append(
        lambda tenant, entry: logged.extend(
            (
                text_line(entry, tenant),
                text_line(entry, tenant, colour=True),
                json_line(entry, tenant),
            )
        )
    )
    http = httpx.Client(transport=InProcess(app), base_url=ROOT)
    made = Fake(app, http, shape, logged, [])
    made.answers.extend(call(made) for call in CALLS)
    return made


def send(made: Fake, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
    """Make a call with the secret at each place that the shape names."""
    shape = made.shape
    sent = {**headers, **shape.headers}
    if shape.authorization is not None:
        sent["Authorization"] = shape.authorization
    content = None if body is None else json.dumps(body | shape.body)
    query = f"?{shape.query}" if shape.query else ""
    return made.http.request(method, path + query, headers=sent, content=content)


CALLS: list[Callable[[Fake], httpx.Response]] = [
    lambda f: send(f, "POST", f"{SERVICE}/face-detect", request(SPEC, "detectFace")),
    lambda f: send(f, "POST", f"{SERVICE}/video-synthesis", request(SPEC, "createVideoTask"),
                   **{"X-DashScope-Async": "enable"}),
    lambda f: send(f, "POST", f"{SERVICE}/face-detect", {"model": f.shape.anywhere}),
    lambda f: send(f, "GET", "/api/v1/tasks"),
    lambda f: send(f, "GET", f"/nowhere/{f.shape.path}"),
    lambda f: send(f, "PUT", f"/{'x' * 180}/{f.shape.path}"),
    lambda f: send(f, "GET", "/api/v1/tasks", **{"X-Mock-Scenario": f"no-such {f.shape.path}"}),
    lambda f: send(f, "POST", "/__mock__/clock", {"advance": 1}),
    lambda f: send(f, "GET", f"/results/a/{f.shape.path}/b"),
    lambda f: send(f, "GET", f"/__mock__/explain/{f.shape.path or 'x'}"),
]  # fmt: skip

# What the fake shows of its calls.
SERVER: dict[str, Callable[[Fake], str]] = {
    "answers": lambda f: "".join(f"{a.headers}{a.text}" for a in f.answers),
    "text and JSON log": lambda f: "".join(f.logged),
    "journal": lambda f: f.control("/journal"),
    "HAR": lambda f: f.control("/journal?format=har"),
    "curl lines": lambda f: f.control("/journal?format=curl"),
    "timeline": lambda f: f.control("/journal?format=timeline&task_id=x"),
    "bundle": lambda f: f.control("/bundle"),
    "explanation": lambda f: f.control("/explain") + f.control("/explain?format=text"),
    "every explanation": lambda f: "".join(
        f.control(f"/explain/{a.headers.get('x-mock-explain', 'x')}") for a in f.answers
    ),
    "state": lambda f: f.control("/state") + f.control("/scenarios") + f.control("/usage"),
    "metrics": lambda f: f.control("/metrics"),
    "control errors": lambda f: (
        f.control(f"/{f.shape.path}x")
        + f.control(
            "/journal",
            params={"format": (f.shape.authorization or "")[7:] if f.shape.is_accepted else "x"},
        )
        + f.control("/journal", headers={"Host": "evil.example"})
    ),
    "entries": lambda f: repr(f.rows()),
    "page": lambda f: f.http.request("GET", "/", headers={"accept": "text/html"}).text,
    "reprs": lambda f: (
        repr([f.app, f.app.engine, f.app.engine.recorder, f.app.engine.settings])
        + repr(
            Request(
                Call("GET", f.shape.secret, f.shape.secret, {b"a": f.shape.secret.encode()}),
                0.0,
                0.0,
                "",
                body=f.shape.secret,
            )
        )
        + repr(redactor(f.shape.secret))
    ),
}


@each_case("shape", SHAPES, ids=[shape.name for shape in SHAPES])
def test_no_surface_of_the_fake_shows_a_key(shape: Shape) -> None:
    made = fake(shape)
    shown = {name: surface(made) for name, surface in SERVER.items()}
    assert [name for name, text in shown.items() if leaks(text, shape.secret)] == []
    assert len(made.logged) >= 3 * 7


def echo(secret: str, sent: httpx.Request) -> httpx.Response:
    """A provider that repeats everything that it receives."""
    said = sent.headers.get("authorization", "")
    headers = {"x-key": said.encode("unicode_escape").decode(), "x-url": str(sent.url)}
    value = {"code": said, "message": f"{secret} {quote(secret)} {sent.url}"}
    return json_answer(400, value | {"body": sent.content.decode()}, **headers)


def key_of(shape: Shape) -> str:
    """The secret of the shape as a valid key."""
    return shape.secret if shape.secret.startswith(("sk-", "st-")) else f"sk-{shape.secret}"


def recorded(shape: Shape, tmp_path: Path) -> str:
    """A cassette and its summary."""
    recording, made = Recording(SPEC, ROOT, clock=lambda: 0.0), fake(shape)
    for answer in made.answers:
        asked, told = answer.request, echo(shape.secret, answer.request)
        copies = [BodyCopy.empty(), BodyCopy.empty()]
        for copy, content in zip(copies, (asked.content, told.content), strict=True):
            copy.add(content)
        raw = [(name.lower(), value) for name, value in asked.headers.raw]
        sent = RawRequest(0.0, asked.method, asked.url.raw_path.split(b"?")[0].decode(),
                    asked.url.query.decode(), raw, copies[0])  # fmt: skip
        recording.keep(sent, told.status_code, told.headers.raw, copies[1], note=shape.anywhere)
    return encoded(recording.cassette()).decode() + recording.summary() + repr(recording)


def verified(shape: Shape, tmp_path: Path) -> str:
    """The five reports of `emo contract verify`, its events and its ledger."""
    key = key_of(shape)
    run = verification(SPEC, partial(echo, key), "keys.missing", "unknown.uuid", "paths.doubled",
                       budget=10.0, key=key)  # fmt: skip
    events, texts = list(run.run()), []
    targets = [Target(name, str(tmp_path / name)) for name in REPORTS]
    with open_reports(targets) as report:
        for event in events:
            report(event)
    texts += [(tmp_path / name).read_text("utf-8") for name in REPORTS]
    ledger = update(tmp_path / "ledger.json", SPEC, events)
    curls = [e.curl() for event in events for e in getattr(event, "exchanges", ())]
    return "".join([*texts, *curls, ledger, repr(events), repr(run), repr(run.provider)])


def failed(shape: Shape, tmp_path: Path) -> str:
    """Reprs of a client, and its exceptions with all their attributes."""
    key, texts = key_of(shape), []
    http = httpx.MockTransport(partial(echo, key))
    with Client(api_key=key, base_url=f"{ROOT}/api/v1", transport=http) as client:
        texts += [repr(client), repr(vars(client))]
        for call in (client.get, client.cancel, client.detect):
            with pytest.raises(EmoError) as caught:
                call("https://example.com/a")
            texts += [str(caught.value), repr(caught.value), repr(vars(caught.value))]
            texts += format_exception(caught.value)
    for wrong in (f"{key}\n", f"{key} x", key.encode()):
        with pytest.raises(ConfigError) as refused:
            Client(api_key=wrong)
        texts += [str(refused.value), repr(refused.value)]
    return "".join(texts)


def typed(shape: Shape, tmp_path: Path) -> str:
    """The output of `emo` without a server, and with a key at the wrong place."""
    key, texts = key_of(shape), []
    env = {"DASHSCOPE_API_KEY": key, "DASHSCOPE_HTTP_BASE_URL": "http://127.0.0.1:9/api/v1"}
    for arguments in (
        ["explain", "--key", key], ["journal", key, key], [key], ["explain", key],
        ["contract", "verify", f"http://h?{key}"], ["list", "--page-no", key],
        ["contract", "verify", key], ["reproduce", key], ["serve", "--scenario", key],
    ):  # fmt: skip
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as out:
            for name, value in env.items():
                patch.setenv(name, value)
            with redirect_stderr(out), pytest.raises(SystemExit):
                main(arguments)
        texts.append(out.getvalue())
    return "".join(texts)


OTHERS: dict[str, Callable[[Shape, Path], str]] = {
    "recorder": recorded,
    "verify": verified,
    "client": failed,
    "command line": typed,
}
LONG = [shape for shape in SHAPES if len(shape.secret) >= 8]


@pytest.mark.parametrize("name", OTHERS)
@each_case("shape", LONG, ids=[shape.name for shape in LONG])
def test_no_other_surface_shows_a_key(shape: Shape, name: str, tmp_path: Path) -> None:
    assert not leaks(OTHERS[name](shape, tmp_path), shape.secret)
