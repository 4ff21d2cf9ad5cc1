"""Where a round stands, and what is next. Pure: the time and what is there are given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from harness.rounds.round import Round

REPORTS = "reports"  # where reports are published unless another folder is asked for


class Stage(StrEnum):
    """The parts of a round, in their order."""

    OPEN = "submissions are open"
    CLOSED = "submissions are closed"
    VOTING = "voting is open"
    ENDED = "voting is over"
    TALLIED = "the votes are counted"


@dataclass(frozen=True)
class Done:
    """What has been done of a round: `screened` of `candidates` to the end, `posted` ballot messages.

    `winners` are those of the counted votes, more than one where they tie.
    """

    frozen: bool
    screened: int
    candidates: int
    posted: int
    tallied: bool = False
    winners: tuple[str, ...] = ()


@dataclass(frozen=True)
class Standing:
    """`until` is when the stage ends, None for the last; `command` is empty where there is nothing to run.

    `also` are (what, command) that may be done meanwhile.
    """

    stage: Stage
    until: datetime | None
    next: str
    command: str
    also: tuple[tuple[str, str], ...] = ()


def first_instant(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def last_instant(day: date) -> datetime:
    """When a day that counts is over."""
    return first_instant(day + timedelta(days=1))


def standing(round_: Round, now: datetime, done: Done, file: str, reports: str = REPORTS) -> Standing:
    """Where the round in `file` stands at `now`; it is published below `reports`."""
    where = f"{reports}/{round_.id}"
    run = f"harness run {file}" + ("" if reports == REPORTS else f" --reports {reports}")
    publish = _publishing(reports) if done.screened else ()
    if now <= round_.submissions_close:
        what = f"as soon as they close, `harness freeze {file}`; a run before that is a trial"
        return Standing(Stage.OPEN, round_.submissions_close, what, run)
    if now < first_instant(round_.voting.opens):
        coming = _towards_the_vote(done, file, where, run)
        return Standing(Stage.CLOSED, first_instant(round_.voting.opens), *coming, also=publish)
    if now < last_instant(round_.voting.closes):
        coming = _towards_the_vote(done, file, where, run)
        also = (*publish, *_for_voters(where))
        return Standing(Stage.VOTING, last_instant(round_.voting.closes), *coming, also=also)
    if not (done.screened or done.tallied):
        return Standing(Stage.ENDED, None, "screen the round: votes are counted for what was published", run)
    if not done.tallied:
        return Standing(Stage.ENDED, None, "count the votes", f"harness tally {where} --from FILE", publish)
    following = f"harness next {where} --id ID --release RELEASE"
    packets = tuple(
        (f"write the review packet for {name}", f"harness review {where}/{name}") for name in done.winners
    )
    return Standing(Stage.TALLIED, None, "prepare the next round", following, (*publish, *packets))


def _publishing(reports: str) -> tuple[tuple[str, str], ...]:
    elsewhere = "" if reports == REPORTS else f" --reports {reports}"
    command = f"harness publish --site DIR --base-url URL{elsewhere}"
    return (("publish the round as a site that the ballot can link to", command),)


def _for_voters(where: str) -> tuple[tuple[str, str], ...]:
    return (
        ("watch a candidate trade on its simulated exchange", f"harness try {where}/NAME"),
        ("build a Hummingbot that trades with it for real money", f"harness image {where}/NAME"),
    )


def _towards_the_vote(done: Done, file: str, where: str, run: str) -> tuple[str, str]:
    if not done.frozen:
        return "freeze the commits that were submitted", f"harness freeze {file}"
    if done.screened < done.candidates:
        left = done.candidates - done.screened
        what = "the candidate" if left == 1 else f"the {left} candidates"
        return f"screen {what} not yet screened to the end", run
    if not done.posted:
        return "post the ballot", f"harness ballot {where} --dry-run"
    return "wait for the votes", ""
