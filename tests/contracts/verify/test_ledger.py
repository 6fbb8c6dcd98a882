"""The ledger of observations of real providers, and its page."""

from __future__ import annotations

import sys
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from contracts.files.user_file import FileError
from contracts.spec.loader import Spec
from contracts.verify.events import Event, Started
from contracts.verify.evidence_page import page
from contracts.verify.ledger import Ledger, load, observed, save, standing, update
from tests.helpers.contract import json_answer, refuses_everything, verification

SPEC = Spec.load()
ROOT = Path(__file__).parents[3]
sys.path.append(str(ROOT / "scripts"))


def run(*checks: str) -> list[Event]:
    return list(verification(SPEC, refuses_everything, *checks).run())


def held(request: httpx.Request) -> httpx.Response:
    value = {"code": "InvalidApiKey", "message": "No API-key provided.", "request_id": "r-1"}
    return json_answer(401, value)


def test_a_run_against_a_real_provider_is_stored_with_date_host_and_request_id() -> None:
    events = list(verification(SPEC, held, "keys.missing").run())
    (seen,) = observed(Ledger(), SPEC, events).claims["keys.missing"]
    assert (seen.date, seen.host, seen.request_id, seen.held) == (
        "2025-09-11", "provider.example", "r-1", True,
    )  # fmt: skip


def test_a_failed_check_is_stored_too() -> None:
    (seen,) = observed(Ledger(), SPEC, run("keys.missing")).claims["keys.missing"]
    assert not seen.held


def test_a_run_on_a_fake_is_not_stored() -> None:
    events = [replace(e, clock=True) if isinstance(e, Started) else e for e in run("keys.missing")]
    assert observed(Ledger(), SPEC, events) == Ledger()


def test_a_skipped_check_is_not_stored() -> None:
    assert observed(Ledger(), SPEC, run("story.usage")) == Ledger()


def test_the_latest_observation_of_each_host_is_stored() -> None:
    once = observed(Ledger(), SPEC, run("keys.missing"))
    again = [replace(e, url="https://other.example") if isinstance(e, Started) else e
             for e in run("keys.missing")]  # fmt: skip
    both = observed(observed(once, SPEC, run("keys.missing")), SPEC, again)
    assert [o.host for o in both.claims["keys.missing"]] == ["provider.example", "other.example"]


def test_a_ledger_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "ledger.json"
    assert "1 claims and 0 answers" in update(file, SPEC, run("keys.missing"))
    assert load(file) == observed(Ledger(), SPEC, run("keys.missing"))
    save(file, load(file))
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("text", ["", "[]", '{"claims": {"x": [{"date": 1}]}}', '{"format": 9}'])
def test_an_invalid_ledger_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "ledger.json"
    file.write_text(text)
    with pytest.raises(FileError, match=r"ledger\.json"):
        load(file)


def test_a_claim_is_observed_documented_or_assumed() -> None:
    events = list(verification(SPEC, held, "keys.missing").run())
    (seen,) = observed(Ledger(), SPEC, events).claims.values()
    (failed,) = observed(Ledger(), SPEC, run("keys.missing")).claims.values()
    assert standing("documented", []) == standing("documented", failed) == "documented"
    assert standing("inferred", []) == "assumed"
    assert standing("captured", []) == standing("inferred", seen) == "observed"


def test_documented_answers_that_were_observed_are_stored_by_name() -> None:
    events = list(verification(SPEC, held, "keys.missing", "unknown.uuid").run())
    (name,) = observed(Ledger(), SPEC, events).answers
    assert name == "InvalidApiKey-missing"


def test_an_observed_state_of_a_task_is_stored_by_name() -> None:
    def unknown(request: httpx.Request) -> httpx.Response:
        task_id = request.url.path.rpartition("/")[2]
        output = {"task_id": task_id, "task_status": "UNKNOWN"}
        return json_answer(200, {"request_id": "r", "output": output})

    events = list(verification(SPEC, unknown, "unknown.uuid").run())
    assert list(observed(Ledger(), SPEC, events).answers) == ["UNKNOWN"]


def test_the_evidence_page_shows_the_observations() -> None:
    text = "\n".join(page(SPEC, observed(Ledger(), SPEC, run("keys.missing"))))
    assert (
        "**A call without a key was not refused as documented** on 2025-09-11 by provider.example"
        in text
    )


def test_the_evidence_page_in_docs_is_up_to_date() -> None:
    import generate_proven

    assert generate_proven.PAGE.read_text("utf-8") == generate_proven.text()
