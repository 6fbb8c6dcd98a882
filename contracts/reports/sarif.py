"""The SARIF 2.1.0 report (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), for code scanning and
editors: a SARIF rule for each claim, a result for each difference, with the place of the claim in
openapi.yaml."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from msgspec.structs import replace

from contracts.provider.exchange import Exchange
from contracts.reports.as_json import dumped
from contracts.reports.formatting import cut, heading, utc
from contracts.reports.run import RunRecord
from contracts.spec.sources import footnote
from contracts.text.printable import in_line, visible
from contracts.verify.events import CheckEnded, CheckFinding, Claim

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
FINGERPRINT = "emoContractFinding/v1"
Object = dict[str, Any]
ACCEPTED = {"kind": "external", "justification": "The baseline accepts it."}


def as_sarif(run: RunRecord) -> str:
    """The report. A passed check is a rule without a result; a skipped check is a notification."""
    claims = {c.id: c for c in (*run.started.claims, *(check.claim for check in run.checks))}
    index = {id: number for number, id in enumerate(claims)}
    driver = {"name": "emo contract verify", "rules": [*map(_rule, claims.values())]}
    facts = {"provider": run.started.url, "spec": run.started.spec, "seed": run.started.seed}
    differing = run.with_result("failed", "accepted")
    results = [
        r for check in differing for r in _results(check, index[check.claim.id], run.started.url)
    ]
    ran = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"emo contract verify/{in_line(run.started.url)}/"},
        "invocations": [_invocation(run, index)],
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {name: in_line(fact) for name, fact in facts.items()},
    }
    return dumped({"$schema": SCHEMA, "version": "2.1.0", "runs": [ran]})


def _rule(claim: Claim) -> Object:
    reasons = f"{claim.title}\nEvidence: {claim.evidence}.\nSource: {claim.source}."
    reasons = "\n".join([reasons, *map(footnote, claim.sources)])
    url = next((source.url for source in claim.sources if source.url), "")
    return {
        "id": in_line(claim.id),
        "shortDescription": {"text": visible(claim.failed or claim.title)},
        "fullDescription": {"text": visible(reasons)},
        "help": {"text": visible(reasons)},
        **({"helpUri": url} if url else {}),
        "defaultConfiguration": {"level": claim.severity},
        "properties": {"evidence": claim.evidence, "tier": claim.tier, "cost": claim.cost},
    }


def _results(check: CheckEnded, index: int, root: str) -> Iterator[Object]:
    seen: Counter[str] = Counter()
    findings = check.findings or (CheckFinding("", check.claim.title, "another behaviour"),)
    for finding in findings:
        exchange = finding.shown_by(check.exchanges)
        # Without the wrong value, which may differ in each run.
        operation = exchange.operation if exchange else ""
        identity = "\0".join((check.claim.id, operation, finding.pointer, finding.expected))
        seen[identity] += 1
        yield _result(check, finding, index, root) | {
            "partialFingerprints": {FINGERPRINT: _digest(f"{identity}\0{seen[identity]}")},
            **({"suppressions": [ACCEPTED]} if finding.known else {}),
            **(_exchange(exchange) if exchange else {}),
        }


def _result(check: CheckEnded, finding: CheckFinding, index: int, root: str) -> Object:
    claim, head = check.claim, heading(replace(check, findings=(finding,)), root)
    where = f" at {finding.pointer}" if finding.pointer else ""
    difference = f"Expected{where}: {finding.expected}. Got: {cut(finding.got)}"
    message = f"{head}. Contract: {claim.title} {difference}"
    return {
        "ruleId": in_line(claim.id),
        "ruleIndex": index,
        "level": claim.severity,
        "message": {"text": _message(message)},
        "locations": [_location(claim)],
    }


def _message(text: str) -> str:
    """The text as a SARIF message. SARIF reads `[a](b)` as a link and `{0}` as an argument, and has
    no way to escape them, so a space is inserted: `[a] (b)`, `{ 0}`."""
    return re.sub(r"\](?=\()|\{(?=\d)", r"\g<0> ", visible(text))


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _location(claim: Claim) -> Object:
    physical: Object = {"artifactLocation": {"uri": "openapi.yaml"}}
    if claim.line:
        physical["region"] = {"startLine": claim.line}
    if not claim.pointer:
        return {"physicalLocation": physical}
    name = in_line(claim.pointer)
    logical = {"name": name.rpartition("/")[2], "fullyQualifiedName": name, "kind": "member"}
    return {"physicalLocation": physical, "logicalLocations": [logical]}


def _exchange(exchange: Exchange) -> Object:
    request = {
        "method": in_line(exchange.method),
        "target": in_line(exchange.url),
        "headers": {in_line(name): in_line(value) for name, value in exchange.headers.items()},
        **({"body": _body(exchange.body)} if exchange.body is not None else {}),
        "properties": {"curl": visible(exchange.curl())},
    }
    answer = exchange.answer_headers.items()
    response: Object = {"noResponseReceived": not exchange.status, "body": _body(exchange.answer)}
    if exchange.status:
        response["statusCode"] = exchange.status
        response["headers"] = {in_line(name): in_line(value) for name, value in answer}
    return {"webRequest": request, "webResponse": response}


def _body(text: str) -> Object:
    return {"text": visible(cut(text))}


def _invocation(run: RunRecord, index: dict[str, int]) -> Object:
    began = run.started.at
    return {
        "executionSuccessful": run.ended is not None,
        "startTimeUtc": f"{utc(began):%Y-%m-%dT%H:%M:%S.%fZ}",
        "endTimeUtc": f"{utc(began + run.seconds):%Y-%m-%dT%H:%M:%S.%fZ}",
        "toolExecutionNotifications": [
            {
                "level": "note",
                "message": {"text": _message(f"{check.claim.id} was skipped: {check.why}")},
                "associatedRule": {"id": in_line(check.claim.id), "index": index[check.claim.id]},
            }
            for check in run.with_result("skipped")
        ],
    }
