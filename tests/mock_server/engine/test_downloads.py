"""Scenarios and faults of downloads: by a header of the download, by rules for `result`, and by the
create call of the task."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.spec.loader import Spec
from mock_server.explain import Explanation
from mock_server.explain.kept import explain_entry
from mock_server.journal.recorder import EXPLAIN
from mock_server.reproduce import Reproduction
from mock_server.simulation.call import Call, Reply
from tests.helpers.fake import Service, request

DONE = 3600.0  # seconds in which the task has ended


def finished(service: Service, **options: Any) -> str:
    """The URL of the video of a task that has just ended."""
    task = service.task_id(**options)
    service.real = next(t.ended for t in service.tasks() if t.id == task)
    return service.get(task).body["output"]["results"]["video_url"]


def fetch(service: Service, url: str, method: str = "GET", **headers: str) -> Reply:
    path, _, query = url.removeprefix("http://127.0.0.1:8787").partition("?")
    sent = {k.replace("_", "-").lower().encode(): v.encode() for k, v in headers.items()}
    return service.engine.handle(Call(method, path, query, sent))


def explained(service: Service, request_id: str = "") -> Explanation:
    """The explanation of the exchange with that id; "" is the latest exchange of the key."""
    recorder, tenant = service.engine.recorder, service.tenant_id()
    if not request_id:
        latest = recorder.last_explained(tenant)
        assert latest
        return explain_entry(service.engine, tenant, latest)
    found = recorder.exchange(tenant, request_id)
    assert found
    return explain_entry(service.engine, *found)


def asking(spec: Spec, scenario: str) -> Any:
    """A create body whose image URL selects a scenario."""
    body = request(spec, "createVideoTask")
    body["input"]["image_url"] += f"?emo-scenario={scenario}"
    return body


def test_a_header_selects_the_store_answer_of_a_download(service: Service) -> None:
    url = finished(service)
    assert fetch(service, url, X_Mock_Scenario="expired").status == 403
    assert fetch(service, url, X_Mock_Scenario="store-busy").status == 503
    assert fetch(service, url).status == 200


def test_a_rule_for_downloads_counts_only_downloads(service: Service) -> None:
    url = finished(service)
    service.rules({"operation": "result", "first": 2, "do": "no-such-key"})
    assert [fetch(service, url).status for _ in range(3)] == [404, 404, 200]


def test_a_rule_with_a_store_answer_applies_to_downloads(service: Service) -> None:
    url = finished(service)
    service.rules({"nth": 2, "do": "store-error"})
    service.get("never-was")
    assert [fetch(service, url).status for _ in range(3)] == [200, 500, 200]


def test_a_fault_rule_without_an_operation_does_not_apply_to_downloads(
    service: Service,
) -> None:
    url = finished(service)
    service.rules({"first": 1, "do": "reset"})
    assert fetch(service, url).delivery is None
    assert service.raw("GET", "/api/v1/tasks/never-was").delivery is not None


def test_a_rule_may_match_the_second_download_of_each_task(service: Service) -> None:
    first, second = finished(service), finished(service)
    service.rules({"operation": "result", "per": "task", "nth": 2, "do": "expired"})
    shown = [fetch(service, url).status for url in (first, second, first, second)]
    assert shown == [200, 200, 403, 403]


@pytest.mark.parametrize("name", ["result:expired", "expired"])
def test_an_input_url_selects_the_downloads_of_its_own_task(
    service: Service, spec: Spec, name: str
) -> None:
    url = finished(service, body=asking(spec, name))
    assert [fetch(service, url).status for _ in range(2)] == [403, 403]
    assert fetch(service, finished(service)).status == 200


def test_a_header_of_the_create_call_selects_the_downloads(service: Service) -> None:
    url = finished(service, X_Mock_Scenario="result:store-error")
    assert fetch(service, url).status == 500


def test_a_result_is_available_5_seconds_after_its_task_with_not_yet(
    service: Service, spec: Spec
) -> None:
    url = finished(service, body=asking(spec, "result:not-yet"))
    assert fetch(service, url).status == 404
    service.real += 4.9
    assert fetch(service, url).status == 404
    service.real += 0.1
    assert fetch(service, url).status == 200


def test_a_fault_in_an_input_url_applies_to_the_download(service: Service, spec: Spec) -> None:
    url = finished(service, body=asking(spec, "result:latency=7"))
    line = fetch(service, url).delivery
    assert line is not None
    assert line.due == pytest.approx(service.real + 7)


def test_a_rule_overrides_the_scenario_of_the_create_call(service: Service, spec: Spec) -> None:
    url = finished(service, body=asking(spec, "result:expired"))
    service.rules({"operation": "result", "do": "normal"})
    assert fetch(service, url).status == 200
    assert fetch(service, url, X_Mock_Scenario="store-busy").status == 503


def test_a_cut_counts_from_the_first_byte_of_the_range(service: Service) -> None:
    url = finished(service)
    reply = fetch(service, url, Range="bytes=1000-", X_Mock_Scenario="reset-body=0.5")
    assert reply.status == 206
    assert reply.delivery is not None
    assert reply.delivery.sent == len(reply.body) // 2


def test_a_range_can_be_ignored_or_answered_with_another_part(service: Service) -> None:
    url, asked = finished(service), {"Range": "bytes=100-199"}
    whole = fetch(service, url).body
    ignored = fetch(service, url, X_Mock_Scenario="no-range", **asked)
    assert (ignored.status, ignored.body) == (200, whole)
    assert b"accept-ranges" not in dict(ignored.headers)
    other = fetch(service, url, X_Mock_Scenario="wrong-range", **asked)
    assert (other.status, dict(other.headers)[b"content-range"][:12]) == (206, b"bytes 99-199")


def test_a_scenario_does_not_accept_a_changed_url(service: Service) -> None:
    url = finished(service).replace("Signature=", "Signature=A")
    assert fetch(service, url, X_Mock_Scenario="no-range").outcome == "bad-signature"


def test_an_unknown_scenario_of_a_download_gets_suggestions(service: Service) -> None:
    reply = fetch(service, finished(service), X_Mock_Scenario="result:expird")
    assert reply.status == 400
    assert b"<Code>UnknownScenario</Code>" in reply.body
    assert b"'result:expired'" in reply.body or b"'expired'" in reply.body


def test_downloads_are_in_the_journal_with_their_scenario(service: Service) -> None:
    url = finished(service)
    fetch(service, url, X_Mock_Scenario="expired")
    entry = service.engine.recorder.journal.last(service.tenant_id())
    assert entry is not None
    assert (entry.kind, entry.status, entry.scenario, entry.source) == (
        "result", 403, "expired", "header",
    )  # fmt: skip
    assert entry.task_id in url


def test_a_download_is_found_by_the_id_in_its_answer(service: Service) -> None:
    url = finished(service)
    refused, _ = fetch(service, url + "x"), fetch(service, url)
    store_id = dict(refused.headers)[b"x-oss-request-id"].decode()
    found = service.engine.recorder.exchange(service.tenant_id(), store_id)
    assert found and found[1].outcome == "bad-signature"
    assert service.engine.recorder.exchange(service.tenant_id(), store_id[:20]) is None


def test_a_download_that_asks_for_an_unknown_scenario_is_explained(service: Service) -> None:
    fetch(service, finished(service), X_Mock_Scenario="expird")
    explanation = explained(service)
    assert explanation.code == "UnknownScenario"
    assert (explanation.got, explanation.did_you_mean) == ('"expird"', "expired")


@pytest.mark.parametrize(
    ("change", "method", "headers", "name", "advice"),
    [
        (lambda url: url + "x", "GET", {}, "bad-signature", "with its whole query"),
        (lambda url: url.partition("?")[0], "GET", {}, "no-signature", "in quotes"),
        (lambda url: url, "POST", {}, "not-allowed", "use GET or HEAD"),
        (
            lambda url: url,
            "GET",
            {"Range": "bytes=9999999-", "X-OSS-Range-Behavior": "standard"},
            "bad-range",
            "HEAD returns its length",
        ),
    ],
)
def test_a_download_refused_by_the_store_is_explained_with_advice(
    service: Service, change: Any, method: str, headers: Any, name: str, advice: str
) -> None:
    refused = fetch(service, change(finished(service)), method, **headers)
    explanation = explained(service, dict(refused.headers)[EXPLAIN].decode())
    assert explanation.rule.startswith(f"the object store refused the download, {name}: ")
    assert advice in explanation.advice


def test_a_refused_download_is_explained(service: Service) -> None:
    url = finished(service)
    fetch(service, url, X_Mock_Scenario="expired")
    explanation = explained(service)
    assert "X-Mock-Scenario asked for expired" in explanation.rule
    assert "x-results" in explanation.spec


def test_a_bundle_with_downloads_is_reproduced(service: Service, spec: Spec) -> None:
    url = finished(service, body=asking(spec, "result:not-yet"))
    fetch(service, url)
    service.real += 60
    fetch(service, url, Range="bytes=5-")
    bundle = service.bundle()
    assert [e.kind for e in bundle.exchanges[-2:]] == ["result", "result"]
    assert Reproduction(spec, bundle).run() is None


def test_a_download_without_a_valid_signature_is_not_in_the_journal_of_the_tenant(
    service: Service,
) -> None:
    url = finished(service)
    service.rules({"operation": "result", "nth": 1, "do": "expired"})
    journal, tenant = service.engine.recorder.journal, service.tenant_id()
    before = len(list(journal.entries(tenant)))
    for forged in (url.replace("Signature=", "Signature=A"), url.partition("?")[0]):
        assert fetch(service, forged).status == 403
    assert len(list(service.engine.recorder.journal.entries(tenant))) == before
    assert fetch(service, url).outcome == "expired"  # the first that counts


def test_a_download_that_was_refused_for_its_signature_is_explained(service: Service) -> None:
    reply = fetch(service, finished(service).replace("Signature=", "Signature=A"))
    request_id = dict(reply.headers)[EXPLAIN].decode()
    owner, entry = service.engine.recorder.exchange(service.tenant_id(), request_id) or ("?", None)
    assert (owner, entry and entry.outcome) == ("", "bad-signature")
