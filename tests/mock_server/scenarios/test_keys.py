"""The keys that the fake accepts, and the scenarios that keys select."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.redact.key_like import redact_key_like
from contracts.spec.loader import Spec
from mock_server.engine.callers import key_mistake
from mock_server.reproduce import Reproduction
from mock_server.scenarios.keys import scenario_of
from tests.helpers.cases import each_case
from tests.helpers.explain import Explained
from tests.helpers.fake import Service

WORKSPACE = "sk-ws-H.ABCDEFG.ab12.MEUCIQDx-_y"
REAL = [WORKSPACE, "sk-0123456789abcdef0123456789abcdef", "sk-sp-0123456789abcdef", "st-0123456789"]
BASE64URL = st.text(st.sampled_from("ABCXYZabcxyz0189-_"), min_size=1, max_size=80)


@pytest.fixture(name="service")
def explained(spec: Spec) -> Explained:
    return Explained(spec)


@pytest.mark.parametrize("key", REAL)
def test_keys_of_every_real_form_are_accepted(service: Explained, key: str) -> None:
    task = service.task_id(key=key)
    assert service.get(task, key=key).body["output"]["task_id"] == task
    assert service.why().kind == "fine"


@pytest.mark.parametrize(
    "sent", ["Bearer nope-123", "Bearer sk-", "sk-abc", "Basic c2stYTpi", "Bearer"]
)
def test_any_other_text_is_refused_as_a_key(service: Explained, sent: str) -> None:
    refused = service.call("GET", "/api/v1/tasks", key=None, Authorization=sent)
    assert (refused.status, refused.body["code"]) == (401, "InvalidApiKey")


@given(parts=st.tuples(BASE64URL, BASE64URL, BASE64URL))
def test_a_workspace_key_never_selects_a_scenario(spec: Spec, parts: tuple[str, str, str]) -> None:
    assert scenario_of(spec, f"sk-ws-H.{'.'.join(parts)}").name == ""


@pytest.mark.parametrize("mark", ["+", "."])
@pytest.mark.parametrize(
    ("name", "status"), [("Throttling", 429), ("listTasks:InternalError", 500), ("latency=0", 200)]
)
def test_a_known_name_at_the_end_of_a_key_is_a_scenario(
    service: Explained, mark: str, name: str, status: int
) -> None:
    answer = service.list(key=f"{WORKSPACE.replace('.', '-')}{mark}{name}")
    assert answer.status == status
    assert b"x-mock-scenario" in dict(answer.reply.headers)


def test_a_scenario_after_a_plus_may_follow_a_key_with_dots(service: Explained) -> None:
    assert service.list(key=f"{WORKSPACE}+Throttling").status == 429


def test_keys_with_different_scenarios_are_different_tenants(service: Explained) -> None:
    assert len({service.tenant_id(f"sk-a{end}") for end in ("", "+pass", ".pass", "+reset")}) == 4


@pytest.mark.parametrize(
    ("name", "hints"),
    [("Throtling", ["'Throttling'"]), ("nohuman", ["'InvalidFile.NoHuman'"]),
     ("listTasks:pass", ["'detectFace:pass'"]), ("latency=s3cret", ["'latency'"]),
     ("s3cret/abc==", []), ("s3cret:Throttling", ["'listTasks:Throttling'"])],
)  # fmt: skip
def test_an_unknown_scenario_after_a_plus_is_refused_without_repeating_the_key(
    service: Explained, name: str, hints: list[str]
) -> None:
    answer = service.list(key=f"sk-mysecretkey+{name}")
    assert (answer.status, answer.body["code"]) == (400, "UnknownScenario")
    assert all(hint in answer.body["message"] for hint in hints)
    why = str(service.why())
    assert not any(part in answer.text + why for part in ("mysecretkey", "s3cret", f"+{name}"))


def test_a_misspelled_scenario_after_a_dot_is_part_of_the_key_and_gets_a_hint(
    service: Explained,
) -> None:
    key = "sk-mysecretkey.InvalidFile.NoHumn"
    assert service.detect(key=key).body["output"]["check_pass"]
    why = service.why()
    assert (why.kind, why.did_you_mean) == ("near-miss", "InvalidFile.NoHuman")
    assert why.expected == '"sk-anything+InvalidFile.NoHuman"'
    assert "X-Mock-Scenario: InvalidFile.NoHuman" in why.curl
    assert not any(part in str(why) for part in ("mysecretkey", "NoHumn"))


@pytest.mark.parametrize(
    "end",
    ["", "+Throttling", ".Throttling", "+Throtling", "+s3cret/ab==", "+latency=x", ".Throtlin"],
)
def test_a_bundle_is_reproduced_whatever_scenario_its_key_selects(spec: Spec, end: str) -> None:
    service, key = Service(spec), f"sk-mysecretkey{end}"
    service.list(key=key)
    service.detect(key=key)
    bundle = service.bundle(key)
    assert Reproduction(spec, bundle).run() is None


@each_case(
    "sent, why",
    [
        ('Bearer "sk-Qzx9Yw8Vu7"', "has the key in quotes"),
        ("Bearer Bearer sk-Qzx9Yw8Vu7", "has `Bearer` twice"),
        ("Bearer $DASHSCOPE_API_KEY", "has a placeholder where the key belongs"),
        ("Bearer <sk-Qzx9Yw8Vu7>", "has a placeholder where the key belongs"),
        ("sk-Qzx9Yw8Vu7", "has no `Bearer` before the key"),
        ("Basic Qzx9Yw8Vu7", "has another scheme than `Bearer`"),
        ("Bearer:sk-Qzx9Yw8Vu7", "has no space behind `Bearer`"),
        ("Bearer sk-", "has only the beginning of a key"),
        ("Bearer sk-Qzx9 Yw8Vu7", "has a blank in the key, or a character beyond ASCII"),
        ("Bearer SK-QZX9YW8VU7", "has the key in capitals"),
        ("Bearer Qzx9Yw8Vu7", "is not `Bearer` and a key that starts with sk- or st-"),
    ],
)
def test_an_invalid_authorization_header_is_explained(sent: str, why: str) -> None:
    assert key_mistake(sent.encode()).startswith(why)


def test_an_explanation_of_a_wrong_key_does_not_repeat_it(
    service: Explained,
) -> None:
    assert service.list(key='"sk-Qzx9Yw8Vu7"').status == 401
    found = service.why()
    assert found.rule.endswith("; here it has the key in quotes")
    assert "Qzx9" not in repr(found)


@each_case("behind", ["'", '"', ")", ":", ";", ",", ".", "]", ">"])
def test_punctuation_after_a_redacted_key_stays(behind: str) -> None:
    assert (
        redact_key_like(f"no file (sk-Qzx9Yw8Vu7{behind} here") == f"no file (sk-***{behind} here"
    )
