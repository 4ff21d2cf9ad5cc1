"""The user's clock is wrong: the exchange's is ahead of it, or behind."""

from __future__ import annotations

from dataclasses import dataclass

from harness.scenarios.played import READY_SECONDS
from harness.scenarios.played.order_life import Life, rest
from harness.scenarios.rig import Rigs
from harness.scenarios.trace.view import View
from harness.venue.model import Side

AHEAD = (75.0, -75.0)  # virtual seconds; exchanges bear between one (Binance) and sixty (Gate)


@dataclass(frozen=True)
class Skewed(View):
    """How far ahead the exchange's clock was, and what became of an order; None when it never got ready."""

    ahead: float
    rig_number: int
    life: Life | None


@dataclass(frozen=True)
class WrongClocks:
    """One try for each of `AHEAD`."""

    tries: tuple[Skewed, ...]


def trade_by_a_wrong_clock(rigs: Rigs, pace: float) -> WrongClocks:
    tries: list[Skewed] = []
    for ahead in AHEAD:
        with rigs.open(pace) as rig:
            rig.exchange_clock.offset = ahead
            rig.connector.start()
            ready = rig.connector.wait_ready(READY_SECONDS).ready
            tries.append(Skewed(ahead, rig.number, rest(rig, Side.BUY) if ready else None))
    return WrongClocks(tuple(tries))
