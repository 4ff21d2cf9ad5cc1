"""The user's clock is wrong: the exchange's is ahead of it, or behind."""

from __future__ import annotations

from dataclasses import dataclass

from checks.conformance.scenarios import READY_SECONDS
from checks.conformance.scenarios.order_life import Life, rest
from harness.scenarios.rig import Bench, Lab
from harness.venue.model import Side

AHEAD = (75.0, -75.0)  # virtual seconds; exchanges bear between one (Binance) and sixty (Gate)


@dataclass(frozen=True)
class Skewed:
    """How far ahead the exchange's clock was, and what became of an order; None when it never got ready."""

    ahead: float
    bench: Bench
    life: Life | None


@dataclass
class WrongClocks:
    """One try for each of `AHEAD`."""

    tries: tuple[Skewed, ...]

    @property
    def bench(self) -> Bench:
        """The last try's."""
        return self.tries[-1].bench


def trade_by_a_wrong_clock(lab: Lab, pace: float) -> WrongClocks:
    tries: list[Skewed] = []
    for ahead in AHEAD:
        with lab.bench(pace) as bench:
            bench.exchange_clock.offset = ahead
            bench.connector.start()
            ready = bench.connector.wait_ready(READY_SECONDS).ready
            tries.append(Skewed(ahead, bench, rest(bench, Side.BUY) if ready else None))
    return WrongClocks(tuple(tries))
