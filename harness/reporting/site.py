"""The pages: one for the round, one for each candidate. Self-contained, no script, no outside asset."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.grading import UNDECIDED, Verdict
from harness.outcome import Evidence, Severity, Status
from harness.reporting import wording
from harness.reporting.model import CandidateReport, Entry, Finding, RoundReport
from harness.reporting.templating import KINDS_OF_DEMAND, render
from harness.screenings.run import InstalledInfo

ALL_MET = "every blocking requirement is met"
ALL_MET_OR_WAIVED = f"{ALL_MET}, or set aside by a maintainer where it says so"
GROUP_NOTES = {
    Verdict.ELIGIBLE: ALL_MET,
    Verdict.INELIGIBLE: "a blocking requirement is not met",
    Verdict.UNDETERMINED: "something was missing, which is not held against them",
}
MERGES = {"clean": "No conflicts with upstream", "unknown": "Could not be tried"}


@dataclass(frozen=True)
class Group:
    verdict: Verdict
    title: str
    note: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Cause:
    """One thing that was missing and every requirement it leaves open."""

    summary: str
    findings: tuple[Finding, ...]

    @property
    def ours(self) -> bool:
        return any(item.status is Status.HARNESS_ERROR for item in self.findings)

    @property
    def blocking(self) -> int:
        return sum(item.severity is Severity.BLOCKER for item in self.findings)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What the first of them rests on: the others rest on the same."""
        return next((item.evidence for item in self.findings if item.evidence), ())


def render_round(report: RoundReport) -> str:
    notes = {**GROUP_NOTES, **({Verdict.ELIGIBLE: ALL_MET_OR_WAIVED} if report.by_waiver else {})}
    groups = [
        Group(verdict, wording.VERDICTS[verdict], notes[verdict], report.with_verdict(verdict))
        for verdict in Verdict
    ]
    return render("round.html.j2", report=report, groups=groups)


def render_candidate(report: CandidateReport, overview: RoundReport | None = None) -> str:
    """One candidate's page; with `overview` it leads back to the round's page."""
    failed = [item for severity in Severity for item in report.failed(severity)]
    waived = report.with_status(Status.WAIVED)
    passed = report.with_status(Status.PASSED)
    idle = report.with_status(Status.NOT_APPLICABLE)
    undecided = report.with_status(*UNDECIDED)
    return render(
        "candidate.html.j2",
        report=report,
        overview=overview,
        verdict_words=wording.verdict_words(report),
        merge_words=_merge(report),
        failed=failed,
        blockers=report.failed(Severity.BLOCKER),
        tallies=_tallies(report),
        causes=causes(undecided),
        waived=waived,
        experimental=report.experimental,
        quiet=[("passed", "Met", _by_subject(passed)), ("idle", "Does not apply", _by_subject(idle))],
        sections=[
            (id_, title, len(found))
            for id_, title, found in (
                ("failed", "Not met", failed),
                ("undecided", "Undecided", undecided),
                ("waived", "Waived", waived),
                ("experimental", "Experimental", report.experimental),
                ("passed", "Met", passed),
            )
            if found
        ],
        facts=_facts(report),
        commands=_commands(report),
    )


def causes(findings: Iterable[Finding]) -> tuple[Cause, ...]:
    """Undecided findings by what was missing: blocking ones first, then the widest."""
    grouped: dict[tuple[str, Status], list[Finding]] = {}
    for item in findings:
        grouped.setdefault((item.summary, item.status), []).append(item)
    made = [Cause(summary, tuple(group)) for (summary, _), group in grouped.items()]
    return tuple(sorted(made, key=lambda cause: (-cause.blocking, -len(cause.findings))))


def _by_subject(findings: Iterable[Finding]) -> tuple[tuple[str, tuple[Finding, ...]], ...]:
    grouped: dict[str, list[Finding]] = {}
    for item in findings:
        grouped.setdefault(item.subject, []).append(item)
    return tuple((subject, tuple(group)) for subject, group in grouped.items())


def _tallies(report: CandidateReport) -> list[tuple[str, int, int, int, int]]:
    """By severity: its name, how many are met, not met, undecided and waived."""
    rows = []
    for severity in Severity:
        statuses = [item.status for item in report.counted if item.severity is severity]
        met, failed = statuses.count(Status.PASSED), statuses.count(Status.FAILED)
        undecided = sum(status in UNDECIDED for status in statuses)
        waived = statuses.count(Status.WAIVED)
        rows.append((KINDS_OF_DEMAND[severity].capitalize(), met, failed, undecided, waived))
    return rows


def _merge(report: CandidateReport) -> str:
    submission = report.submission
    if submission.conflict_count:
        return wording.count(submission.conflict_count, "file") + " in conflict with upstream"
    known = MERGES.get(submission.merge or "unknown", "In conflict with upstream")
    unknown = submission.merge == "unknown" and submission.merge_reason
    return f"{known}: {submission.merge_reason}" if unknown else known


def _facts(report: CandidateReport) -> list[tuple[str, str]]:
    environment, exchange = report.environment, report.candidate.exchange
    started, finished = environment.started_at, environment.finished_at
    facts = [
        ("Screened", wording.moment(started) if started else "not yet"),
        ("Finished", wording.moment(finished) if finished else "not finished"),
        ("Harness", environment.harness),
        ("Catalogue then", environment.catalogue if environment.catalogue != report.catalogue else None),
        ("Sandbox", environment.backend),
        ("Framework", environment.framework),
        ("Harness's Python", environment.python),
        *_installed(environment.installed),
        ("Exchange", f"{exchange.mode}, {exchange.dialect or 'no dialect named'}"),
        ("Time", f"{wording.number(environment.time_scale)}× as fast" if environment.time_scale else None),
        ("Seed", str(environment.seed) if environment.seed is not None else None),
    ]
    return [(name, value) for name, value in facts if value]


def _installed(installed: InstalledInfo | None) -> list[tuple[str, str]]:
    if installed is None:
        return []
    as_of = f", as the index had them on {installed.as_of:%Y-%m-%d}" if installed.as_of else ""
    if installed.undated:
        as_of = ", as the index has them now: it does not say since when"
    return [
        ("Framework's Python", installed.python),
        ("Packages", f"{len(installed.packages)} that upstream declares{as_of}"),
        ("Not as declared", "; ".join(installed.relaxations)),
        ("Libraries of its own", ", ".join(installed.added)),
        ("Not to be had", "; ".join(installed.unavailable)),
    ]


def _commands(report: CandidateReport) -> list[tuple[str, str]]:
    seed = report.environment.seed
    suffix = f" --seed {seed}" if seed is not None else ""
    commit = report.submission.commit
    at = f" (at commit {commit[:12]})" if commit else ""
    return [
        (
            "Screen this candidate again, in the round's folder",
            f"harness run round.yml --only {report.candidate.name}{suffix}",
        ),
        (f"The same checks in a checkout of the fork{at}", f"harness check .{suffix}"),
    ]
