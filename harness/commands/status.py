"""`harness status`: where a round stands, what is next, and the command for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from harness.commands.ballot import posted_file
from harness.forks.lockfile import load_lock
from harness.reporting.publish import read_result
from harness.rounds.calendar import Done, first_instant, last_instant, standing
from harness.rounds.round import Round
from harness.screenings.round_file import read_round_file
from harness.screenings.store import read_screening
from harness.voting.posting import read_posted


def status_lines(file: Path, reports: Path, now: datetime) -> Iterator[str]:
    """What a person reads of the round in `file`, line by line."""
    round_ = read_round_file(file)
    done = _done(file, round_, reports / round_.id)
    at = standing(round_, now, done, str(file), str(reports))
    yield f"{round_.title} ({round_.id}), for release {round_.release}"
    left = f"; {_span(at.until - now)} left" if at.until else ""
    yield f"Now: {at.stage.value}{left}."
    yield ""
    yield f"  submissions close  {round_.submissions_close:%Y-%m-%d %H:%M} UTC"
    yield f"  voting opens       {first_instant(round_.voting.opens):%Y-%m-%d %H:%M} UTC"
    yield f"  voting closes      {last_instant(round_.voting.closes):%Y-%m-%d %H:%M} UTC"
    yield f"  where              {round_.voting.channel}"
    yield f"  commits frozen     {'yes' if done.frozen else 'no'}"
    yield f"  screened           {done.screened} of {done.candidates}"
    yield f"  ballot posted      {f'{done.posted} messages' if done.posted else 'no'}"
    yield ""
    yield f"Next: {at.next}."
    if at.command:
        yield f"→ {at.command}"
    for what, command in at.also:
        yield f"Also: {what}."
        yield f"→ {command}"


def _done(file: Path, round_: Round, folder: Path) -> Done:
    result = read_result(folder)
    screened = sum(read_screening(folder / each.name, each).finished for each in round_.candidates)
    return Done(
        frozen=load_lock(file, round_) is not None,
        screened=screened,
        candidates=len(round_.candidates),
        posted=len(read_posted(posted_file(folder))),
        tallied=result is not None,
        winners=result.winners if result else (),
    )


def _span(time: timedelta) -> str:
    """`3 days`, `5 hours`, `20 minutes`."""
    hours, days = time // timedelta(hours=1), time // timedelta(days=1)
    for amount, unit in ((days, "day"), (hours, "hour"), (time // timedelta(minutes=1), "minute")):
        if amount >= 2:
            return f"{amount} {unit}s"
    return "a minute"
