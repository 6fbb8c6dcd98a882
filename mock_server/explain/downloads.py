"""Explains downloads that the object store refused."""

from __future__ import annotations

from mock_server.explain.case import Case, Finding

_WHOLE_URL = (
    "use the URL of the answer of getTask unchanged, with its whole query; in a shell, in quotes"
)
ADVICE = {
    "expired": "create a new task, or advance the clock less: a video is kept for a day",
    "no-signature": _WHOLE_URL,
    "bad-signature": _WHOLE_URL,
    "no-such-key": _WHOLE_URL,
    "not-allowed": "use GET or HEAD",
    "bad-range": "request a range inside the video; HEAD returns its length",
}


def is_refused(case: Case) -> bool:
    """Whether the object store refused the call with an outcome of the spec."""
    outcome = case.spec.result.outcomes.get(case.entry.outcome)
    return case.is_download and outcome is not None and outcome.status >= 400


def refused(case: Case) -> Finding:
    """Explain the refusal of a download."""
    outcome = case.spec.result.outcomes[case.entry.outcome]
    return Finding(
        rule=f"the object store refused the download, {outcome.name}: {outcome.summary}",
        place=case.spec.outcome_pointer(outcome.name, case.operation),
        advice=ADVICE.get(outcome.name, ""),
    )
