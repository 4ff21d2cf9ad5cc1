"""Orders that end as the exchange decides: what the book offers, ended from above, met by one's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from harness.scenarios.played import start
from harness.scenarios.played.market_data import books_differ
from harness.scenarios.played.order_life import (
    TERMINAL,
    WAIT,
    Life,
    let_trade,
    offer_at_best,
    rest,
    settle,
    size,
    submit,
)
from harness.scenarios.rig import Rig, Rigs
from harness.scenarios.trace.view import View
from harness.venue.market import SelfTrade, floor_to
from harness.venue.model import Side

IN_THE_BOOK = Decimal("0.4")  # the share of a market order that the whole book can fill
APART = Decimal("0.004")  # of the best price: how far a level is from the next where an order takes several
POLL = 8.0  # virtual seconds that a poll may take
FOLLOW = 20.0  # virtual seconds for the connector's order book to follow
LINGER = 3.0  # virtual seconds in which an end could be told once more


@dataclass
class Ends(View):
    """Orders by what ended them. Those of a kind that the connector does not offer are none.

    `beyond_the_book` are market orders larger than all that was offered, `several_levels` such as the first
    two levels fill in part and the third to the end. `would_take` are post-only orders at
    a price at which they would trade. Of `taken_off` the exchange ended one that nobody had traded with and
    one that was filled in part. `own_met` are two orders of the account that met, as `rule` had it.
    """

    rig_number: int
    order_types: tuple[str, ...] = ()
    beyond_the_book: list[Life] = field(default_factory=list)
    several_levels: list[Life] = field(default_factory=list)
    would_take: list[Life] = field(default_factory=list)
    taken_off: list[Life] = field(default_factory=list)
    own_met: list[Life] = field(default_factory=list)
    rule: SelfTrade = SelfTrade.NONE

    def lives(self) -> tuple[Life, ...]:
        offered = (*self.several_levels, *self.beyond_the_book)
        return (*offered, *self.would_take, *self.taken_off, *self.own_met)


def let_the_exchange_decide(rigs: Rigs, pace: float) -> Ends:
    with rigs.open(pace) as rig:
        run = Ends(rig.number)
        start(rig)
        run.order_types = rig.connector.order_types()
        _take_off(rig, run)
        _meet_own(rig, run)
        if "LIMIT_MAKER" in run.order_types:
            run.would_take = [_crossing(rig, side) for side in Side]
            wait_for_ends(rig, run.would_take)
        if "MARKET" in run.order_types:
            run.several_levels = [_on_several_levels(rig, side) for side in Side]
            run.beyond_the_book = [_larger_than_the_book(rig, side) for side in Side]
        rig.pause(LINGER)
        for life in run.lives():
            settle(rig, life)
        return run


def _take_off(rig: Rig, run: Ends) -> None:
    """The exchange ends two orders, one of them filled in part."""
    untouched, begun = rest(rig, Side.BUY), rest(rig, Side.SELL)
    run.taken_off = [untouched, begun]
    if begun.placed is not None:
        lots = begun.placed.amount / rig.market.lot_size // 3
        let_trade(rig, begun, lots * rig.market.lot_size)
        rig.connector.wait_event("OrderFilled", begun.order_id, WAIT)
    for life in run.taken_off:
        if life.placed is not None and rig.venue.order(rig.account, life.placed.order_id).status.live:
            rig.venue.end(rig.account, life.placed.order_id)
    wait_for_ends(rig, run.taken_off)


def _meet_own(rig: Rig, run: Ends) -> None:
    """A sell at the price of a buy of its own, both at the top of their side; the buy is larger.

    Where the exchange has no rule of its own, the seed says who gives way; where it lets them trade, this is
    not played.
    """
    if not rig.dialect.prevents_self_trades:
        return
    run.rule = rig.market.self_trade
    if run.rule is SelfTrade.NONE:
        run.rule = rig.random.choice((SelfTrade.EXPIRE_MAKER, SelfTrade.EXPIRE_TAKER))
        rig.venue.let_own_orders_meet(rig.account, run.rule)
    _open_the_spread(rig)
    price, amount = rig.venue.book(rig.market, 1).bids[0].price + rig.market.tick_size, size(rig)
    resting = submit(rig, Side.BUY, amount * 2, price)
    rig.connector.wait_event("BuyOrderCreated", resting.order_id, WAIT)
    coming = submit(rig, Side.SELL, amount, price)
    run.own_met = [resting, coming]
    rig.venue.let_own_orders_meet(rig.account, rig.market.self_trade)
    wait_for_ends(rig, run.own_met)
    for life in run.own_met:
        if life.placed is not None and rig.venue.order(rig.account, life.placed.order_id).status.live:
            rig.connector.cancel(life.order_id)
            rig.connector.wait_event("OrderCancelled", life.order_id, WAIT)


def _open_the_spread(rig: Rig) -> None:
    """Let there be a price between the best bid and the best ask."""
    book = rig.venue.book(rig.market, 2)
    if book.asks[0].price - book.bids[0].price <= rig.market.tick_size:
        rig.venue.set_level(rig.market, Side.BUY, book.bids[0].price, Decimal(0))


def _crossing(rig: Rig, side: Side) -> Life:
    """A post-only order at the price of the other side's best, which could fill it to the end."""
    amount = size(rig)
    offer_at_best(rig, side, 2 * amount)
    book = rig.venue.book(rig.market, 1)
    price = book.asks[0].price if side is Side.BUY else book.bids[0].price
    return submit(rig, side, amount, price, "LIMIT_MAKER")


def _on_several_levels(rig: Rig, side: Side) -> Life:
    """A market order that takes a third from each of two levels and the rest from another, which has more.

    The connector sees these levels first: some work out from them what they send.
    """
    market, amount, offering = rig.market, size(rig), side.other
    book = rig.venue.book(market)
    levels, away = (book.asks, APART) if side is Side.BUY else (book.bids, -APART)
    for level in levels:
        rig.venue.set_level(market, offering, level.price, Decimal(0))
    third = floor_to(amount / 3, market.lot_size)
    for number, offered in enumerate((third, third, amount * 3)):
        price = floor_to(levels[0].price * (1 + away * number), market.tick_size)
        rig.venue.set_level(market, offering, price, offered)
    books_differ(rig, (market,), FOLLOW, depth=3)
    life = submit(rig, side, amount, None, "MARKET")
    wait_for_ends(rig, [life])
    _quote_again(rig)
    return life


def _quote_again(rig: Rig) -> None:
    """The others quote both sides, and the connector sees the best prices."""
    rig.venue.seed_book(rig.market)
    books_differ(rig, (rig.market,), FOLLOW, depth=1)


def _larger_than_the_book(rig: Rig, side: Side) -> Life:
    """A market order for more than all others offer; they quote again afterwards, and the connector sees it.

    One that knows of no price on a side cannot price a market order.
    """
    amount = size(rig)
    book = rig.venue.book(rig.market)
    levels, other = (book.asks, side.other) if side is Side.BUY else (book.bids, side.other)
    left = max(floor_to(amount * IN_THE_BOOK, rig.market.lot_size), rig.market.lot_size)
    rig.venue.set_level(rig.market, other, levels[0].price, left)
    for level in levels[1:]:
        rig.venue.set_level(rig.market, other, level.price, Decimal(0))
    life = submit(rig, side, amount, None, "MARKET")
    wait_for_ends(rig, [life])
    _quote_again(rig)
    return life


def wait_for_ends(rig: Rig, lives: Iterable[Life]) -> None:
    """Until an end of each that has ended was told, or two polls found none."""
    ended = [life for life in lives if not _live(rig, life)]

    def told() -> bool:
        return all(_told(rig, life) for life in ended)

    if not rig.eventually(told, WAIT):
        for _ in range(2):
            rig.connector.tick()
            if rig.eventually(told, POLL):
                return


def _live(rig: Rig, life: Life) -> bool:
    return life.placed is not None and rig.venue.order(rig.account, life.placed.order_id).status.live


def _told(rig: Rig, life: Life) -> bool:
    """Whether it heard of the end, and of as many fills as there are."""
    kinds = [event.kind for event in rig.connector.events(order_id=life.order_id)]
    fills = rig.venue.fills(rig.account, order_id=life.placed.order_id) if life.placed is not None else ()
    return any(kind in TERMINAL for kind in kinds) and kinds.count("OrderFilled") >= len(fills)
