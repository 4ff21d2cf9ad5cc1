"""`report.md`: the same report for a pull request, an issue or a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.grading import UNDECIDED, Verdict
from harness.outcome import Evidence, Severity, Status
from harness.reporting.markup import code, escaped, fenced
from harness.reporting.model import CandidateReport, Entry, Finding, Result, RoundReport
from harness.reporting.wording import (
    BASES,
    IMPACTS,
    LIFECYCLES,
    NO_VERDICT,
    NOT_COUNTED,
    RULES,
    SEVERITIES,
    STATES,
    STATUSES,
    VERDICT_MARKS,
    VERDICTS,
    count,
    day,
    moment,
    number,
    result_words,
    reviewed_by,
    score_words,
    set_aside_line,
    verdict_words,
)
from harness.text import one_line

MAX_EVIDENCE = 6
MAX_ROW = 160  # characters of a row of a time line
MAX_FINDINGS = 100  # in a section
FOLD, UNFOLD = "<details><summary>{words} of evidence</summary>", "</details>"


def render_round(report: RoundReport) -> str:
    about = report.round
    lines = [
        f"# {escaped(about.title)}",
        "",
        f"Release {escaped(about.release)} · submissions closed {moment(about.submissions_close)} · voting "
        f"{day(about.voting.opens)} – {day(about.voting.closes)} in {escaped(about.voting.channel)}",
    ]
    if report.result:
        lines += _result(report.result)
    for verdict in Verdict:
        entries = report.with_verdict(verdict)
        waived = sum(entry.by_waiver for entry in entries)
        amount = f"{len(entries)}, {waived} of them by waiver" if waived else str(len(entries))
        lines += ["", f"## {VERDICT_MARKS[verdict]} {VERDICTS[verdict]} ({amount})", ""]
        lines += [_entry(entry) for entry in entries] or ["None."]
    if unscreened := report.with_verdict(None):
        lines += ["", f"## {NO_VERDICT} ({len(unscreened)})", "", *map(_entry, unscreened)]
    lines += ["", f"Catalogue {report.catalogue}, upstream {escaped(about.upstream)}."]
    return "\n".join(lines) + "\n"


def render_candidate(report: CandidateReport) -> str:
    mark = f"{VERDICT_MARKS[report.verdict]} " if report.verdict else ""
    verdict = f"{mark}{verdict_words(report).lower()}"
    lines = [
        f"# {escaped(report.candidate.name)}: {verdict}",
        "",
        escaped(report.reason),
        "",
        *[f"- {escaped(set_aside_line(waiver))}" for waiver in report.set_aside],
        *([""] if report.set_aside else []),
        f"{score_words(report.score).capitalize()}{_without(report)} · catalogue {report.catalogue}",
        "",
        *_submission(report),
    ]
    for severity in Severity:
        lines += _section(f"Failed: {SEVERITIES[severity]}", report.failed(severity))
    lines += _section("Undecided", report.with_status(*UNDECIDED))
    lines += _section("Waived", report.with_status(Status.WAIVED))
    lines += _section("Experimental: not counted", report.experimental)
    for title, status in (("Passed", Status.PASSED), ("Does not apply", Status.NOT_APPLICABLE)):
        lines += _brief(title, report.with_status(status))
    return "\n".join(lines) + "\n"


def _result(result: Result) -> Iterator[str]:
    yield from ("", f"## Result: {escaped(result_words(result))}", "", f"{RULES[result.rule]}.", "")
    for counted in result.candidates:
        won = " · **won**" if counted.name in result.winners and not result.tie else ""
        tied = " · tied" if counted.name in result.winners and result.tie else ""
        waiver = " · by waiver" if counted.by_waiver else ""
        yield f"- {escaped(counted.name)}: {number(counted.votes)}{won}{tied}{waiver}"
    for counted in result.void:
        yield f"- {escaped(counted.name)}: {number(counted.votes)}, {NOT_COUNTED}"


def _entry(entry: Entry) -> str:
    words = [f"- [{escaped(entry.name)}](<{entry.page}>): {escaped(entry.reason)}"]
    words += [f"  - {escaped(set_aside_line(waiver))}" for waiver in entry.set_aside]
    if entry.score:
        words.append(f"  - {score_words(entry.score)}{_without(entry)}")
    return "\n".join(words)


def _without(told: CandidateReport | Entry) -> str:
    return f"; without waivers {score_words(told.without_waivers)}" if told.without_waivers else ""


def _submission(report: CandidateReport) -> Iterator[str]:
    yield "## What was screened"
    yield ""
    candidate, submission = report.candidate, report.submission
    yield f"- Connector: {', '.join(code(name) for name in report.connectors) or 'none'}"
    if candidate.repository:
        yield f"- Repository: {code(candidate.repository)}, ref {code(candidate.ref)}"
    if submission.commit is None:
        yield f"- No commit: {escaped(submission.missing or 'nothing was pinned')}"
        return
    at = f" of {moment(submission.committed_at)}" if submission.committed_at else ""
    yield f"- Commit: {code(submission.commit)}{at}"
    if late := submission.commits_after_deadline:
        yield f"- {count(late, 'commit')} after the deadline ignored"
    if submission.merge is not None:
        yield f"- Merging into upstream: {submission.merge}"


def _section(title: str, findings: Sequence[Finding]) -> Iterator[str]:
    if not findings:
        return
    yield ""
    yield f"## {title} ({len(findings)})"
    for finding in findings[:MAX_FINDINGS]:
        yield from finding_lines(finding)
    yield from _left_out(findings)


def finding_lines(finding: Finding) -> Iterator[str]:
    """One finding under a heading of the third level, with its evidence and what to do."""
    yield ""
    yield f"### {escaped(finding.title or finding.requirement)}"
    yield ""
    yield " · ".join([code(finding.requirement), *_kind_of(finding)]) + _reviewed(finding)
    yield ""
    yield escaped(finding.summary, limit=2000)
    yield from _detail(finding)


def _kind_of(finding: Finding) -> Iterator[str]:
    yield finding.severity.value
    if finding.impact:
        yield IMPACTS[finding.impact]
    if lifecycle := LIFECYCLES[finding.lifecycle]:
        yield lifecycle
    if not finding.counts:
        yield STATUSES[finding.status]


def _detail(finding: Finding) -> Iterator[str]:
    if finding.waiver:
        waiver, found = finding.waiver, finding.found
        state = f" ({STATES[found]} without the waiver)" if found else ""
        yield ""
        yield f"Waived by {escaped(waiver.granted_by)} until {waiver.until}{state}: {escaped(waiver.reason)}"
    if finding.status is Status.FAILED:
        if finding.fix:
            yield ""
            yield f"What to do: {escaped(finding.fix, limit=2000)}"
        if finding.why:
            yield ""
            yield f"Why it matters: {escaped(finding.why, limit=2000)}"
    if finding.evidence:
        yield ""
        yield FOLD.format(words=count(len(finding.evidence), "piece"))
        yield from _all_evidence(finding.evidence)
        yield ""
        yield UNFOLD


def _all_evidence(evidence: Sequence[Evidence]) -> Iterator[str]:
    timed = [item for item in evidence if item.when]
    if timed:
        yield ""
        yield from _timeline(timed)
    others = [item for item in evidence if not item.when]
    for item in others[:MAX_EVIDENCE]:
        yield ""
        yield from _evidence(item)
    if (more := len(others) - MAX_EVIDENCE) > 0:
        yield ""
        yield f"{more} more in report.json."


def _evidence(item: Evidence) -> Iterator[str]:
    place = f" · {code(item.place)}" if item.place else ""
    yield f"Evidence ({BASES[item.basis]}, {item.kind.value}){place}:"
    yield ""
    yield fenced(item.text)


def _timeline(items: Sequence[Evidence]) -> Iterator[str]:
    yield "What happened, in the order it happened:"
    yield ""
    rows = (
        f"{item.when:>10}  {BASES[item.basis]}, {item.kind.value}: {one_line(item.text, MAX_ROW)}"
        for item in items
    )
    yield fenced("\n".join(rows), MAX_ROW * len(items))


def _brief(title: str, findings: Sequence[Finding]) -> Iterator[str]:
    if findings:
        yield ""
        yield f"## {title} ({len(findings)})"
        yield ""
        for finding in findings[:MAX_FINDINGS]:
            said = f": {escaped(finding.summary)}" if finding.reviewed else ""
            title = escaped(finding.title or "")
            yield f"- {code(finding.requirement)} {title}{_reviewed(finding)}{said}".rstrip()
        yield from _left_out(findings)


def _reviewed(finding: Finding) -> str:
    told = reviewed_by(finding)
    return f" · *{escaped(told)}*" if told else ""


def _left_out(findings: Sequence[Finding]) -> Iterator[str]:
    if (more := len(findings) - MAX_FINDINGS) > 0:
        yield ""
        yield f"{more} more in report.json."
