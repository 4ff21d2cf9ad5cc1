"""`harness tally`: a round's votes, counted and published."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from rich.console import Console

from harness.commands.ballot import read_report
from harness.commands.terminal import say
from harness.reporting.json import render
from harness.reporting.publish import RESULT, publish_round
from harness.reporting.wording import NOT_COUNTED, number, result_words
from harness.screenings.store import write_whole
from harness.screenings.writing import writing
from harness.voting.cast import read_cast
from harness.voting.tally import tally


def tally_round(round_dir: Path, source: Path, now: datetime, console: Console) -> Path:
    """Write `result.json` below `round_dir`, publish the round again, and say who won; returns its page."""
    report = read_report(round_dir)
    result = tally(report, read_cast(source), source.name, now)
    with writing(round_dir):
        write_whole(round_dir / RESULT, render(result))
        page = publish_round(round_dir)
    for counted in result.candidates:
        say(console, f"{counted.name}: {number(counted.votes)}")
    for counted in result.void:
        say(console, f"{counted.name}: {number(counted.votes)}, {NOT_COUNTED}")
    say(console, f"{result_words(result)}.")
    return page
