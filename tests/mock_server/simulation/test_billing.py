"""The cost of the calls of a key, and when its account refuses more calls."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mock_server.simulation.billing import Account, Used, refused
from tests.helpers.cases import each_case
from tests.helpers.fake import KEY, SECONDS, Result, Service, request

DAY = 86400
IMAGE, SQUARE, PORTRAIT = 0.004, 0.08, 0.16  # CNY, as the price page says
FREE_IMAGES, FREE_SECONDS = 200, 1800


def bill(service: Service, key: str = KEY) -> dict[str, tuple[float, float]]:
    """Quantity and cost by model and ratio."""
    rows = service.usage(key)
    return {f"{row.model} {row.ratio}".strip(): (row.quantity, row.cost) for row in rows}


def costs(service: Service, key: str = KEY) -> list[float]:
    """The cost of images, of square videos and of portrait videos."""
    return [cost for _, cost in bill(service, key).values()]


def portrait(service: Service) -> dict[str, object]:
    body = request(service.spec, "createVideoTask")
    body["input"] |= {"face_bbox": [302, 286, 610, 593], "ext_bbox": [100, 100, 700, 900]}
    return body


def until_all_ended(service: Service) -> None:
    service.real += DAY / 2


def test_a_key_without_calls_owes_nothing_and_sees_every_price(service: Service) -> None:
    assert bill(service) == {
        "emo-detect-v1": (0, 0.0), "emo-v1 1:1": (0, 0.0), "emo-v1 3:4": (0, 0.0),
    }  # fmt: skip


# Detection


def test_a_detection_is_charged_whether_or_not_the_image_passes(
    service: Service,
) -> None:
    for name in ("pass", "reject", "InvalidFile.NoHuman", "pass-humanoid"):
        assert service.detect(X_Mock_Scenario=name).status == 200
    assert costs(service) == [4 * IMAGE, 0, 0]


def test_a_refused_detection_is_free(service: Service) -> None:
    service.detect(X_Mock_Scenario="InvalidURL")
    service.detect({"model": "emo-detect-v1"})
    service.detect(X_Mock_Scenario="no-such")
    assert costs(service) == [0, 0, 0]


def test_a_lost_answer_is_charged_and_a_call_that_was_not_carried_out_is_free(
    service: Service,
) -> None:
    for fault, images in (("lost", 1), ("truncated", 2), ("reset", 2), ("latency=1", 3)):
        service.rules({"operation": "detectFace", "do": fault})
        service.raw("POST", "/api/v1/services/aigc/image2video/face-detect",
                    request(service.spec, "detectFace"))  # fmt: skip
        assert bill(service)["emo-detect-v1"][0] == images, fault


def test_a_rejected_image_is_charged_in_every_form_of_the_answer(
    make_service: Callable[..., Service],
) -> None:
    service = make_service(variants={"detector-rejection": "400"})
    assert service.detect(X_Mock_Scenario="InvalidFile.NoHuman").status == 400
    assert costs(service) == [IMAGE, 0, 0]


# Videos


def test_a_finished_video_is_charged_by_its_seconds_and_ratio(service: Service) -> None:
    service.task_id()
    service.task_id(portrait(service))
    assert costs(service) == [0, 0, 0]
    service.real += 14.4 + 8.5 * SECONDS
    square = round(SECONDS * SQUARE, 6)
    assert costs(service) == [0, square, 0]
    until_all_ended(service)
    assert costs(service) == [0, square, round(SECONDS * PORTRAIT, 6)]


@pytest.mark.parametrize(
    "ending", ["FAILED.InvalidURL", "PENDING", "RUNNING", "CANCELED", "UNKNOWN"]
)
def test_a_task_that_does_not_succeed_is_free(service: Service, ending: str) -> None:
    service.task_id(X_Mock_Scenario=ending)
    for _ in range(5):
        until_all_ended(service)
        assert costs(service) == [0, 0, 0]


def test_a_canceled_task_is_free(service: Service) -> None:
    assert service.cancel(service.task_id()).status == 200
    until_all_ended(service)
    assert costs(service) == [0, 0, 0]


def test_a_poll_that_a_scenario_answers_succeeded_charges_nothing(service: Service) -> None:
    service.get(service.task_id(X_Mock_Scenario="PENDING"), X_Mock_Scenario="SUCCEEDED")
    assert costs(service) == [0, 0, 0]


def test_a_task_that_expires_before_it_ends_is_free(service: Service) -> None:
    service.task_id(X_Mock_Scenario="RUNNING")
    behind = service.task_id()
    service.real += DAY - 1
    assert service.status(behind) == "PENDING"
    service.real += 2 * DAY
    assert costs(service) == [0, 0, 0]


def test_charges_remain_when_their_tasks_expire(service: Service) -> None:
    for body in (None, portrait(service), None):
        service.task_id(body)
        service.real += 3600
    before = bill(service)
    assert [quantity for quantity, _ in before.values()] == [0, 2 * SECONDS, SECONDS]
    for days in (1, 1, 30):
        service.real += days * DAY
        assert bill(service) == before
        fresh = service.task_id(X_Mock_Scenario="FAILED.InvalidURL")  # drops what has expired
        assert [t.id for t in iter(service.tasks())] == [fresh]
        assert bill(service) == before


def test_each_key_has_its_own_bill(service: Service) -> None:
    service.detect(key="sk-a")
    assert (costs(service, "sk-a"), costs(service, "sk-b")) == ([IMAGE, 0, 0], [0, 0, 0])


# Quotas


def answered(result: Result) -> str:
    return str(result.body.get("code", "ok"))


def test_an_account_with_balance_0_is_in_arrears_at_once(service: Service) -> None:
    service.change(account=Account(balance=0.0))
    for refusal in (service.create(), service.detect()):
        assert (refusal.status, refusal.body["code"]) == (400, "Arrearage")
    task = service.task_id(key="sk-other")
    assert service.get(task).status == service.list().status == 200
    assert service.cancel("x").status == 400


def test_a_balance_is_spent_to_the_last_fen_and_no_further(service: Service) -> None:
    service.change(account=Account(balance=3 * IMAGE))
    assert [answered(service.detect()) for _ in range(5)] == ["ok"] * 3 + ["Arrearage"] * 2
    assert costs(service) == [0.012, 0, 0]


def test_both_models_share_one_balance(service: Service) -> None:
    service.task_id()
    service.change(account=Account(balance=SECONDS * SQUARE + 0.1))
    assert service.create().status == 200
    until_all_ended(service)
    assert (answered(service.detect()), answered(service.create())) == ("Arrearage", "Arrearage")


@each_case("images", range(1, 60))
def test_sums_of_charges_keep_every_digit(images: int) -> None:
    rows = [Used("a", "image", "", images, IMAGE), Used("b", "second", "1:1", 3.0, SQUARE)]
    spent = round(images * 4 / 1000 + 0.24, 6)
    assert refused(Account(balance=spent), rows, "a", 200) == "arrears"
    assert refused(Account(balance=spent + 0.001), rows, "a", 200) == ""


def test_the_free_quota_ends_at_exactly_its_size(service: Service) -> None:
    account = Account(free_only=True, images={"emo-detect-v1": FREE_IMAGES - 1})
    service.change(account=account)
    assert [answered(service.detect()) for _ in range(2)] == ["ok", "AllocationQuota.FreeTierOnly"]
    assert service.detect().status == 403
    assert service.create().status == 200  # the other model has its own


def test_all_ratios_share_the_free_seconds(service: Service) -> None:
    seconds = {"emo-v1 1:1": 900.0, "emo-v1 3:4": FREE_SECONDS - 900.0 - SECONDS}
    service.change(account=Account(free_only=True, seconds=seconds))
    task = service.task_id()
    service.real += 140
    assert service.status(task) == "SUCCEEDED"
    refusal = service.create()
    assert (refusal.status, refusal.body["code"]) == (403, "AllocationQuota.FreeTierOnly")
    assert service.detect().status == 200


def test_calls_beyond_the_free_quota_are_accepted_unless_free_only_is_set(service: Service) -> None:
    service.change(account=Account(images={"emo-detect-v1": 10 * FREE_IMAGES}))
    assert service.detect().status == 200


def test_the_free_quota_is_checked_before_the_balance() -> None:
    rows = [Used("a", "image", "", 5, 1.0)]
    assert refused(Account(free_only=True, balance=0.0), rows, "a", 5) == "free-tier"
    assert refused(Account(free_only=True, balance=0.0), rows, "a", 6) == "arrears"


def test_the_account_is_checked_after_the_body_and_before_the_scenario(
    service: Service,
) -> None:
    service.change(account=Account(balance=0.0))
    assert service.create({"model": "emo-v1"}).body["code"] == "BadRequest.EmptyInput"
    assert answered(service.create(X_Mock_Scenario="Throttling")) == "Arrearage"


def test_an_account_accepts_calls_again_after_a_top_up(service: Service) -> None:
    service.detect()
    service.change(account=Account(balance=0.0, images=service.tenant().account.images))
    assert answered(service.detect()) == "Arrearage"
    service.change(account=Account(balance=1.0, images=service.tenant().account.images))
    assert service.detect().status == 200
    assert costs(service) == [2 * IMAGE, 0, 0]


def test_an_arrears_error_has_its_own_message_suffix(
    make_service: Callable[..., Service],
) -> None:
    service = make_service(variants={"message-suffix": "details"})
    service.change(account=Account(balance=0.0))
    assert service.detect().body["message"].endswith("error-code#overdue-payment")


def test_throttled_calls_are_not_charged(
    make_service: Callable[..., Service],
) -> None:
    service = make_service(limits="documented")
    service.rules({"operation": "detectFace", "nth": 2, "do": "Throttling"})
    for _ in range(7):
        service.detect()
    assert bill(service)["emo-detect-v1"] == (4, 4 * IMAGE)
