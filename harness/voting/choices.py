"""What is voted on, as every place of voting is told it: one short text a candidate, none of them twice."""

from __future__ import annotations

from collections.abc import Mapping

from harness.errors import UserError
from harness.grading import Verdict
from harness.reporting.ballot import length
from harness.reporting.model import Entry, RoundReport

CUT = "…"
BY_WAIVER = " (by waiver)"


def on_the_ballot(report: RoundReport) -> tuple[Entry, ...]:
    """Who may be voted on, in the round's order; raises UserError where nobody may."""
    eligible = report.with_verdict(Verdict.ELIGIBLE)
    if not eligible:
        raise UserError(
            f"no candidate of round {report.round.id} may be voted on",
            hint="`harness status` says what is missing; the round's page says why for each",
        )
    return eligible


def choices(report: RoundReport, limit: int) -> Mapping[str, str]:
    """Text of a choice, of `limit` UTF-16 units at most → the candidate's name."""
    found: dict[str, str] = {}
    for entry in on_the_ballot(report):
        tail = BY_WAIVER if entry.by_waiver else ""
        text = fitted(entry.name, tail, limit)
        number = 2
        while text in found:
            text = fitted(entry.name, f" #{number}{tail}", limit)
            number += 1
        found[text] = entry.name
    return found


def fitted(name: str, tail: str, limit: int) -> str:
    """Name and tail in `limit` UTF-16 units, the name cut where they are longer."""
    if length(name + tail) <= limit:
        return name + tail
    room = limit - length(CUT + tail)
    while length(name) > room:
        name = name[:-1]
    return f"{name}{CUT}{tail}"
