"""Scenarios played elsewhere: at the same time, once, and to an end before the rigs close."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.checking.attribution import Trial
from harness.checking.players import Part, Players
from harness.checking.policy import Try
from harness.gateway.canaries import Canaries
from harness.gateway.record import Record
from harness.scenarios.played.order_life import Trading
from harness.scenarios.player import Player
from harness.scenarios.rig import Rigs
from harness.scenarios.scenario import Scenario
from harness.scenarios.trace.model import Header
from harness.scenarios.trace.store import name_of

PATIENCE = 10.0
CALM = 6.0


class Opened:
    """Players on rigs that do nothing; `closed` has their names in order."""

    def __init__(self) -> None:
        self.closed: list[str] = []

    def player(self, name: str) -> Player:
        rigs = SimpleNamespace(
            name=name, seen=[], between=Record(), canaries=Canaries(), guarded=frozenset(), dialect=None,
            begin=lambda: None, close=lambda: self.closed.append(name), news_of_the_driver=lambda at: (),
        )  # fmt: skip
        about = Header(scenario="", connector=name, dialect="binance", seed=1, pace=12.0, trial="first")
        return Player(cast(Rigs, rigs), about)

    def players(self, most: int = 1, **others: Callable[[], Player]) -> Players:
        """Of each kind at most so many."""
        opening = {Part(Trial(name.replace("_", " "))): open_player for name, open_player in others.items()}
        opening[Part(Trial.FIRST)] = lambda: self.player("another")
        opening[Part(Trial.FIRST, long=True)] = lambda: self.player("apart")
        sandboxes = {part: 1 if part.long else most for part in opening}
        return Players(self.player("first"), lambda part, _number: opening[part](), sandboxes)


def scenario(play: Callable[[Any, float], Any], *, long: bool = False) -> Scenario[Any]:
    return Scenario("trading", play, Trading, long)


def nothing(rigs: Rigs, pace: float) -> None:
    return None


def at(trial: Trial) -> Try:
    return Try(trial, CALM)


def test_a_scenario_is_played_there_and_here() -> None:
    opened = Opened()
    players = opened.players(control=lambda: opened.player("kucoin"))
    assert players.trace(scenario(nothing), Try(Trial.FIRST, 12.0)).header.connector == "first"
    there = players.trace(scenario(nothing), at(Trial.CONTROL)).header
    assert (there.connector, there.pace, there.scenario) == ("kucoin", CALM, "nothing")
    players.close()
    assert opened.closed == ["kucoin", "first"]


def test_others_play_it_while_we_do() -> None:
    opened, together, played = Opened(), threading.Barrier(3), list[str]()

    def meet(rigs: Any, pace: float) -> None:
        together.wait(PATIENCE)
        played.append(rigs.name)

    players = opened.players(
        control=lambda: opened.player("control"), other_seed=lambda: opened.player("other")
    )
    players.begin_elsewhere(scenario(meet), at(Trial.FIRST))
    for trial in (Trial.FIRST, Trial.CONTROL, Trial.OTHER_SEED):
        players.trace(scenario(meet), at(trial))
    seen = [(each.header.connector, each.header.scenario) for each in players.played()]
    assert ("other", "meet") in seen, "a fork with another seed is a fork"
    assert ("control", "meet") not in seen
    players.close()
    assert sorted(played) == ["control", "first", "other"], "and each of them once"


def test_others_are_opened_only_when_they_are_wanted() -> None:
    def never() -> Player:
        raise AssertionError

    players = Opened().players(control=never, other_seed=never, again=never)
    players.trace(scenario(nothing), Try(Trial.FIRST, 12.0))
    players.close()


def test_what_cannot_be_opened_is_told_to_who_asks() -> None:
    def broken() -> Player:
        raise OSError("no sandbox")

    players = Opened().players(control=broken)
    players.begin_elsewhere(scenario(nothing), at(Trial.FIRST))
    with pytest.raises(OSError, match="no sandbox"):
        players.trace(scenario(nothing), at(Trial.CONTROL))
    players.close()


def test_closing_waits_for_what_has_begun_and_drops_the_rest() -> None:
    opened, begun, go_on, played = Opened(), threading.Event(), threading.Event(), list[str]()

    def long(rigs: Rigs, pace: float) -> None:
        begun.set()
        go_on.wait(PATIENCE)
        played.append("long")

    def later(rigs: Rigs, pace: float) -> None:
        played.append("later")

    players = opened.players(control=lambda: opened.player("control"))
    players.begin_elsewhere(scenario(long), at(Trial.FIRST))
    players.begin_elsewhere(scenario(later), at(Trial.FIRST))
    assert begun.wait(PATIENCE)
    threading.Timer(0.2, go_on.set).start()
    players.close()
    assert (played, opened.closed) == (["long"], ["control", "first"])


FIRST = Try(Trial.FIRST, 12.0)


def test_different_scenarios_are_played_in_different_sandboxes_at_the_same_time() -> None:
    opened, together, where = Opened(), threading.Barrier(2), list[str]()

    def one(rigs: Any, pace: float) -> None:
        where.append(rigs.name)
        together.wait(PATIENCE)

    def other(rigs: Any, pace: float) -> None:
        one(rigs, pace)

    players = opened.players(most=3)
    for each in (one, other, one):
        players.begin(scenario(each), FIRST)
    for each in (one, other):
        assert players.trace(scenario(each), FIRST).end is not None
    assert sorted(where) == ["another", "first"], "each scenario once, and no third sandbox"
    players.close()
    assert sorted(opened.closed) == ["another", "first"]


def test_a_long_scenario_keeps_no_short_one_waiting() -> None:
    opened, go_on, played = Opened(), threading.Event(), list[str]()

    def long(rigs: Any, pace: float) -> None:
        go_on.wait(PATIENCE)
        played.append("long")

    def short(rigs: Any, pace: float) -> None:
        played.append("short")

    players = opened.players()
    for pace in (12.0, 6.0):
        players.begin(scenario(long, long=True), Try(Trial.FIRST, pace))
    players.trace(scenario(short), FIRST)
    go_on.set()
    players.trace(scenario(long, long=True), FIRST)
    players.close()
    assert played[:2] == ["short", "long"]
    assert sorted(opened.closed) == ["apart", "first"]


def test_what_was_tried_between_scenarios_is_kept_of_every_sandbox() -> None:
    rigs = Opened().player("first")._rigs
    about = Header(scenario="", connector="one", dialect="binance", seed=1, pace=12.0, trial="first")
    found = [Player(rigs, about, among=each).played()[-1].header for each in ("", "2", "long")]
    assert len({name_of(header) for header in found}) == 3


def test_nothing_is_played_out_of_turn() -> None:
    opened, at_once, most = Opened(), threading.Semaphore(2), list[int]()

    @contextmanager
    def turn() -> Iterator[None]:
        with turns:
            yield

    turns, lock, now = threading.Semaphore(1), threading.Lock(), [0]

    def watched(rigs: Any, pace: float) -> None:
        with lock:
            now[0] += 1
            most.append(now[0])
        at_once.acquire(timeout=0.02)
        with lock:
            now[0] -= 1

    players = Players(
        opened.player("first"),
        lambda *_: opened.player("another"),
        {Part(Trial.FIRST): 3},
        turn=lambda _: turn,
    )
    begun = [players.begin(scenario(watched), Try(Trial.FIRST, float(pace))) for pace in range(1, 7)]
    assert len({each.result().header.pace for each in begun}) == 6
    players.close()
    assert set(most) == {1}
