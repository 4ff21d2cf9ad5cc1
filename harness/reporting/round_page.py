"""The round's page: who may be voted on, who may not, and the result. Self-contained, no script."""

from __future__ import annotations

from dataclasses import dataclass

from harness.grading import Verdict
from harness.reporting import wording
from harness.reporting.model import Entry, RoundReport
from harness.reporting.place import Place
from harness.reporting.templating import render

ALL_MET = "every blocking requirement is met"
ALL_MET_OR_WAIVED = f"{ALL_MET}, or set aside by a maintainer where it says so"
GROUP_NOTES = {
    Verdict.ELIGIBLE: ALL_MET,
    Verdict.INELIGIBLE: "a blocking requirement is not met",
    Verdict.UNDETERMINED: "something was missing, which is not held against them",
}


@dataclass(frozen=True)
class Group:
    verdict: Verdict | None
    title: str
    note: str
    entries: tuple[Entry, ...]


def render_round(report: RoundReport, place: Place | None = None) -> str:
    """The page; `place` is where it lies in a published site, None where the round's folder stands alone."""
    notes = {**GROUP_NOTES, **({Verdict.ELIGIBLE: ALL_MET_OR_WAIVED} if report.by_waiver else {})}
    groups = [
        Group(verdict, wording.VERDICTS[verdict], notes[verdict], report.with_verdict(verdict))
        for verdict in Verdict
    ]
    if unscreened := report.with_verdict(None):
        groups.append(Group(None, wording.NO_VERDICT, "not all of it was screened", unscreened))
    return render("round.html.j2", report=report, groups=groups, place=place)
