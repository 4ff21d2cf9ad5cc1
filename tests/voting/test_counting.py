"""The three rules, ties, and ballots that run out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.voting.counting import Ranking, instant_runoff, most_votes

NAMES = ("a", "b", "c", "d")


@pytest.mark.parametrize(
    ("votes", "winners"),
    [
        ({"a": 3, "b": 2}, ("a",)),
        ({"a": 2, "b": 2, "c": 1}, ("a", "b")),
        ({"a": 0, "b": 0}, ()),
        ({}, ()),
    ],
)
def test_the_most_votes_win_and_a_tie_is_told(votes: dict[str, float], winners: tuple[str, ...]) -> None:
    assert most_votes(votes).winners == winners


def ballots(*rows: tuple[int, str]) -> list[Ranking]:
    return [Ranking(tuple(names), amount) for amount, names in rows]


@pytest.mark.parametrize(
    ("cast", "winners", "counts"),
    [
        (ballots((6, "abc"), (3, "bc"), (2, "cb")), ("a",), 1),  # more than half at once
        (ballots((4, "ac"), (3, "bc"), (2, "cb")), ("b",), 2),  # c's go to b
        (ballots((2, "a"), (2, "b")), ("a", "b"), 1),  # all that are left have the same
        (ballots((4, "a"), (3, "b"), (1, "c"), (1, "d")), ("a",), 2),  # c and d go, their ballots run out
        (ballots((3, "a"), (2, "ba"), (2, "ca")), ("a",), 2),
        (ballots(), (), 1),
    ],
)
def test_ranked(cast: list[Ranking], winners: tuple[str, ...], counts: int) -> None:
    names = sorted({name for ballot in cast for name in ballot.names}) or NAMES
    found = instant_runoff(cast, names)
    assert (found.winners, len(found.counts)) == (winners, counts)


@given(st.lists(st.tuples(st.permutations(NAMES), st.integers(1, 5)), max_size=12))
def test_more_than_half_of_the_first_choices_always_win(rows: list[tuple[list[str], int]]) -> None:
    cast = [Ranking(tuple(names), weight) for names, weight in rows]
    found = instant_runoff(cast, NAMES)
    total = sum(weight for _, weight in rows)
    firsts = {name: sum(weight for names, weight in rows if names[0] == name) for name in NAMES}
    for name, votes in firsts.items():
        if votes * 2 > total:
            assert found.winners == (name,)
    assert bool(found.winners) == bool(rows)
