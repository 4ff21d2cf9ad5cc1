"""A perpetual's positions: opened, read back after a restart, paid funding for, and closed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from harness.driving.claims import EventView, Funding, PositionView
from harness.driving.connector import PositionModeName
from harness.scenarios import randomization
from harness.scenarios.played import NothingToPlay, start
from harness.scenarios.played.order_life import (
    WAIT,
    Life,
    completed,
    let_trade,
    rest,
    resting_price,
    settle,
    submit,
)
from harness.scenarios.rig import Rig, Rigs
from harness.scenarios.trace.model import BY_HAND
from harness.scenarios.trace.view import View
from harness.venue.market import EIGHT_HOURS, Market, floor_to
from harness.venue.model import NewOrder, Side
from harness.venue.positions import FundingPayment, Position, PositionMode
from harness.venue.state import next_multiple

LEVERAGE = 7  # no exchange's default
NO_FUNDING_FOR = 900.0  # virtual seconds; the scenario pays by itself, and takes less
HEARD = 2.0  # virtual seconds for an answer to arrive
FOLLOW = 60.0  # virtual seconds for a position to be told by a stream or a poll
MODES: tuple[tuple[PositionModeName, PositionMode], ...] = (
    ("HEDGE", PositionMode.HEDGE),
    ("ONEWAY", PositionMode.ONE_WAY),
)


@dataclass(frozen=True)
class PositionNote:
    """The connector's open positions in the market, and the venue's one (size 0: none), at one moment."""

    moment: str
    claimed: tuple[PositionView, ...]
    true: Position

    @property
    def difference(self) -> str | None:
        """How they differ, in words."""
        claimed, true = [each for each in self.claimed if each.amount], self.true
        if not true.size:
            return f"{claimed[0].amount} of a position that is closed" if claimed else None
        if len(claimed) != 1:
            return f"{len(claimed)} positions instead of one of {true.size}"
        (one,) = claimed
        wanted = "LONG" if true.size > 0 else "SHORT"
        if one.side not in (wanted, "BOTH"):
            return f"a {one.side} position instead of a {wanted} one of {true.size}"
        signed = one.amount if one.side == "BOTH" or one.amount < 0 or true.size > 0 else -one.amount
        if signed != true.size:
            return f"a position of {signed} instead of {true.size}"
        entry = true.entry_price or Decimal(0)
        if abs(one.entry_price - entry) > true.market.tick_size:
            return f"an entry price of {one.entry_price} instead of {entry:f}"
        return None


@dataclass(frozen=True)
class FundingNote:
    """What the connector knows of the next funding, and what the exchange says."""

    claimed: Funding
    index_price: Decimal
    mark_price: Decimal
    rate: Decimal
    next_at: float


@dataclass
class Positions(View):
    """The whole scenario. `modes` and `modes_got` are what was asked for and what the account had then."""

    rig_number: int
    takes_leverage: bool = True
    reduce_only_rests: bool = True
    leverage_got: Decimal = Decimal(0)
    modes: list[PositionMode] = field(default_factory=list)
    modes_got: list[PositionMode] = field(default_factory=list)
    funding: FundingNote | None = None
    notes: list[PositionNote] = field(default_factory=list)
    after_restart: PositionNote | None = None
    openings: list[Life] = field(default_factory=list)
    closed: list[Life] = field(default_factory=list)
    payment: FundingPayment | None = None
    payment_events: tuple[EventView, ...] = ()


def hold_positions(rigs: Rigs, pace: float) -> Positions:
    """Set modes and leverage, go long, be paid or pay, start anew, close, go short, close at once.

    Before the new start its user opens twenty positions elsewhere, by hand.
    """
    if not rigs.dialect.markets[0].perpetual:
        raise NothingToPlay("The connector trades no perpetuals.")
    elsewhere = randomization.a_page_more(rigs.dialect.markets)
    with rigs.open(pace, listed=elsewhere) as rig:
        run = Positions(rig.number, rig.dialect.takes_leverage, rig.dialect.reduce_only_rests)
        _choose_an_interval(rig)
        start(rig)
        _change_modes(rig, run)
        rig.connector.set_leverage(rig.pair, LEVERAGE)
        rig.eventually(lambda: rig.venue.leverage(rig.account, rig.market) == LEVERAGE, WAIT)
        run.leverage_got = rig.venue.leverage(rig.account, rig.market)
        _ask_about_funding(rig, run)
        opened = _open(rig, run, Side.BUY)
        # Some exchanges take the leverage with each order.
        run.leverage_got = rig.venue.leverage(rig.account, rig.market)
        if not opened:
            return run
        _pay_funding(rig, run)
        _open_by_hand(rig, elsewhere)
        rig.restart()
        start(rig)
        run.after_restart = _note(rig, "after a restart")
        _close(rig, run, Side.SELL)
        if _open(rig, run, Side.SELL):
            _close(rig, run, Side.BUY, at_once=True)
        return run


def _choose_an_interval(rig: Rig) -> None:
    """One of those that the exchange has, with which the next funding is not at the next eighth hour."""
    now = rig.clock.now()
    usual = next_multiple(now, EIGHT_HOURS)
    due = {each: next_multiple(now, each) for each in rig.dialect.funding_intervals}
    others = [each for each, at in due.items() if at != usual and at - now > NO_FUNDING_FOR]
    if others:
        rig.venue.change_rules(replace(rig.market, funding_interval=rig.random.choice(others)))


def _change_modes(rig: Rig, run: Positions) -> None:
    """Every mode that it supports, ending with one way."""
    supported = rig.connector.position_modes()
    if "HEDGE" in supported:
        for name, mode in MODES:
            if name in supported:
                run.modes.append(mode)
                run.modes_got.append(choose_mode(rig, name, mode))
    rig.venue.set_position_mode(rig.account, PositionMode.ONE_WAY)


def choose_mode(rig: Rig, name: PositionModeName, mode: PositionMode) -> PositionMode:
    """The account's mode, once the connector asked for this one, even where it was so, and was answered."""
    mark = rig.record.mark()
    rig.connector.set_position_mode(name)

    def chosen() -> bool:
        asked = rig.record.requests("position_mode", since=mark)
        return bool(asked) and rig.venue.position_mode(rig.account) is mode

    rig.eventually(chosen, WAIT)
    rig.pause(HEARD)
    return rig.venue.position_mode(rig.account)


def _ask_about_funding(rig: Rig, run: Positions) -> None:
    """With prices and a rate that nobody could guess."""
    market, venue = rig.market, rig.venue
    index = market.reference_price + market.tick_size * rig.random.randint(1, 50)
    venue.set_index(market, index)
    venue.set_mark(market, index + market.tick_size * rig.random.randint(1, 50))
    venue.set_funding_rate(market, Decimal(rig.random.randint(11, 499)) / 1_000_000)

    def differs() -> bool:
        said = rig.connector.funding(rig.pair)
        return (said.rate, said.mark_price) != (venue.funding_rate(market), venue.mark_price(market))

    rig.eventually(lambda: not differs(), FOLLOW)
    run.funding = FundingNote(
        rig.connector.funding(rig.pair),
        venue.index_price(market),
        venue.mark_price(market),
        venue.funding_rate(market),
        venue.next_funding_at(market),
    )


def _open(rig: Rig, run: Positions, side: Side) -> bool:
    """A position by one order that is filled in two parts; whether there is one."""
    life = rest(rig, side)
    run.openings.append(life)
    if life.placed is None:
        return False
    half = life.placed.amount / rig.market.lot_size // 2 * rig.market.lot_size
    which = "long" if side is Side.BUY else "short"
    for part, moment in ((half, f"half way into a {which} position"), (None, f"with a {which} position")):
        let_trade(rig, life, part)
        run.notes.append(_note(rig, moment))
    rig.connector.wait_event(completed(side), life.order_id, WAIT)
    settle(rig, life)
    return bool(life.fills)


def _open_by_hand(rig: Rig, markets: Iterable[Market]) -> None:
    """Small positions in markets that the connector does not trade: what is listed takes a second page."""
    for market in markets:
        ask = rig.venue.book(market, 1).asks[0]
        least = max(market.min_amount, floor_to(2 * market.min_notional / ask.price, market.lot_size))
        rig.venue.set_level(market, Side.SELL, ask.price, 2 * least)
        placed = rig.venue.place(
            rig.account, NewOrder(market, Side.BUY, amount=least + market.lot_size, price=ask.price)
        )
        rig.note(BY_HAND, order_id=str(placed.order_id), side=Side.BUY.value)


def _close(rig: Rig, run: Positions, side: Side, *, at_once: bool = False) -> None:
    """Close all that is held by one order."""
    held = abs(rig.venue.position(rig.account, rig.market).size)
    run.closed.append(close(rig, side, held, at_once=at_once))
    run.notes.append(_note(rig, "after it was closed"))


def close(rig: Rig, side: Side, held: Decimal, *, at_once: bool) -> Life:
    """By a limit order that is let trade; `at_once`: by a market order, where the connector offers these."""
    if at_once and "MARKET" in rig.connector.order_types():
        life = submit(rig, side, held, None, "MARKET", position="CLOSE")
    else:
        life = submit(rig, side, held, resting_price(rig, side), position="CLOSE")
        let_trade(rig, life)
    rig.connector.wait_event(completed(side), life.order_id, WAIT)
    return settle(rig, life)


def _pay_funding(rig: Rig, run: Positions) -> None:
    """Funding is paid once; polls that follow find nothing new. Some ask once an interval only."""
    kind = "FundingPaymentCompleted"
    paid = [each for each in rig.venue.pay_funding(rig.market) if each.account == rig.account.name]
    run.payment = paid[0] if paid else None

    def poll(ahead: float) -> bool:
        rig.connector.tick(ahead)
        rig.connector.wait_event(kind, timeout=WAIT)
        rig.pause(3)
        return bool(rig.connector.events(kind))

    told = [poll(900.0) for _ in range(3)]
    if not told[-1]:
        poll(rig.market.funding_interval)
    run.payment_events = rig.connector.events(kind)


def _note(rig: Rig, moment: str) -> PositionNote:
    """Once they agree, or after a poll that found no better."""

    def look() -> PositionNote:
        claimed = tuple(each for each in rig.connector.positions() if each.pair == rig.pair)
        return PositionNote(moment, claimed, rig.venue.position(rig.account, rig.market))

    def agrees() -> bool:
        return look().difference is None

    follow(rig, agrees)
    return look()


def follow(rig: Rig, agrees: Callable[[], bool]) -> None:
    if not rig.eventually(agrees, WAIT):
        rig.connector.tick()
        rig.eventually(agrees, FOLLOW)
