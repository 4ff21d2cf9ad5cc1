"""One check looks at a time; while it waits for a scenario, others do."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from harness.checking.attribution import Trial
from harness.checking.policy import Try
from harness.checking.waiting import OneAtATime
from harness.scenarios.catalogue import TRADING
from harness.scenarios.scenario import Scenario
from harness.scenarios.trace.model import Header, Trace

PATIENCE = 10.0
FIRST = Try(Trial.FIRST, 12.0)
SEEN = Trace(
    Header(scenario="trade", connector="one", dialect="binance", seed=1, pace=12.0, trial="first"), ()
)


class Source:
    """Gives a trace when as many wait for one as there are `parties`."""

    control = "kucoin"
    unconfirmed: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - a protocol's attribute

    def __init__(self, parties: int) -> None:
        self.together = threading.Barrier(parties)
        self.begun: list[str] = []

    def trace(self, scenario: Scenario[Any], attempt: Try) -> Trace:
        self.together.wait(PATIENCE)
        return SEEN

    def begin_elsewhere(self, scenario: Scenario[Any], attempt: Try) -> None:
        self.begun.append(scenario.name)

    def played(self) -> tuple[Trace, ...]:
        self.together.wait(PATIENCE)
        return (SEEN,)


def test_all_wait_together_and_look_one_after_the_other() -> None:
    checks, turns = 4, OneAtATime()
    source = turns.source(Source(checks))
    now, most, rest = [0], list[int](), threading.Event()

    def check(number: int) -> None:
        with turns.looking():
            if number % 2:
                assert source.trace(TRADING, FIRST) is SEEN
            else:
                assert source.played() == (SEEN,)
            now[0] += 1
            most.append(now[0])
            rest.wait(0.01)
            now[0] -= 1

    with ThreadPoolExecutor(checks) as pool:
        list(pool.map(check, range(checks)))
    assert most == [1] * checks


def test_it_says_what_its_source_says() -> None:
    inner = Source(1)
    source = OneAtATime().source(inner)
    source.begin_elsewhere(TRADING, FIRST)
    assert (source.control, source.unconfirmed, inner.begun) == ("kucoin", {}, ["trade"])
