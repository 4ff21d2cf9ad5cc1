"""Who won, by the round's rule. Pure: votes in, winners out; a tie is told as one, never decided here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import fsum


@dataclass(frozen=True)
class Ranking:
    """One ballot, or several of the same: names from the first choice down, and how much they weigh."""

    names: tuple[str, ...]
    weight: float = 1.0


@dataclass(frozen=True)
class Outcome:
    """`votes` by name, `winners` more than one where they tie, `counts` each count of a ranked vote."""

    votes: Mapping[str, float]
    winners: tuple[str, ...]
    counts: tuple[Mapping[str, float], ...] = ()


def most_votes(votes: Mapping[str, float]) -> Outcome:
    """Plurality and approval: the most votes win; nobody where none were cast."""
    top = max(votes.values(), default=0.0)
    return Outcome(votes, tuple(name for name, amount in votes.items() if amount == top > 0))


def instant_runoff(ballots: Sequence[Ranking], names: Collection[str]) -> Outcome:
    """Ranked: whoever has least is left out, until one has more than half of the ballots that name somebody.

    Those who have least together are left out together. Where that would be everybody left, they tie.
    """
    left = list(names)
    counts: list[Mapping[str, float]] = []
    while left:
        count = first_choices(ballots, left)
        counts.append(count)
        total, top = fsum(count.values()), max(count.values())
        if total == 0:
            return Outcome(counts[0], (), tuple(counts))
        least = min(count.values())
        if top > total / 2 or least == top:
            winners = tuple(name for name in left if count[name] == top)
            return Outcome(counts[0], winners, tuple(counts))
        left = [name for name in left if count[name] > least]
    return Outcome({}, (), ())


def first_choices(ballots: Sequence[Ranking], among: Collection[str]) -> dict[str, float]:
    """How much weighs each name as the first of `among` on a ballot."""
    found: dict[str, list[float]] = {name: [] for name in among}
    for ballot in ballots:
        first = next((name for name in ballot.names if name in found), None)
        if first is not None:
            found[first].append(ballot.weight)
    return {name: round(fsum(weights), 9) for name, weights in found.items()}
