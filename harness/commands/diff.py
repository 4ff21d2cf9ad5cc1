"""`harness diff`: what changed between two screenings of a candidate, or between two rounds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console

from harness.commands.terminal import say
from harness.errors import UserError
from harness.outcome import OutcomeLog
from harness.reporting.comparison import Kind, differences, grouped, told, why
from harness.reporting.model import CandidateReport
from harness.reporting.wording import score_words, verdict_words
from harness.screenings.store import OUTCOMES

REPORT = "report.json"


def diff(before: Path, after: Path, console: Console) -> bool:
    """Say what changed from one published folder to the other; true where something newly failed.

    Both are candidates, or both rounds: their candidates are then compared by name. Raises UserError for a
    folder without a report, or for a round and a candidate.
    """
    old, new = _reports(before), _reports(after)
    alone = (before / REPORT).is_file(), (after / REPORT).is_file()
    if alone[0] != alone[1]:
        hint = f"compare it with {(after if alone[0] else before) / 'NAME'}"
        raise UserError(
            "one folder is a round's, the other a candidate's; both must be of one kind",
            where=str(before),
            hint=hint,
        )
    if alone[0]:
        return _one(before, after, _read(before), _read(after), console)
    failed = False
    for name in dict.fromkeys((*old, *new)):
        if name not in new:
            say(console, f"{name}: it is not in {after} any more\n")
        elif name not in old:
            say(console, f"{name}: new, {verdict_words(new[name]).lower()}\n")
        else:
            failed |= _one(before / name, after / name, old[name], new[name], console)
    return failed


def _one(before: Path, after: Path, old: CandidateReport, new: CandidateReport, console: Console) -> bool:
    verdicts = [verdict_words(each).lower() for each in (old, new)]
    verdict = verdicts[1] if verdicts[0] == verdicts[1] else " → ".join(verdicts)
    say(console, f"{new.candidate.name}: {verdict}")
    say(console, f"  before: {score_words(old.score)}\n  now:    {score_words(new.score)}")
    found = differences(old, new)
    for kind, group in grouped(found):
        say(console, f"  {kind.value} ({len(group)})")
        for each in group:
            say(console, f"    {told(each)}")
    if not found:
        say(console, "  every requirement is as it was")
    for line in _causes(before, after):
        say(console, f"  {line}")
    say(console, "")
    return any(each.kind is Kind.FAILED for each in found)


def _causes(before: Path, after: Path) -> list[str]:
    headers = [OutcomeLog(folder / OUTCOMES).header() for folder in (before, after)]
    if not all(headers):
        return ["what it was screened with is not kept beside both reports"]
    causes = why(*headers)
    if not causes:
        return ["commit, harness, catalogue and seed are the same"]
    same = "commit" in headers[0] and headers[0]["commit"] == headers[1].get("commit")
    head = "the fork's commit is the same; what differs:" if same else "what differs:"
    return [head, *(f"  {cause}" for cause in causes)]


def _reports(folder: Path) -> Mapping[str, CandidateReport]:
    """The reports of a round's candidates by folder, or the one in a candidate's own folder."""
    if (folder / REPORT).is_file():
        return {folder.name: _read(folder)}
    found = {path.parent.name: _read(path.parent) for path in sorted(folder.glob(f"*/{REPORT}"))}
    if not found:
        raise UserError(
            "there is no report here",
            where=str(folder),
            hint="give a published round or one candidate's folder in it; `harness report` publishes",
        )
    return found


def _read(folder: Path) -> CandidateReport:
    path = folder / REPORT
    try:
        return CandidateReport.model_validate_json(path.read_bytes())
    except ValidationError as error:
        hint = f"publish it again with this version: harness report {folder.parent}"
        raise UserError("this is not a candidate's report", where=str(path), hint=hint) from error
