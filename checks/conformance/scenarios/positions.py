"""A perpetual's positions: opened, read back after a restart, paid funding for, and closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial

from checks.conformance.scenarios import start
from checks.conformance.scenarios.order_life import (
    WAIT,
    Life,
    completed,
    let_trade,
    rest,
    resting_price,
    settle,
    submit,
)
from harness.checking import not_applicable
from harness.driving.claims import EventView, Funding, PositionView
from harness.driving.driver import PositionModeName
from harness.scenarios.rig import Bench, Lab
from harness.venue.model import Side
from harness.venue.positions import FundingPayment, Position, PositionMode

LEVERAGE = 7  # no exchange's default
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


@dataclass
class FundingNote:
    """What the connector knows of the next funding, and what the exchange says."""

    claimed: Funding
    index_price: Decimal
    mark_price: Decimal
    rate: Decimal
    next_at: float


@dataclass
class Positions:
    """The whole story. `modes` and `modes_got` are what was asked for and what the account had then."""

    bench: Bench
    leverage_got: Decimal = Decimal(0)
    modes: list[PositionMode] = field(default_factory=list)
    modes_got: list[PositionMode] = field(default_factory=list)
    funding: FundingNote | None = None
    notes: list[PositionNote] = field(default_factory=list)
    after_restart: PositionNote | None = None
    opened: list[Life] = field(default_factory=list)
    closed: list[Life] = field(default_factory=list)
    payment: FundingPayment | None = None
    payment_events: tuple[EventView, ...] = ()


def hold_positions(lab: Lab, pace: float) -> Positions:
    """Set modes and leverage, go long, be paid or pay, start anew, close, go short, close."""
    if not lab.dialect.markets[0].perpetual:
        not_applicable("The connector trades no perpetuals.")
    with lab.bench(pace) as bench:
        story = Positions(bench)
        start(bench)
        _change_modes(story)
        bench.connector.set_leverage(bench.pair, LEVERAGE)
        bench.eventually(lambda: bench.venue.leverage(bench.account, bench.market) == LEVERAGE, WAIT)
        story.leverage_got = bench.venue.leverage(bench.account, bench.market)
        _ask_about_funding(story)
        if not _open(story, Side.BUY):
            return story
        _pay_funding(story)
        bench.restart()
        start(bench)
        story.after_restart = _note(bench, "after a restart")
        _close(story, Side.SELL)
        if _open(story, Side.SELL):
            _close(story, Side.BUY)
        return story


def _change_modes(story: Positions) -> None:
    """Every mode that it supports, ending with one way."""
    bench = story.bench
    supported = bench.connector.position_modes()
    if "HEDGE" in supported:
        for name, mode in MODES:
            if name in supported:
                bench.connector.set_position_mode(name)
                bench.eventually(partial(_has_mode, bench, mode), WAIT)
                story.modes.append(mode)
                story.modes_got.append(bench.venue.position_mode(bench.account))
    bench.venue.set_position_mode(bench.account, PositionMode.ONE_WAY)


def _has_mode(bench: Bench, mode: PositionMode) -> bool:
    return bench.venue.position_mode(bench.account) is mode


def _ask_about_funding(story: Positions) -> None:
    """With prices and a rate that nobody could guess."""
    bench, market, venue = story.bench, story.bench.market, story.bench.venue
    index = market.reference_price + market.tick_size * bench.random.randint(1, 50)
    venue.set_index(market, index)
    venue.set_mark(market, index + market.tick_size * bench.random.randint(1, 50))
    venue.set_funding_rate(market, Decimal(bench.random.randint(11, 499)) / 1_000_000)

    def differs() -> bool:
        said = bench.connector.funding(bench.pair)
        return (said.rate, said.mark_price) != (venue.funding_rate(market), venue.mark_price(market))

    bench.eventually(lambda: not differs(), FOLLOW)
    story.funding = FundingNote(
        bench.connector.funding(bench.pair),
        venue.index_price(market),
        venue.mark_price(market),
        venue.funding_rate(market),
        venue.next_funding_at(market),
    )


def _open(story: Positions, side: Side) -> bool:
    """A position by one order that is filled in two parts; whether there is one."""
    bench, life = story.bench, rest(story.bench, side)
    story.opened.append(life)
    if life.placed is None:
        return False
    half = life.placed.amount / bench.market.lot_size // 2 * bench.market.lot_size
    which = "long" if side is Side.BUY else "short"
    for part, moment in ((half, f"half way into a {which} position"), (None, f"with a {which} position")):
        let_trade(bench, life, part)
        story.notes.append(_note(bench, moment))
    bench.connector.wait_event(completed(side), life.order_id, WAIT)
    settle(bench, life)
    return bool(life.fills)


def _close(story: Positions, side: Side) -> None:
    """Close all that is held by one order, and let it trade."""
    bench = story.bench
    held = abs(bench.venue.position(bench.account, bench.market).size)
    life = submit(bench, side, held, resting_price(bench, side), position="CLOSE")
    story.closed.append(life)
    let_trade(bench, life)
    bench.connector.wait_event(completed(side), life.order_id, WAIT)
    settle(bench, life)
    story.notes.append(_note(bench, "after it was closed"))


def _pay_funding(story: Positions) -> None:
    """Funding is paid once; polls that follow find nothing new."""
    bench, kind = story.bench, "FundingPaymentCompleted"
    paid = [each for each in bench.venue.pay_funding(bench.market) if each.account == bench.account.name]
    story.payment = paid[0] if paid else None
    for _ in range(3):
        bench.connector.tick(900.0)
        bench.connector.wait_event(kind, timeout=WAIT)
        bench.pause(3)
    story.payment_events = bench.connector.events(kind)


def _note(bench: Bench, moment: str) -> PositionNote:
    """Once they agree, or after a poll that found no better."""

    def look() -> PositionNote:
        claimed = tuple(each for each in bench.connector.positions() if each.pair == bench.pair)
        return PositionNote(moment, claimed, bench.venue.position(bench.account, bench.market))

    def agrees() -> bool:
        return look().difference is None

    _follow(bench, agrees)
    return look()


def _follow(bench: Bench, agrees: Callable[[], bool]) -> None:
    if not bench.eventually(agrees, WAIT):
        bench.connector.tick()
        bench.eventually(agrees, FOLLOW)
