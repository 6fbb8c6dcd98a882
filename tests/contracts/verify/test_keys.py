"""No event of a run shows a key or a signature."""

from __future__ import annotations

import httpx
import pytest

from contracts.provider.budget import Budget
from contracts.provider.exchange import answer_at
from contracts.provider.http import Provider, Unreachable
from contracts.spec.loader import Spec
from tests.helpers.contract import json_answer, provider, refuses_everything, verification

SPEC = Spec.load()


def test_a_real_provider_without_a_key_is_refused() -> None:
    with pytest.raises(Unreachable, match="export it as DASHSCOPE_API_KEY"):
        provider(SPEC, refuses_everything, key="").sign_in("emo")


def test_no_event_contains_a_key() -> None:
    def echoing(request: httpx.Request) -> httpx.Response:
        sent = request.headers.get("authorization", "")
        headers = {"x-key": sent, "set-cookie": "acw_tc=secret"}
        return json_answer(400, {"code": sent, "message": str(request.url)}, **headers)

    secret = "sk-0123456789abcdef"
    run = verification(SPEC, echoing, budget=10.0, key=secret, other_key=f"{secret}-2")
    text = repr(list(run.run()))
    assert "sk-***" in text
    assert secret not in text
    assert "acw_tc" not in text


def test_a_signature_is_hidden_in_events_and_sent_to_the_store() -> None:
    asked: list[str] = []

    def signing(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return json_answer(200, {"url": "https://oss.example/v.mp4?Expires=1&Signature=s3cret"})

    to = provider(SPEC, signing)
    url = answer_at(to.send("GET", "/x"), "/url")
    assert url == "https://oss.example/v.mp4?Expires=1&Signature=***"
    exchange, _ = to.download(url)
    assert asked[-1].endswith("Signature=s3cret")
    assert exchange.url == url


@pytest.mark.parametrize("key", ["sk-two words", "sk-ключ", "sk-a\nb"])
def test_the_error_for_an_impossible_key_does_not_show_it(key: str) -> None:
    with pytest.raises(Unreachable) as found:
        provider(SPEC, refuses_everything, key=key)
    assert "DASHSCOPE_API_KEY" in str(found.value)
    assert key not in str(found.value)


def test_a_key_from_a_file_may_end_in_a_newline() -> None:
    assert provider(SPEC, refuses_everything, key="sk-mine\n").key == "sk-mine"


@pytest.mark.parametrize(
    "url", ["http://user:pw@x", "http://x?a=b", "http://x#y", "http://[::1", "x:1", "ftp://x", ""]
)
def test_a_base_url_with_more_than_host_and_path_is_refused(url: str) -> None:
    with pytest.raises(Unreachable, match="the base URL must be"):
        Provider(url, budget=Budget(SPEC, None, 1.0), http=httpx.Client())


KEY = "sk-0123456789abcdef"
FORMS = [
    KEY, KEY.upper(), "sk\\u002d0123456789abcdef", "sk%2D0123456789abcdef",
    "c2stMDEyMzQ1Njc4OWFiY2RlZg", "%73%6B%2D%30%31%32%33%34%35%36%37%38%39%61%62%63%64%65%66",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_key_is_hidden_in_every_form_that_a_provider_returns(form: str) -> None:
    def telling(request: httpx.Request) -> httpx.Response:
        headers = {"location": f"https://x/?k={form}", f"x-{form}": "1"} if "\\" not in form else {}
        return httpx.Response(400, text=f'{{"code": "{form}", "message": "{form}"}}',
                              headers=headers)  # fmt: skip

    run = verification(SPEC, telling, "keys.missing", "unknown.uuid", key=KEY)
    text = repr(list(run.run())).replace("\\\\", "\\").lower()
    assert "sk-***" in text
    assert form.lower() not in text
    assert KEY not in text


@pytest.mark.parametrize("name", ["Signature", "x-oss-signature", "x-oss-credential"])
@pytest.mark.parametrize("joint", ["&", "\\u0026"])
def test_a_signed_url_is_hidden_and_can_still_be_downloaded(name: str, joint: str) -> None:
    asked: list[str] = []

    def signing(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, text=f'{{"u": "https:\\/\\/o.example/v?a=1{joint}{name}=s3c"}}')

    to = provider(SPEC, signing)
    shown = answer_at(to.send("GET", "/x"), "/u")
    assert "s3c" not in shown
    to.download(shown)
    assert asked[-1] == f"https://o.example/v?a=1&{name}=s3c"
