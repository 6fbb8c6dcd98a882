"""Rate limits, accounts and explanations with each API of the official SDK on a real server."""

from __future__ import annotations

import json
import shutil
from types import SimpleNamespace
from typing import Any

import pytest

from tests.helpers.bad_curl import shell
from tests.helpers.bad_days import (
    VIDEO,
    Key,
    Meet,
    frozen_server,  # noqa: F401
    limited_server,  # noqa: F401
    outcome_of,
    sleeps,  # noqa: F401
    stack,
    way_of_the_sdk,  # noqa: F401
)
from tests.helpers.fake import SERVICE, need
from tests.helpers.http import PLAIN
from tests.helpers.transports import IMAGE, INPUT

THROTTLED = "429 Throttling.RateQuota"
TOO_FAST = "Requests rate limit exceeded, please try again later."
ARREARS = "Access denied, please make sure your account is in good standing."


def statuses(call: Any, times: int) -> list[str]:
    return [outcome_of(call)[0] for _ in range(times)]


def test_the_sixth_create_call_of_a_second_is_throttled_until_time_passes(
    meet: Meet, limited: str
) -> None:
    sdk, key = meet(limited)
    assert statuses(sdk.create, 6) == ["200"] * 5 + [THROTTLED]
    assert sdk.create().message == TOO_FAST
    key.clock(advance=0.2)
    assert statuses(sdk.create, 2) == ["200", THROTTLED], "a fifth of a second is one call"
    key.clock(advance=60)
    assert statuses(sdk.create, 6) == ["200"] * 5 + [THROTTLED], "no more than those of a second"
    assert len(key.tasks()) == 11


def test_the_twenty_first_poll_of_a_second_is_throttled_and_ends_a_wait(
    meet: Meet, limited: str
) -> None:
    sdk, key = meet(limited)
    task = sdk.create().output["task_id"]
    assert statuses(lambda: sdk.fetch(task), 21) == ["200"] * 20 + [THROTTLED]
    assert outcome_of(lambda: sdk.wait(task))[0] == THROTTLED
    assert key.tasks() == ["PENDING"], "of which the task knows nothing"
    key.clock(advance=1)
    assert statuses(lambda: sdk.fetch(task), 1) == ["200"]


def test_2x_sleeps_until_a_rate_limit_ends(
    meet: Meet, limited: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sdk, key = meet(limited)

    def sleep(seconds: float) -> None:
        key.clock(advance=seconds)

    async def asleep(seconds: float) -> None:
        sleep(seconds)

    for name, module in [("time", SimpleNamespace(sleep=sleep)),
                         ("asyncio", SimpleNamespace(sleep=asleep))]:  # fmt: skip
        monkeypatch.setattr(f"dashscope.v2.transport.http.{name}", module)
    seen = statuses(sdk.create, 6)
    assert seen == ["200"] * 5 + ["200" if stack(sdk) == "httpx" else THROTTLED]
    assert key.calls("createVideoTask")[:6] == [200] * 5 + [429]


def test_an_account_without_money_is_in_arrears_until_a_top_up(meet: Meet, frozen: str) -> None:
    sdk, key = meet(frozen)
    key.ask("PUT", "/account", {"balance": VIDEO})
    assert statuses(sdk.create, 2) == ["200", "200"], "nothing is billed before it has ended"
    key.clock(advance=3600)
    refused = sdk.create()
    assert (refused.status, refused.code, refused.message) == (400, "Arrearage", ARREARS)
    assert outcome_of(sdk.detect)[0] == "400 Arrearage", "one account pays for both models"
    usage = key.ask("GET", "/usage")
    assert (usage["currency"], usage["total"]) == ("CNY", pytest.approx(2 * VIDEO))
    key.ask("PUT", "/account", {"balance": 100})
    assert outcome_of(sdk.create)[0] == "200"


@pytest.fixture(scope="module")
def used_up(frozen: str) -> Key:
    """A key without free pictures whose account allows only free calls."""
    key = Key(frozen)
    key.ask("PUT", "/account", {"free_only": True})
    who = {"Authorization": f"Bearer {key.name}"}
    body = {"model": "emo-detect-v1", "input": {"image_url": IMAGE}}
    for _ in range(200):
        answer = PLAIN.post(f"{frozen}{SERVICE}/face-detect", json=body, headers=who)
        assert answer.status_code == 200
    return key


def test_a_used_free_quota_refuses_only_its_model(meet: Meet, frozen: str, used_up: Key) -> None:
    sdk, key = meet(frozen, key=used_up)
    assert outcome_of(sdk.detect)[0] == "403 AllocationQuota.FreeTierOnly"
    assert outcome_of(sdk.create)[0] == "200"
    usage = key.ask("GET", "/usage")
    assert (usage["models"][0]["quantity"], usage["total"]) == (200, pytest.approx(200 * 0.004))


def test_the_request_id_of_a_refused_call_gives_a_curl_command_that_works(
    meet: Meet, frozen: str
) -> None:
    need(shutil.which("curl"), "curl")
    sdk, key = meet(frozen)
    refused = sdk.create({**INPUT, "face_bbox": [302, 286, 610]}, style_level="Calm")
    assert (refused.status, refused.code) == (400, "InvalidParameter")
    why = key.ask("GET", f"/explain/{refused.request_id}")
    assert (why["pointer"], why["code"]) == ("/input/face_bbox", "InvalidParameter")
    done = shell(why["curl"], key.name)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["output"]["task_status"] == "PENDING"
    assert key.tasks() == ["PENDING"]


def test_the_journal_shows_the_retries_that_the_sdk_hides(meet: Meet, url: str) -> None:
    sdk, key = meet(url)
    key.rules({"operation": "createVideoTask", "first": 1, "do": "lost"})
    sdk.wait(sdk.create().output["task_id"])
    kept = key.ask("GET", "/journal")["exchanges"]
    seen = [(e["operation"], e["response"]["status"], e["scenario"], e["source"]) for e in kept]
    assert seen[1] == ("createVideoTask", None, "lost", "rule scenario 1")
    assert seen[2] == ("createVideoTask", 200, None, None)
    assert {row[0] for row in seen[3:]} == {"getTask"}
    assert key.name not in json.dumps(kept)
