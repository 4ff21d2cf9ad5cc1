"""A round's result from what was cast: choices and dates have to be the round's, no vote is passed over."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from math import fsum

from harness.errors import UserError
from harness.reporting.model import Counted, Result, RoundReport
from harness.rounds.calendar import first_instant, last_instant
from harness.rounds.fields import shown
from harness.rounds.mistakes import did_you_mean
from harness.voting.cast import Cast
from harness.voting.choices import BY_WAIVER, choices, fitted, on_the_ballot
from harness.voting.counting import Ranking, first_choices, instant_runoff, most_votes
from harness.voting.discord import ANSWER_LIMIT
from harness.voting.posts import SNAPSHOT_CHOICE

# A poll lives for whole hours, and is posted when somebody gets to it.
SLACK = timedelta(hours=1)


def tally(report: RoundReport, cast: Cast, source: str, now: datetime) -> Result:
    """The result; raises UserError where the vote is not over or `cast` is not this round's."""
    voting, rule = report.round.voting, report.round.voting.rule
    if now < last_instant(voting.closes):
        what = f"voting is open until the end of {voting.closes}, UTC"
        raise UserError(what, where=f"round {report.round.id}", hint="count the votes after that")
    _same_dates(report, cast, source)
    name_of = _names(report, cast, source)
    eligible = [entry.name for entry in on_the_ballot(report)]
    _all_there(eligible, {name_of(choice) for choice in cast.choices}, cast, source)
    _as_the_rule_has_it(report, cast, source)
    ballots = (
        *(Ranking((name_of(choice),), votes) for choice, votes in cast.votes.items()),
        *(Ranking(tuple(name_of(each) for each in ballot.names), ballot.weight) for ballot in cast.ballots),
    )
    everybody = [entry.name for entry in report.candidates]
    if rule == "ranked":
        given = first_choices(ballots, everybody)
        outcome = instant_runoff(ballots, eligible)
    else:
        given = _votes(ballots, everybody)
        outcome = most_votes({name: given[name] for name in eligible})
    void = {name: votes for name, votes in given.items() if name not in eligible and votes}
    return Result(
        round=report.round.id,
        rule=rule,
        source=source,
        votes=round(fsum(given.values()), 9),
        candidates=_counted(outcome.votes, outcome.winners, report),
        winners=outcome.winners,
        tie=len(outcome.winners) > 1,
        void=_counted(void, (), report),
        counts=tuple(dict(count) for count in outcome.counts),
    )


def _counted(
    votes: Mapping[str, float], winners: Collection[str], report: RoundReport
) -> tuple[Counted, ...]:
    """The most votes first, then in the round's order."""
    entries = {entry.name: entry for entry in report.candidates}
    ordered = sorted(votes, key=lambda name: (name not in winners, -votes[name], list(entries).index(name)))
    return tuple(
        Counted(
            name=name,
            votes=votes[name],
            verdict=entries[name].verdict,
            by_waiver=entries[name].by_waiver,
            page=entries[name].page,
        )
        for name in ordered
    )


def _votes(ballots: Iterable[Ranking], names: Collection[str]) -> dict[str, float]:
    found: dict[str, list[float]] = {name: [] for name in names}
    for ballot in ballots:
        for name in ballot.names:
            found[name].append(ballot.weight)
    return {name: round(fsum(weights), 9) for name, weights in found.items()}


def _same_dates(report: RoundReport, cast: Cast, source: str) -> None:
    voting = report.round.voting
    opens, closes = first_instant(voting.opens), last_instant(voting.closes)
    if cast.opened and not opens <= cast.opened < closes:
        raise _not_ours(f"that vote was opened on {cast.opened:%Y-%m-%d %H:%M} UTC", report, source)
    if cast.closed and not opens < cast.closed <= closes + SLACK:
        raise _not_ours(f"that vote ended on {cast.closed:%Y-%m-%d %H:%M} UTC", report, source)


def _not_ours(what: str, report: RoundReport, source: str) -> UserError:
    voting = report.round.voting
    return UserError(
        f"{what}, and round {report.round.id} is voted on from {voting.opens} to {voting.closes}",
        where=source,
        hint="give the file of this round's vote",
    )


def _as_the_rule_has_it(report: RoundReport, cast: Cast, source: str) -> None:
    """Refuse votes that were cast by another rule than the round's."""
    rule = report.round.voting.rule
    several = cast.several or any(len(ballot.names) > 1 for ballot in cast.ballots)
    if rule == "plurality" and several:
        what = "voters could choose several, and the round gives each one vote"
    elif rule == "ranked" and not cast.ballots:
        what = "there are only sums, and the round is decided by rankings"
    else:
        return
    raise UserError(what, where=source, hint="correct the round's `voting: rule:`, or give the right file")


def _names(report: RoundReport, cast: Cast, source: str) -> Callable[[str], str]:
    """From a choice, as `cast` writes it, to the candidate's name; what it gives raises UserError."""
    known = _texts(report)
    order = tuple(choices(report, SNAPSHOT_CHOICE).values())

    def name(choice: str) -> str:
        if cast.numbered:
            if not 1 <= int(choice) <= len(order):
                raise UserError(f"a vote is for choice {choice}, and there are {len(order)}", where=source)
            return order[int(choice) - 1]
        found = known.get(choice, frozenset())
        if len(found) == 1:
            return next(iter(found))
        what = "may be several candidates" if found else "is no candidate of the round"
        fix = did_you_mean(choice, known) or "write the candidates' names and votes into a YAML file"
        raise UserError(f"{shown(choice)} {what}", where=source, hint=fix)

    return name


def _texts(report: RoundReport) -> dict[str, frozenset[str]]:
    """Every text under which a candidate may have been voted on, eligible now or not → its names."""
    found: dict[str, frozenset[str]] = {}
    for entry in report.candidates:
        texts = {entry.name} | {
            fitted(entry.name, tail, limit)
            for tail in ("", BY_WAIVER)
            for limit in (ANSWER_LIMIT, SNAPSHOT_CHOICE)
        }
        for text in texts:
            found[text] = found.get(text, frozenset()) | {entry.name}
    return found


def _all_there(eligible: Iterable[str], offered: Collection[str], cast: Cast, source: str) -> None:
    """A choice for everybody who may be voted on, where the file lists choices."""
    missing = [name for name in eligible if name not in offered] if cast.choices else []
    if missing:
        raise UserError(
            f"there is no choice for {', '.join(missing)}, which may be voted on",
            where=source,
            hint="give all polls of the round in one file; a candidate without votes has 0",
        )
