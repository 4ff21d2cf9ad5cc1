"""The user's clock is wrong: the exchange's is ahead of it, or behind, or jumps while the connector runs."""

from __future__ import annotations

from dataclasses import dataclass

from harness.scenarios.played import READY_SECONDS
from harness.scenarios.played.order_life import Life, rest
from harness.scenarios.rig import Rig, Rigs
from harness.scenarios.trace.view import View
from harness.venue.model import Side

AHEAD = (75.0, -75.0)  # virtual seconds; exchanges bear between one (Binance) and sixty (Gate)
# The framework keeps five samples of the difference, weighs the newest most, and asks for one more each time
# that a request was refused for its time; it tries a request twice: three samples are new with the second
# order. One that does not know the refusal gets there by its polls, every five seconds, after more than ten;
# time runs slowly then, or a busy machine makes three orders take as long.
ORDERS_AFTER_A_JUMP = 3
SLOWER = 6  # times as slow as the scenario


@dataclass(frozen=True)
class Skewed(View):
    """How far ahead the exchange's clock was, and what became of an order; None when it never got ready.

    `after_a_jump` are the orders asked for in the seconds after the clock jumped forward to what the
    connector's shows, up to the first that arrived; none where it did not jump.
    """

    ahead: float
    rig_number: int
    life: Life | None
    after_a_jump: tuple[Life, ...] = ()


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
            life = rest(rig, Side.BUY) if ready else None
            jumps = ahead < 0 and life is not None and life.placed is not None
            after = _after_a_jump(rig, pace / SLOWER) if jumps else ()
            tries.append(Skewed(ahead, rig.number, life, after))
    return WrongClocks(tuple(tries))


def _after_a_jump(rig: Rig, pace: float) -> tuple[Life, ...]:
    """As when the computer slept for a while: its counter of seconds stood still, and no poll is due."""
    rig.go_at(pace)
    rig.exchange_clock.offset = 0.0
    lives: list[Life] = []
    while len(lives) < ORDERS_AFTER_A_JUMP and not (lives and lives[-1].placed):
        lives.append(rest(rig, Side.BUY))
    return tuple(lives)
