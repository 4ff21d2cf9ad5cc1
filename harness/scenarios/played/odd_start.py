"""An exchange on which not all is as usual when the connector starts: a price, a book, two other markets."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from harness.driving.claims import Rule as TradingRule
from harness.gateway.fault_plan import Rule
from harness.gateway.rewriting import emptied
from harness.scenarios import randomization
from harness.scenarios.played import READY_SECONDS
from harness.scenarios.played.market_data import books_differ
from harness.scenarios.rig import Rig, Rigs
from harness.scenarios.trace.view import View
from harness.venue.market import Market
from harness.venue.model import Side

FOLLOW = 20.0  # virtual seconds for its order book


@dataclass
class OddStart(View):
    """`market` is the one that is traded; its last price ends in a zero, and nobody sells anything on it.

    `halted` and `emptied` are the names of two others: nobody can trade the first, and the second is listed
    without its figures ("" where the exchange has no other). `waiting_for` are the parts that never became
    ready; `ready_once_sold` says whether all did when it was started anew and somebody sold something, and
    `ready_once_told` when besides the second was listed with its figures. `difference` says how the book of
    the connector differs from the exchange's while nobody sells or, if `sold`, as soon as somebody does.
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
    ready_once_sold: bool = False
    difference: str | None = None
    sold: bool = False
    rules: dict[str, TradingRule] | None = None


def start_at_odds(rigs: Rigs, pace: float) -> OddStart:
    with rigs.open(pace) as rig:
        run = OddStart(rig.number, rig.market, _end_in_a_zero(rig))
        for level in rig.venue.book(rig.market).asks:
            rig.venue.set_level(rig.market, Side.SELL, level.price, Decimal(0))
        others = [market for market in rig.venue.markets if market != rig.market]
        *_, hidden, halted = (None, None, *others)
        if halted is not None:
            rig.venue.halt(halted)
            run.halted = halted.name
        empty: Rule | None = None
        if hidden is not None:
            run.emptied = hidden.name
            fault = emptied(rig.dialect.symbol(hidden))
            empty = rig.faults.add(fault, "symbols", times=None, on="request")
        _started(rig, run)
        if run.ready:
            _follow(rig, run)
        else:
            _find_the_cause(rig, run, empty)
        return run


def _follow(rig: Rig, run: OddStart) -> None:
    """Its book without asks, and with them."""
    run.difference = books_differ(rig, (rig.market,), FOLLOW)
    if run.difference is None:
        rig.venue.seed_book(rig.market)
        run.sold = True
        run.difference = books_differ(rig, (rig.market,), FOLLOW, depth=1)


def _find_the_cause(rig: Rig, run: OddStart, empty: Rule | None) -> None:
    """Put one thing after the other right, and start anew, until it gets ready."""
    rig.venue.seed_book(rig.market)
    run.ready_once_sold = _starts_now(rig)
    if empty is not None and not run.ready_once_sold:
        empty.remove()
        run.ready_once_told = _starts_now(rig)


def _starts_now(rig: Rig) -> bool:
    rig.restart()
    rig.connector.start()
    return rig.connector.wait_ready(READY_SECONDS).ready


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
