"""The pages: one for the round, one for each candidate. Self-contained, no script, no outside asset."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pydantic import JsonValue

from harness.grading import UNDECIDED, Verdict
from harness.outcome import Evidence, EvidenceKind, Severity, Status
from harness.reporting import words
from harness.reporting.model import CandidateReport, Counts, Entry, Finding, RoundReport
from harness.text import one_line, plain

TEMPLATES = Path(__file__).resolve().parent / "templates"
MAX_EVIDENCE = 8
LONG_TEXT, LONG_LINES = 700, 10
GROUP_NOTES = {
    Verdict.ELIGIBLE: "every blocking requirement is met",
    Verdict.INELIGIBLE: "a blocking requirement is not met",
    Verdict.UNDETERMINED: "something was missing, which is not held against them",
}
KINDS = {
    EvidenceKind.FILE: "in a file",
    EvidenceKind.GIT: "in git",
    EvidenceKind.WIRE: "on the wire",
    EvidenceKind.LEDGER: "in the exchange's ledger",
    EvidenceKind.EVENT: "as an event",
    EvidenceKind.LOG: "in a log",
    EvidenceKind.MEASUREMENT: "measured",
    EvidenceKind.NOTE: "noted",
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
    groups = [
        Group(verdict, words.VERDICTS[verdict], GROUP_NOTES[verdict], report.with_verdict(verdict))
        for verdict in Verdict
    ]
    return _render("round.html.j2", report=report, groups=groups)


def render_candidate(report: CandidateReport, overview: RoundReport | None = None) -> str:
    """One candidate's page; with `overview` it leads back to the round's page."""
    failed = [item for severity in Severity for item in report.failed(severity)]
    waived = report.with_status(Status.WAIVED)
    passed = report.with_status(Status.PASSED)
    idle = report.with_status(Status.NOT_APPLICABLE)
    undecided = report.with_status(*UNDECIDED)
    return _render(
        "candidate.html.j2",
        report=report,
        overview=overview,
        verdict_words=words.VERDICTS[report.verdict],
        merge_words=_merge(report),
        failed=failed,
        causes=causes(undecided),
        waived=waived,
        quiet=[("passed", "Met", _by_subject(passed)), ("idle", "Does not apply", _by_subject(idle))],
        sections=[
            (id_, title, len(found))
            for id_, title, found in (
                ("failed", "Not met", failed),
                ("undecided", "Undecided", undecided),
                ("waived", "Waived", waived),
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


def _merge(report: CandidateReport) -> str:
    submission = report.submission
    if submission.conflicts:
        return words.count(len(submission.conflicts), "file") + " in conflict with upstream"
    known = MERGES.get(submission.merge or "unknown", "In conflict with upstream")
    return f"{known}: {submission.merge_reason}" if submission.merge == "unknown" else known


def _facts(report: CandidateReport) -> list[tuple[str, str]]:
    environment, exchange = report.environment, report.candidate.exchange
    started, finished = environment.started_at, environment.finished_at
    facts = [
        ("Screened", words.moment(started) if started else "not yet"),
        ("Finished", words.moment(finished) if finished else "not finished"),
        ("Harness", environment.harness),
        ("Catalogue then", environment.catalogue if environment.catalogue != report.catalogue else None),
        ("Sandbox", environment.backend),
        ("Framework", environment.framework),
        ("Python", environment.python),
        ("Exchange", f"{exchange.mode}, {exchange.dialect or 'no dialect named'}"),
        ("Time", f"{words.number(environment.time_scale)}× as fast" if environment.time_scale else None),
        ("Seed", str(environment.seed) if environment.seed is not None else None),
    ]
    return [(name, value) for name, value in facts if value]


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


def _render(template: str, **context: Any) -> str:
    return _environment().get_template(template).render(**context)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(FILTERS)
    made.globals["max_evidence"] = MAX_EVIDENCE
    return made


def _visible(value: Any) -> Any:
    """Every value that a template prints goes through here, before it is escaped."""
    return plain(value, lines=True) if isinstance(value, str) and not isinstance(value, Markup) else value


def _counts(counts: Counts) -> str:
    parts = [
        words.count(counts.blocker, "blocker"),
        words.count(counts.major, "major finding"),
        words.count(counts.minor, "minor finding"),
    ]
    shown = [part for part in parts if not part.startswith("0 ")]
    if counts.undecided:
        shown.append(f"{counts.undecided} undecided")
    return " · ".join([*shown, f"{counts.passed} met"])


def _failure_counts(report: CandidateReport) -> str:
    amounts = {severity: len(report.failed(severity)) for severity in Severity}
    return ", ".join(f"{amount} {severity.value}" for severity, amount in amounts.items() if amount)


def _commit_page(report: CandidateReport) -> str | None:
    return words.source_link(report, "") if report.submission.commit else None


def _datum(value: JsonValue) -> str:
    return one_line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), 160)


def _is_long(text: str) -> bool:
    return len(text) > LONG_TEXT or text.count("\n") >= LONG_LINES


FILTERS: Mapping[str, Callable[..., Any]] = {
    "basis": words.BASES.__getitem__,
    "brief": one_line,
    "commit_page": _commit_page,
    "count": words.count,
    "counts": _counts,
    "datum": _datum,
    "day": words.day,
    "expression": words.check_expression,
    "failure_counts": _failure_counts,
    "first_line": lambda text: one_line(text.lstrip().split("\n", 1)[0], 120),
    "is_long": _is_long,
    "kind": KINDS.__getitem__,
    "link": words.link,
    "moment": words.moment,
    "number": words.number,
    "score_words": words.score_words,
    "seconds": words.seconds,
    "severity": words.SEVERITIES.__getitem__,
    "source": words.source_link,
    "subject": lambda slug: slug.replace("-", " ").capitalize(),
}
