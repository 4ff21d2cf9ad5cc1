"""A candidate's page, for who votes, who maintains and who develops. Self-contained, without a script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from harness.grading import UNDECIDED
from harness.outcome import Evidence, Severity, Status
from harness.reporting import wording
from harness.reporting.badge import snippets
from harness.reporting.commands import check_again, for_candidate
from harness.reporting.comparison import Difference, grouped
from harness.reporting.model import CandidateReport, Finding, RoundReport
from harness.reporting.place import Place
from harness.reporting.templating import render
from harness.requirement import Impact
from harness.screenings.run import InstalledInfo

MERGES = {"clean": "No conflicts with upstream", "unknown": "Could not be tried"}
MARKETS = {"derivative": "perpetual contracts"}


@dataclass(frozen=True)
class Shown:
    """A finding as the page shows it: without what stands under an earlier one, which `same_run` names."""

    finding: Finding
    evidence: tuple[Evidence, ...]
    same_run: Finding | None = None


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


def render_candidate(
    report: CandidateReport,
    overview: RoundReport | None = None,
    place: Place | None = None,
    changes: tuple[Difference, ...] = (),
) -> str:
    """One candidate's page.

    With `overview` it leads back to the round's page, with `place` to the rest of a published site. `changes`
    are those since the run before.
    """
    failed = [item for severity in Severity for item in report.failed(severity)]
    shown = shown_once(failed)
    undecided = report.with_status(*UNDECIDED)
    passed, idle = report.with_status(Status.PASSED), report.with_status(Status.NOT_APPLICABLE)
    return render(
        "candidate.html.j2",
        report=report,
        overview=overview,
        place=place,
        badge=snippets(report, place.address) if place else None,
        verdict_words=wording.verdict_words(report),
        merge_words=_merge(report),
        blockers=report.failed(Severity.BLOCKER),
        impacts=_impacts(report),
        failed=[
            (impact, [item for item in shown if item.finding.impact is impact]) for impact in (*Impact, None)
        ],
        failures=len(failed),
        causes=causes(undecided),
        waived=report.with_status(Status.WAIVED),
        experimental=report.experimental,
        quiet=[
            ("passed", "Met", len(passed), _by_subject(passed)),
            ("idle", "Does not apply", len(idle), _by_subject(idle)),
        ],
        exchange=_exchange(report),
        facts=_facts(report),
        commands=for_candidate(report),
        check_again=partial(check_again, report),
        changes=list(grouped(changes)),
    )


def shown_once(findings: Iterable[Finding]) -> tuple[Shown, ...]:
    """Each with its evidence; of several that rest on the same run, only the first shows what happened."""
    first: dict[tuple[tuple[float | None, str], ...], Finding] = {}
    made = []
    for item in findings:
        timed = tuple((each.at, each.text) for each in item.evidence if each.at is not None)
        known = first.get(timed) if timed else None
        if known is None:
            first[timed] = item
            made.append(Shown(item, item.evidence))
        else:
            made.append(Shown(item, tuple(each for each in item.evidence if each.at is None), known))
    return tuple(made)


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


def _impacts(report: CandidateReport) -> Sequence[tuple[Impact, tuple[int, ...]]]:
    """By impact: how many are not met, undecided, waived and met."""
    rows = []
    for impact in Impact:
        statuses = [item.status for item in report.counted if item.impact is impact]
        counts = (
            statuses.count(Status.FAILED),
            sum(status in UNDECIDED for status in statuses),
            statuses.count(Status.WAIVED),
            statuses.count(Status.PASSED),
        )
        rows.append((impact, counts))
    return rows


def _merge(report: CandidateReport) -> str:
    submission = report.submission
    if submission.conflict_count:
        return wording.count(submission.conflict_count, "file") + " in conflict with upstream"
    known = MERGES.get(submission.merge or "unknown", "In conflict with upstream")
    unknown = submission.merge == "unknown" and submission.merge_reason
    return f"{known}: {submission.merge_reason}" if unknown else known


def _exchange(report: CandidateReport) -> list[tuple[str, str]]:
    """What it is, in words: name and value; an address among the values becomes a link."""
    candidate, facts = report.candidate, report.facts
    said = [
        ("Trades", MARKETS.get(candidate.kind, "spot")),
        ("Exchange", (facts and facts.site) or ", ".join(candidate.exchange.hosts[:3])),
        ("Pairs", f"such as {facts.example_pair}" if facts and facts.example_pair else ""),
        ("Order types", ", ".join(wording.order_type(each) for each in facts.order_types) if facts else ""),
        ("Fees", wording.fees(facts) if facts else ""),
        ("Contact", candidate.contact or "none given"),
        ("Maintenance", candidate.maintenance or "no commitment given"),
    ]
    return [(name, value) for name, value in said if value]


def _facts(report: CandidateReport) -> list[tuple[str, str]]:
    environment, exchange = report.environment, report.candidate.exchange
    started, finished = environment.started_at, environment.finished_at
    steps = ", ".join(f"{step} {wording.seconds(spent)}" for step, spent in report.timings.items())
    facts = [
        ("Screened", wording.moment(started) if started else "not yet"),
        ("Finished", wording.moment(finished) if finished else "not finished"),
        ("Took", steps),
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
        ("Not available", "; ".join(installed.unavailable)),
    ]
