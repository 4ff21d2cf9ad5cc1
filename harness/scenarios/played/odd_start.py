"""An exchange on which not all is as usual when the connector starts: a price, and two other markets."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from harness.driving.claims import Rule
from harness.gateway.rewriting import emptied
from harness.scenarios import randomization
from harness.scenarios.played import READY_SECONDS
from harness.scenarios.rig import Rig, Rigs
from harness.scenarios.trace.view import View
from harness.venue.market import Market


@dataclass
class OddStart(View):
    """`market` is the one that is traded; its last price ends in a zero.

    `halted` and `emptied` are the names of two others: nobody can trade the first, and the second is listed
    without its figures ("" where the exchange has no other). `waiting_for` are the parts that never became
    ready, `ready_once_told` whether all did as soon as the second was listed with its figures.
    `rules` are None where the connector has no way to show them.
    """

    rig_number: int
    market: Market
    last_price: Decimal
    halted: str = ""
    emptied: str = ""
    ready: bool = False
    waiting_for: tuple[str, ...] = ()
    ready_once_told: bool = False
    rules: dict[str, Rule] | None = None


def start_at_odds(rigs: Rigs, pace: float) -> OddStart:
    with rigs.open(pace) as rig:
        run = OddStart(rig.number, rig.market, _end_in_a_zero(rig))
        others = [market for market in rig.venue.markets if market != rig.market]
        *_, hidden, halted = (None, None, *others)
        if halted is not None:
            rig.venue.halt(halted)
            run.halted = halted.name
        if hidden is None:
            return _started(rig, run)
        run.emptied = hidden.name
        rule = rig.faults.add(emptied(rig.dialect.symbol(hidden)), "symbols", times=None, on="request")
        _started(rig, run)
        rule.remove()
        if not run.ready:
            run.ready_once_told = rig.connector.wait_ready(READY_SECONDS).ready
        return run


def _end_in_a_zero(rig: Rig) -> Decimal:
    randomization.trade_at_a_round_price(rig.venue, rig.market)
    price = rig.venue.last_price(rig.market)
    if rig.market.perpetual:
        rig.venue.set_mark(rig.market, price)
    return price


def _started(rig: Rig, run: OddStart) -> OddStart:
    rig.connector.start()
    status = rig.connector.wait_ready(READY_SECONDS)
    run.ready = status.ready
    run.waiting_for = tuple(name for name, done in status.parts.items() if not done)
    run.rules = rig.connector.shown_rules()
    return run
