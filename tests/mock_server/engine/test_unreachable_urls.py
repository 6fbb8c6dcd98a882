"""Input URLs that the service could not fetch are accepted and explained; variants refuse them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.engine.public_urls import why_unreachable
from tests.helpers.cases import each_case
from tests.helpers.fake import Service, request
from tests.mock_server.engine.test_not_served import explained

PRIVATE = [
    "http://localhost:3000/p.png", "http://LOCALHOST./p.png", "https://127.0.0.1/p.png",
    "http://127.1/p.png", "http://2130706433/p.png", "http://0.0.0.0:80/p.png", "http://[::1]/p.png",
    "http://[fc00::1]:8080/p.png", "http://[fe80::1%25eth0]/p.png", "http://[::ffff:10.0.0.1]/p.png",
    "https://10.1.2.3/p.png", "http://172.16.0.1/p", "http://192.168.1.1?x", "http://169.254.169.254/",
    "http://100.64.0.1/p", "http://printer.local/p", "http://nas/p", "http://user:pw@nas:80/p",
    "http://host.docker.internal:9/p", "http://app.localhost#f", "HTTP://minio:9000/p",
    "http://１２７.0.0.1/p", "http://224.0.0.1/p", "http://[2002:7f00:1::]/p",
    "http://[64:ff9b::10.0.0.1]/p",
]  # fmt: skip
PUBLIC = [
    "https://example.com/p.png", "http://8.8.8.8/p.png", "http://[2606:4700::1111]/p", "oss://a/b",
    "http://localhost.example.com/p", "https://example.com/?u=http://localhost/",
    "http://172.32.0.1/p", "http://127.0.0.1:8787/samples/portrait.png",
    "http://[64:ff9b::8.8.8.8]/p", "http://８.8.8.8/p",
]  # fmt: skip


@each_case("url", PRIVATE)
def test_a_private_url_is_recognized(url: str) -> None:
    assert why_unreachable(url) != ""


@each_case("url", PUBLIC)
def test_a_public_url_is_not_taken_for_a_private_one(url: str) -> None:
    assert why_unreachable(url) == ""


@given(st.text(max_size=40), st.sampled_from(["http://", "https://", "oss://", ""]))
def test_any_text_can_be_classified(rest: str, scheme: str) -> None:
    assert isinstance(why_unreachable(scheme + rest), str)


def sent(service: Service, operation: str, url: str, field: str = "image_url") -> Any:
    body = request(service.spec, operation)
    body["input"][field] = url
    return (service.create if operation == "createVideoTask" else service.detect)(body)


@pytest.mark.parametrize(
    ("operation", "field"),
    [
        ("createVideoTask", "image_url"),
        ("createVideoTask", "audio_url"),
        ("detectFace", "image_url"),
    ],
)
def test_a_private_url_is_accepted_and_explained(
    service: Service, operation: str, field: str
) -> None:
    result = sent(service, operation, "http://localhost:3000/file", field)
    assert result.status == 200
    assert b"x-mock-explain" in dict(result.reply.headers)
    found = explained(service)
    assert found.rule.startswith(
        f"input.{field}: the service could not fetch this URL: localhost is"
    )
    assert (found.kind, found.pointer) == ("near-miss", f"/input/{field}")
    assert "public http or https URL" in found.advice


def test_a_private_url_does_not_change_the_answer(make_service: Callable[..., Service]) -> None:
    private, public = make_service(), make_service()
    urls = "http://localhost/a", "https://example.com/a"
    answers = [sent(s, "createVideoTask", u) for s, u in zip((private, public), urls, strict=True)]
    assert answers[0].body == answers[1].body


def test_a_public_url_and_other_fields_are_not_explained(service: Service) -> None:
    for url, field in (
        ("https://example.com/a", "image_url"),
        ("http://localhost/hook", "callback"),
    ):
        result = sent(service, "createVideoTask", url, field)
        assert b"x-mock-explain" not in dict(result.reply.headers)


def test_the_variant_submit_refuses_a_private_url(make_service: Callable[..., Service]) -> None:
    service = make_service(variants={"unreachable-url": "submit"})
    for operation in ("createVideoTask", "detectFace"):
        result = sent(service, operation, "http://10.0.0.1/a.png")
        assert (result.status, result.body["code"]) == (400, "InvalidParameter.DataInspection")
        assert explained(service).source == "variant unreachable-url"
        assert "give a public http or https URL; or choose" in explained(service).advice
        assert sent(service, operation, "https://example.com/a.png").status == 200


def test_the_variant_task_lets_the_task_of_a_private_url_fail(
    make_service: Callable[..., Service],
) -> None:
    service = make_service(variants={"unreachable-url": "task"})
    created = sent(service, "createVideoTask", "http://nas/a.png")
    assert "nas is not a name of the public internet" in explained(service).rule
    service.real += 3600
    output = service.get(created.body["output"]["task_id"]).body["output"]
    assert (output["task_status"], output["code"]) == ("FAILED", "InvalidURL")
    assert sent(service, "detectFace", "http://nas/a.png").body["code"] == "InvalidURL"


def test_an_ending_that_the_call_asks_for_wins_over_the_variant(
    make_service: Callable[..., Service],
) -> None:
    service = make_service(variants={"unreachable-url": "task"})
    created = sent(service, "createVideoTask", "http://nas/a.png?emo-scenario=FAILED.InternalError")
    service.real += 20_000
    output = service.get(created.body["output"]["task_id"]).body["output"]
    assert output["code"] == "InternalError"


@each_case(
    "url, why",
    [("data:image/png;base64,iVBORw0KGgo=", "a data URI holds the file itself"),
     ("file:///home/me/a.png", "names a file on your machine"),
     ("/home/me/a.png", "names a file on your machine"),
     ("./a.png", "names a file on your machine"),
     (r"C:\me\a.png", "names a file on your machine"), ("ftp://example.com/a.png", "ftp: URLs"),
     ("example.com/a.png", "no http:// or https://"), ("localhost:3000/a.png", "no http:// or")],
)  # fmt: skip
def test_a_value_that_is_not_a_fetchable_url_is_refused_and_explained(
    service: Service, url: str, why: str
) -> None:
    result = sent(service, "createVideoTask", url)
    assert (result.status, result.body["code"]) == (400, "InvalidURL")
    assert why in explained(service).advice
