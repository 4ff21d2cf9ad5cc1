"""When an hour of market making is taken to be disturbed, and how long a lost message is looked for."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from checks.conformance.test_resilience_hour import test_a_gap_in_the_book_is_mended as judge_gap
from checks.conformance.test_resilience_hour import test_an_hour_of_market_making as judge
from harness.checking import Failed, Undetermined
from harness.checking.plan import CALM_PACE
from harness.gateway.entries import ClosedBy
from harness.scenarios.played import hour


def watched(*looks: set[int], by: ClosedBy, strict: bool) -> hour.Hour:
    """An hour in which these sockets were open at each look; what closed was closed by that."""
    left = iter(looks)

    def open_sockets(name: str = "*", *, subscribed: bool = False) -> list[Any]:
        return [] if subscribed else [SimpleNamespace(number=number) for number in next(left)]

    closed = [SimpleNamespace(number=number, closed_by=by) for number in range(9)]
    rig = SimpleNamespace(
        clock=SimpleNamespace(now=lambda: 0.0),
        gateway=SimpleNamespace(open_sockets=open_sockets),
        record=SimpleNamespace(sockets=lambda: closed),
    )
    run = hour.Hour(0)
    watch = hour._Watch(cast(Any, rig), run, 12.0, 90.0, strict=strict)
    for _ in looks:
        watch._look()
    return run


@pytest.mark.parametrize(
    ("looks", "by", "restarts"),
    [
        (({1, 2}, {3, 4}), ClosedBy.CLIENT, 1),
        (({1, 2}, set(), {3, 4}, {5, 6}), ClosedBy.LOST, 2),
        (({1, 2}, {3, 4}), ClosedBy.VENUE, 0),
        (({1, 2}, {2, 3}), ClosedBy.CLIENT, 0),
        (({1}, {2}), ClosedBy.CLIENT, 0),
    ],
)
def test_all_its_connections_broken_off_are_a_restart(
    looks: tuple[set[int], ...], by: ClosedBy, restarts: int
) -> None:
    assert watched(*looks, by=by, strict=False).restarts == restarts


@pytest.mark.parametrize(("pace", "ended"), [(CALM_PACE * 2, Undetermined), (CALM_PACE, Failed)])
def test_restarts_are_the_connectors_in_an_hour_that_was_played_calmly(
    pace: float, ended: type[Exception]
) -> None:
    """A hurried hour is played calmly then, once, and not a third time where that passes."""
    run = SimpleNamespace(
        pace=pace, restarts=1, lives=(), forgotten=(), stuck=(), seconds=60.0, began=0.0,
        part=SimpleNamespace(wire=SimpleNamespace(requests=lambda: ())),
    )  # fmt: skip
    with pytest.raises(ended, match="dropped all its connections 1 times"):
        judge(cast(Any, run), lambda *_: None)


def test_a_strict_hour_ends_there() -> None:
    with pytest.raises(hour._RestartedError):
        watched({1, 2}, {3, 4}, by=ClosedBy.CLIENT, strict=True)


def speeds_of(pace: float, rigs: Any, *restarted: bool) -> list[float]:
    """How fast the tries of an hour were played in which the connector started its network anew."""
    speeds: list[float] = []

    def play(_rigs: object, _pace: float, speed: float, *, strict: bool) -> hour.Hour:
        speeds.append(speed)
        anew = restarted[len(speeds) - 1]
        if anew and strict:
            raise hour._RestartedError
        return hour.Hour(0, pace, restarts=int(anew))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(hour, "_hour", play)
        run = hour.make_markets(rigs, pace)
    assert run.restarts == int(restarted[-1])
    return speeds


def test_an_hour_goes_on_as_slowly_as_the_machine_needed_before() -> None:
    rigs = SimpleNamespace(bearable=math.inf)
    assert speeds_of(12.0, rigs, True, True, True) == [90.0, 45.0, 22.5]
    assert speeds_of(6.0, rigs, True, False) == [11.25, 11.25], "not at 45 times the wall's pace again"


def test_an_hour_without_haste_changes_nothing_for_the_next() -> None:
    rigs = SimpleNamespace(bearable=math.inf)
    assert speeds_of(12.0, rigs, False) == [90.0]
    assert speeds_of(6.0, rigs, True, True, True) == [45.0, 22.5, 11.25]
    assert speeds_of(1.0, rigs, False) == [5.625]


@pytest.mark.parametrize(
    ("fastest", "pressure", "speeds"),
    [
        (90.0, 0.0, [90.0]),
        (90.0, 0.5, [45.0]),
        (90.0, 1.0, [22.5]),
        (22.5, 1.0, [22.5]),
        (90.0, 0.2, [72.0]),
    ],
)
def test_idle_time_runs_slower_while_processes_wait(
    fastest: float, pressure: float, speeds: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert idled(monkeypatch, fastest, pressure, pressure)[:-1] == speeds


def test_idle_time_slows_down_when_processes_begin_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    assert idled(monkeypatch, 90.0, 0.0, 0.1, 0.8) == [90.0, 22.5, 12.0]


def test_idle_time_slows_down_where_the_connector_answers_late(monkeypatch: pytest.MonkeyPatch) -> None:
    assert idled(monkeypatch, 90.0, 0.0, 0.0, answers_in=3.0) == [90.0, 54.0, 12.0]


def idled(
    monkeypatch: pytest.MonkeyPatch, fastest: float, *pressures: float, answers_in: float = 0.0
) -> list[float]:
    """The speeds that time ran at in an idle round with a look for each pressure but the first."""
    left = iter(pressures)
    monkeypatch.setattr(hour, "processor_pressure", lambda: next(left))
    monkeypatch.setattr(hour._Watch, "_look", lambda watch: None)
    clock = Clock(answers_in)
    rig = SimpleNamespace(
        clock=clock,
        connector=SimpleNamespace(network_status=clock.answer),
        venue=SimpleNamespace(walk=lambda steps, market: None),
        market=None,
        pause=clock.pause,
        go_at=clock.go_at,
    )
    watch = hour._Watch(cast(Any, rig), hour.Hour(0), 12.0, fastest, strict=True)
    watch.idle_fast((len(pressures) - 1) * (hour.LOOK_EVERY + answers_in))
    return clock.speeds


@dataclass
class Clock:
    answers_in: float
    time: float = 0.0
    scale: float = 12.0
    speeds: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    def pause(self, seconds: float) -> None:
        self.time += seconds

    def answer(self) -> None:
        self.time += self.answers_in

    def go_at(self, scale: float) -> None:
        self.scale = scale
        self.speeds.append(scale)


PRICES = [Decimal(price) for price in range(100, 110)]


@dataclass
class Book:
    """An exchange's asks and a connector's, over one connection; `rounds` says what happens in each."""

    rounds: list[str]
    truth: dict[Decimal, Decimal] = field(default_factory=lambda: dict.fromkeys(PRICES, Decimal(1)))
    kept: dict[Decimal, Decimal] = field(default_factory=lambda: dict.fromkeys(PRICES, Decimal(1)))
    connection: int = 1
    now: float = 0.0

    @property
    def rig(self) -> Any:
        levels = SimpleNamespace(
            asks=[SimpleNamespace(price=price, amount=amount) for price, amount in self.truth.items()]
        )
        return SimpleNamespace(
            clock=SimpleNamespace(now=lambda: self.now),
            gateway=SimpleNamespace(open_sockets=lambda _: [SimpleNamespace(number=self.connection)]),
            venue=SimpleNamespace(book=lambda *_: levels),
            connector=SimpleNamespace(book=lambda _: SimpleNamespace(asks=list(self.kept.items()))),
            dialect=SimpleNamespace(book_depth=100), market=None, pair="A-B",
        )  # fmt: skip

    def lose(self, run: hour.Hour) -> None:
        run.unheard = {price: self.truth[price] + 7 for price in PRICES[:3]}
        self.truth.update(run.unheard)
        run.judged, run.still_wrong, run.lost_at = 0, [], self.now
        run.told_by = frozenset({self.connection})

    def played(self) -> hour.Hour:
        run = hour.Hour(0)
        self.lose(run)
        for what in self.rounds:
            self.now += hour.SLOW_REFRESH
            self.connection += "connects" in what
            if "right" in what:
                self.kept.update(self.truth)
            if hour._mended_by_a_new_connection(self.rig, run):
                self.lose(run)
        return run


@pytest.mark.parametrize(
    ("rounds", "renewed", "mended", "young"),
    [
        (["stays"] * 13, 0, False, False),
        (["stays", "right", "connects and right"], 0, True, False),
        (["stays", "connects", "stays"], 0, False, False),
        (["stays", "connects and right", "stays"], 1, False, True),
        (["connects and right", *["stays"] * 13], 1, False, False),
        (["connects and right", "stays", "right"], 1, True, False),
        (["connects and right"] * 3, 3, False, True),
    ],
)
def test_a_gap_that_a_new_connection_mended_is_made_again(
    rounds: list[str], renewed: int, mended: bool, young: bool
) -> None:
    book = Book(rounds)
    run = book.played()
    assert (run.renewed, run.mended) == (renewed, mended)
    assert hour._gap_is_young(run, book.now) == young


@pytest.mark.parametrize(
    ("run", "ended", "words"),
    [
        (hour.Hour(0, renewed=3), Undetermined, "connected anew 3 times"),
        (hour.Hour(0), Undetermined, "could be withheld"),
        (hour.Hour(0, judged=3, still_wrong=["a"], after=600), Undetermined, "for 10 minutes only"),
        (
            hour.Hour(0, judged=3, still_wrong=["a"], after=3800),
            Failed,
            "1 levels of the book are still wrong",
        ),
    ],
)
def test_what_a_gap_shows(run: hour.Hour, ended: type[Exception], words: str) -> None:
    with pytest.raises(ended, match=words):
        judge_gap(run)
    judge_gap(hour.Hour(0, judged=3, after=600))
