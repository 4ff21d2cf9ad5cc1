"""`report.sarif` (SARIF 2.1.0): findings at their lines, for editors and code scanning."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from pydantic import JsonValue

from harness.grading import UNDECIDED
from harness.outcome import Evidence, Severity, Status
from harness.reporting.model import CandidateReport, Finding
from harness.reporting.wording import inside
from harness.text import inert_json, plain

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS: Mapping[Severity, str] = {
    Severity.BLOCKER: "error",
    Severity.MAJOR: "warning",
    Severity.MINOR: "note",
}
MAX_LOCATIONS = 10

Json = dict[str, JsonValue]


def render(report: CandidateReport) -> str:
    told = (Status.FAILED, *UNDECIDED, Status.WAIVED)
    shown = [item for item in report.outcomes if item.status in told]
    driver: Json = {
        "name": "connector harness",
        "version": report.environment.harness or "unknown",
        "rules": [_rule(item) for item in shown],
    }
    run: Json = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(item, place) for place, item in enumerate(shown)],
    }
    return inert_json(json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)) + "\n"


def _rule(finding: Finding) -> Json:
    rule: Json = {
        "id": finding.requirement,
        "shortDescription": _text(finding.title or finding.requirement),
        "defaultConfiguration": {"level": _level(finding)},
        "properties": {
            "subject": finding.subject,
            "severity": finding.severity.value,
            "lifecycle": finding.lifecycle.value,
        },
    }
    if finding.why:
        rule["fullDescription"] = _text(finding.why)
    if finding.fix:
        rule["help"] = _text(finding.fix)
    return rule


def _level(finding: Finding) -> str:
    return LEVELS[finding.severity if finding.counts else Severity.MINOR]


def _result(finding: Finding, rule: int) -> Json:
    failed = Status.FAILED in (finding.status, finding.found)
    result: Json = {
        "ruleId": finding.requirement,
        "ruleIndex": rule,
        "kind": "fail" if failed else "open",
        "level": _level(finding) if failed else "none",
        "message": _text(finding.summary),
        "locations": list(_locations(finding.evidence)),
        "partialFingerprints": {"requirement/v1": finding.requirement},
    }
    if (waiver := finding.waiver) is not None:
        why = f"Waived by {waiver.granted_by} until {waiver.until}: {waiver.reason}"
        accepted: Json = {"kind": "external", "status": "accepted", "justification": plain(why)}
        result["suppressions"] = [accepted]
    return result


def _locations(evidence: Iterable[Evidence]) -> Iterable[JsonValue]:
    places = dict.fromkeys((item.file, item.line) for item in evidence if item.file and inside(item.file))
    for file, line in list(places)[:MAX_LOCATIONS]:
        place: Json = {"artifactLocation": {"uri": quote(file), "uriBaseId": "%SRCROOT%"}}
        if line is not None and line > 0:
            place["region"] = {"startLine": line}
        yield {"physicalLocation": place}


def _text(text: str) -> Json:
    """A SARIF message is plain text but for `[words](target)`: its brackets are escaped."""
    return {"text": re.sub(r"([\\\[\]])", r"\\\1", plain(text, lines=True))}
