"""`junit.xml`, for CI systems: a suite a subject, a case a requirement. What is undecided is skipped."""

from __future__ import annotations

from itertools import groupby
from xml.etree import ElementTree

from harness.outcome import Status
from harness.reporting.model import CandidateReport, Finding
from harness.reporting.wording import BASES, STATES, STATUSES
from harness.text import one_line, plain

MAX_EVIDENCE = 40


def render(report: CandidateReport) -> str:
    root = ElementTree.Element("testsuites", _counts(report.outcomes, report.candidate.name))
    ordered = sorted(report.outcomes, key=lambda item: item.subject)
    for subject, group in groupby(ordered, key=lambda item: item.subject):
        findings = tuple(group)
        suite = ElementTree.SubElement(root, "testsuite", _counts(findings, subject))
        for finding in findings:
            suite.append(_case(finding))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(finding: Finding) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        name=plain(finding.requirement),
        classname=plain(finding.subject),
        time=f"{finding.seconds:.3f}",
    )
    message = one_line(finding.summary, 500)
    if not finding.counts:
        if finding.status is not Status.PASSED:
            ElementTree.SubElement(case, "skipped", message=f"{_experimental(finding)}: {message}")
    elif finding.status is Status.FAILED:
        ElementTree.SubElement(case, "failure", type=finding.severity.value, message=message).text = _details(
            finding
        )
    elif finding.status is Status.HARNESS_ERROR:
        ElementTree.SubElement(case, "error", type="harness", message=message).text = _details(finding)
    elif finding.status is not Status.PASSED:
        ElementTree.SubElement(case, "skipped", message=f"{_why_skipped(finding)}: {message}")
    return case


def _experimental(finding: Finding) -> str:
    return f"{finding.lifecycle.value}, {STATUSES[finding.status]}"


def _why_skipped(finding: Finding) -> str:
    waiver = finding.waiver
    if waiver is None or finding.found is None:
        return STATUSES[finding.status]
    by = one_line(waiver.granted_by, 200)
    return f"waived by {by} until {waiver.until}, {STATES[finding.found]} without the waiver"


def _details(finding: Finding) -> str:
    parts = [finding.summary]
    for item in finding.evidence[:MAX_EVIDENCE]:
        where = "".join(f" {each}" for each in (item.when, item.place) if each)
        parts.append(f"[{BASES[item.basis]}]{where} {item.text}")
    if (more := len(finding.evidence) - MAX_EVIDENCE) > 0:
        parts.append(f"{more} more in report.json.")
    if finding.fix:
        parts.append(f"What to do: {finding.fix}")
    return plain("\n\n".join(parts), lines=True)


def _counts(findings: tuple[Finding, ...], name: str) -> dict[str, str]:
    statuses = [item.status for item in findings if item.counts]
    ignored = [item for item in findings if not item.counts and item.status is not Status.PASSED]
    unskipped = {Status.PASSED, Status.FAILED, Status.HARNESS_ERROR}
    return {
        "name": plain(name),
        "tests": str(len(findings)),
        "failures": str(statuses.count(Status.FAILED)),
        "errors": str(statuses.count(Status.HARNESS_ERROR)),
        "skipped": str(sum(status not in unskipped for status in statuses) + len(ignored)),
        "time": f"{sum(item.seconds for item in findings):.3f}",
    }
