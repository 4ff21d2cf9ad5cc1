"""A perpetual's positions that others than the connector change, and two of them in one market."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from harness.driving.claims import PositionView
from harness.scenarios import randomization
from harness.scenarios.played import NothingToPlay, start
from harness.scenarios.played.ends import wait_for_ends
from harness.scenarios.played.order_life import (
    WAIT,
    Life,
    completed,
    created,
    let_trade,
    rest,
    resting_price,
    settle,
    size,
    submit,
)
from harness.scenarios.played.positions import LEVERAGE, choose_mode, close, follow
from harness.scenarios.rig import Rig, Rigs
from harness.scenarios.trace.model import BY_HAND
from harness.scenarios.trace.view import View
from harness.venue.market import Market
from harness.venue.model import NewOrder, PositionSide, Side
from harness.venue.positions import MarginMode, PositionMode

FALL = Decimal("0.7")  # of the mark price; with the leverage that exchanges give at first nobody bears it


@dataclass(frozen=True)
class Sides:
    """The sizes of the long and the short position in the market, both above zero, as each has them."""

    moment: str
    claimed: tuple[PositionView, ...]
    long: Decimal
    short: Decimal

    @property
    def difference(self) -> str | None:
        """How they differ, in words."""
        told = {"LONG": Decimal(0), "SHORT": Decimal(0)}
        for each in self.claimed:
            side = each.side if each.side in told else ("LONG" if each.amount > 0 else "SHORT")
            told[side] += abs(each.amount)
        for side, true in (("LONG", self.long), ("SHORT", self.short)):
            if told[side] != true:
                return f"a {side.lower()} position of {told[side]} instead of {true}"
        return None


@dataclass
class Hedged(View):
    """`mode` is the account's when the orders came, `leverage` what it has after `LEVERAGE` was asked for;
    None where the exchange can be told none.
    """

    rig_number: int
    mode: PositionMode = PositionMode.ONE_WAY
    leverage: Decimal | None = None
    notes: list[Sides] = field(default_factory=list)
    orders: list[Life] = field(default_factory=list)


def hold_both_sides(rigs: Rigs, pace: float) -> Hedged:
    """Long and short in one market, and both closed again, one after the other, at last by a market order.

    The account is in hedge mode before the connector starts: exchanges refuse to change a mode to what it is.
    """
    if not rigs.dialect.markets[0].perpetual:
        raise NothingToPlay("The connector trades no perpetuals.")
    with rigs.open(pace) as rig:
        run = Hedged(rig.number)
        rig.venue.set_position_mode(rig.account, PositionMode.HEDGE)
        start(rig)
        if "HEDGE" not in rig.connector.position_modes():
            raise NothingToPlay("The connector offers no hedge mode.")
        run.mode = choose_mode(rig, "HEDGE", PositionMode.HEDGE)
        if run.mode is not PositionMode.HEDGE:
            return run
        if rig.dialect.takes_leverage:
            rig.connector.set_leverage(rig.pair, LEVERAGE)
            rig.eventually(lambda: rig.venue.leverage(rig.account, rig.market) == LEVERAGE, WAIT)
        for side in Side:
            run.orders.append(_fill(rig, rest(rig, side)))
            run.notes.append(_sides(rig, "with both open" if run.notes else "with the long one open"))
        if rig.dialect.takes_leverage:  # some exchanges take it with each order
            run.leverage = rig.venue.leverage(rig.account, rig.market)
        for side, which in ((Side.SELL, PositionSide.LONG), (Side.BUY, PositionSide.SHORT)):
            held = abs(rig.venue.position(rig.account, rig.market, which).size)
            if held:
                run.orders.append(close(rig, side, held, at_once=which is PositionSide.SHORT))
            run.notes.append(_sides(rig, f"after the {which.value} one was closed"))
        return run


def _fill(rig: Rig, life: Life) -> Life:
    let_trade(rig, life)
    rig.connector.wait_event(completed(life.side), life.order_id, WAIT)
    return settle(rig, life)


def _sides(rig: Rig, moment: str) -> Sides:
    def look() -> Sides:
        claimed = tuple(each for each in rig.connector.positions() if each.pair == rig.pair)
        long, short = (
            abs(rig.venue.position(rig.account, rig.market, which).size)
            for which in (PositionSide.LONG, PositionSide.SHORT)
        )
        return Sides(moment, claimed, long, short)

    return _settled(rig, look)


@dataclass
class Liquidated(View):
    """A position that its user closed elsewhere, and one that the exchange liquidated.

    `beside` is another one, in another market, after the first was closed. `closing` is an order that was to
    close the first and still rested then: a reduce-only order ends with its position.
    """

    rig_number: int
    opened: list[Life] = field(default_factory=list)
    closing: Life | None = None
    by_hand: Sides | None = None
    beside: Sides | None = None
    liquidated: Sides | None = None


def lose_positions(rigs: Rigs, pace: float) -> Liquidated:
    """Long twice: the first position is closed by hand, the second cannot bear its loss.

    A position in another market stays open all the time.
    """
    if not rigs.dialect.markets[0].perpetual:
        raise NothingToPlay("The connector trades no perpetuals.")
    odd = randomization.odd(rigs.dialect.markets)
    with rigs.open(pace, also=odd) as rig:
        run = Liquidated(rig.number)
        start(rig)
        if "ONEWAY" in rig.connector.position_modes():
            choose_mode(rig, "ONEWAY", PositionMode.ONE_WAY)
        rig.venue.set_margin_mode(rig.account, rig.market, MarginMode.ISOLATED)
        for market in odd:
            price = resting_price(rig, Side.BUY, market)
            run.opened.append(
                _fill(rig, submit(rig, Side.BUY, size(rig, market), price, position="OPEN", market=market))
            )
        if _go_long(rig, run):
            closing = run.closing = _rest_to_close(rig)
            _close_by_hand(rig)
            run.by_hand = _one(rig, rig.market, "after it was closed by hand")
            _end_of(rig, closing)
            for market in odd:
                run.beside = _one(rig, market, "after one in another market was closed by hand")
        if _go_long(rig, run):
            rig.venue.set_mark(rig.market, rig.venue.mark_price(rig.market) * FALL)
            run.liquidated = _one(rig, rig.market, "after it was liquidated")
        return run


def _go_long(rig: Rig, run: Liquidated) -> bool:
    """Whether the connector has the position, too."""
    run.opened.append(_fill(rig, rest(rig, Side.BUY)))
    return _one(rig, rig.market, "at first").difference is None and bool(_held(rig, rig.market))


def _rest_to_close(rig: Rig) -> Life:
    """An order away from the market that would close all that is held."""
    price = resting_price(rig, Side.SELL)
    life = submit(rig, Side.SELL, _held(rig, rig.market), price, position="CLOSE")
    rig.connector.wait_event(created(Side.SELL), life.order_id, WAIT)
    return life


def _end_of(rig: Rig, life: Life) -> None:
    """Wait for its end, where the exchange ended it, and see to it that nothing rests any more."""
    if life.placed is not None and not rig.venue.order(rig.account, life.placed.order_id).status.live:
        wait_for_ends(rig, [life])
        settle(rig, life)
    elif life.placed is not None:
        settle(rig, life)
        rig.venue.cancel(rig.account, order_id=life.placed.order_id)


def _close_by_hand(rig: Rig) -> None:
    held = _held(rig, rig.market)
    best = rig.venue.book(rig.market, 1).bids[0]
    if best.amount < held:
        rig.venue.set_level(rig.market, Side.BUY, best.price, held * 2 + size(rig))
    order = NewOrder(rig.market, Side.SELL, amount=held, price=best.price, reduce_only=True)
    placed = rig.venue.place(rig.account, order)
    rig.note(BY_HAND, order_id=str(placed.order_id), side=Side.SELL.value)


def _held(rig: Rig, market: Market) -> Decimal:
    return rig.venue.position(rig.account, market).size


def _one(rig: Rig, market: Market, moment: str) -> Sides:
    def look() -> Sides:
        claimed = tuple(each for each in rig.connector.positions() if each.pair == market.name)
        held = _held(rig, market)
        return Sides(moment, claimed, max(held, Decimal(0)), max(-held, Decimal(0)))

    return _settled(rig, look)


def _settled(rig: Rig, look: Callable[[], Sides]) -> Sides:
    """Once they agree, or after a poll that found no better."""
    follow(rig, lambda: look().difference is None)
    return look()
