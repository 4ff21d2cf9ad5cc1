"""`harness next`: the file of the round after one that was decided."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from harness.commands.ballot import read_report
from harness.errors import UserError
from harness.reporting.model import RoundReport
from harness.reporting.wording import listed, number, verdict_words
from harness.rounds.next_round import file_text, next_round, title_after
from harness.rounds.reading import load_round
from harness.screenings.round_file import read_round_file
from harness.screenings.store import ROUND, write_whole


def write_next(
    round_dir: Path, out: Path, *, id_: str, release: str, title: str | None, days: int, winner: str | None
) -> Path:
    """Write the next round's file.

    Raises UserError where the votes are not counted, `out` is there already, or the round would be none.
    """
    report = read_report(round_dir)
    if out.exists():
        raise UserError("the file already exists", where=str(out), hint="choose another file with --out")
    round_ = load_round(round_dir / ROUND)
    winners = _winners(report, winner, round_dir)
    title = title or title_after(round_, round_.voting.opens + timedelta(days=days))
    made = next_round(round_, winners, id_=id_, release=release, title=title, days=days)
    write_whole(out, file_text(made, round_, days, _known(report)))
    read_round_file(out, others_rows=False)
    return out


def _winners(report: RoundReport, winner: str | None, round_dir: Path) -> tuple[str, ...]:
    result = report.result
    if result is None:
        hint = f"harness tally {round_dir} --from FILE"
        raise UserError("the votes of this round have not been counted", where=str(round_dir), hint=hint)
    if winner is None and result.tie:
        tied = listed(result.winners)
        raise UserError(f"{tied} tie", where=str(round_dir), hint="choose the winner with --winner")
    if winner is not None and winner not in result.winners:
        won = listed(result.winners) or "nobody"
        raise UserError(f"{winner} did not win: {won} did", where="--winner", hint="leave --winner out")
    return (winner,) if winner is not None else result.winners


def _known(report: RoundReport) -> dict[str, str]:
    counted = {each.name: each.votes for each in report.result.candidates} if report.result else {}
    known = {}
    for entry in report.candidates:
        votes = ""
        if (amount := counted.get(entry.name)) is not None:
            votes = f", {number(amount)} {'vote' if amount == 1 else 'votes'}"
        known[entry.name] = f"{verdict_words(entry).lower()}{votes}. {entry.reason}"
    return known
