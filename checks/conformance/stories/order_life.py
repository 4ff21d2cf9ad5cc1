"""The connector trades: every kind of order it offers, filled in part, filled, cancelled, refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from checks.conformance.stories import start
from checks.conformance.stories.balances import IMPATIENT, PATIENT, BalanceView, settled_views
from harness.driver import PositionAction
from harness.driving.claims import Cancellation, EventView, LogLine, OrderView, Usage
from harness.gateway.record import Exchange
from harness.lab import Bench, Lab
from harness.venue.market import Market, floor_to
from harness.venue.model import Fill, NewOrder, Order, PositionSide, Side, VenueRefusal
from harness.venue.positions import PositionMode

WAIT = 10.0  # virtual seconds that an order or an event may take; it takes well under one
TERMINAL = ("BuyOrderCompleted", "SellOrderCompleted", "OrderCancelled", "OrderFailure", "OrderExpired")
AWAY = Decimal("0.97")  # where a resting order is placed, as a share of the best price on its side


@dataclass
class Life:
    """One order: as asked for, at `asked_at`, as it reached the exchange, and what was said of it afterwards.

    `placed` is the venue's order right after it arrived, None when it never did. `tracked` is the connector's
    view while it was open. `fills` are the ledger's, `events` the connector's.
    """

    bench: Bench = field(repr=False)
    asked_at: float
    order_id: str
    side: Side
    kind: str
    amount: Decimal
    price: Decimal | None
    placed: Order | None
    requests: tuple[Exchange, ...]
    tracked: OrderView | None = None
    final: Order | None = None
    fills: tuple[Fill, ...] = ()
    events: tuple[EventView, ...] = ()
    tracked_after: bool = False

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]

    def of(self, *kinds: str) -> list[EventView]:
        return [event for event in self.events if event.kind in kinds]

    def terminal(self) -> list[EventView]:
        return self.of(*TERMINAL)

    @property
    def name(self) -> str:
        return f"{self.kind.lower().replace('_', ' ')} {self.side.value}"


@dataclass
class Trading:
    """The whole story. Lives that a connector does not offer are None."""

    bench: Bench
    order_types: tuple[str, ...] = ()
    filled: list[Life] = field(default_factory=list)
    cancelled: list[Life] = field(default_factory=list)
    market_orders: list[Life] = field(default_factory=list)
    maker_orders: list[Life] = field(default_factory=list)
    too_small: Life | None = None
    refused: Life | None = None
    cancel_all: tuple[Cancellation, ...] = ()
    cancel_all_lives: list[Life] = field(default_factory=list)
    open_after_cancel_all: tuple[Order, ...] = ()
    foreign: Order | None = None
    balances: list[BalanceView] = field(default_factory=list)
    balances_follow: bool = True
    fills_follow: bool = True
    logs: tuple[LogLine, ...] = ()
    usage: Usage | None = None
    usage_after_stop: Usage | None = None
    requests_after_stop: tuple[Exchange, ...] = ()
    open_sockets_after_stop: int = 0
    began: float = 0.0
    ended: float = 0.0

    def lives(self) -> list[Life]:
        single = [life for life in (self.too_small, self.refused) if life is not None]
        groups = (self.filled, self.cancelled, self.market_orders, self.maker_orders)
        return [*(life for group in groups for life in group), *self.cancel_all_lives, *single]


def trade(lab: Lab, pace: float) -> Trading:
    """Buy, sell, fill, cancel, be refused, cancel everything, stop."""
    with lab.bench(pace) as bench:
        story = Trading(bench, began=bench.clock.now())
        start(bench)
        story.order_types = bench.connector.order_types()
        _note_balances(story, "at the start")
        for side in Side:
            _fill_in_parts(story, side)
        for side in Side:
            _cancel_one(story, side)
        if "MARKET" in story.order_types:
            for side in Side:
                _market_order(story, side)
        if "LIMIT_MAKER" in story.order_types:
            for side in Side:
                story.maker_orders.append(rest(bench, side, kind="LIMIT_MAKER"))
        _too_small(story)
        _refused(story)
        _cancel_everything(story)
        _finish(story)
        return story


def size(bench: Bench, market: Market | None = None) -> Decimal:
    """An ordinary amount: some 20 to 40 times the smallest notional, in whole tens of lots."""
    market = market or bench.market
    notional = max(market.min_notional, Decimal("0.0001")) * bench.random.randint(20, 40)
    least = max(notional / market.reference_price, market.min_amount * 10)
    return floor_to(least, market.lot_size * 10) + market.lot_size * 10


def resting_price(bench: Bench, side: Side, market: Market | None = None) -> Decimal:
    """A price three percent away from the market, where nothing trades by itself."""
    market = market or bench.market
    book = bench.venue.book(market, 1)
    if side is Side.BUY:
        return floor_to(book.bids[0].price * AWAY, market.tick_size)
    return floor_to(book.asks[0].price / AWAY, market.tick_size)


def place_by_hand(bench: Bench, side: Side, price: Decimal, *, named: bool = False) -> Order:
    """An order on the same account that the connector knows nothing of; `named`: with a client order id."""
    which = PositionSide.BOTH
    if bench.market.perpetual and bench.venue.position_mode(bench.account) is PositionMode.HEDGE:
        which = PositionSide.LONG if side is Side.BUY else PositionSide.SHORT
    new = NewOrder(
        bench.market,
        side,
        amount=size(bench),
        price=price,
        client_order_id=f"web{bench.random.randrange(10**12)}" if named else None,
        position_side=which,
    )
    return bench.venue.place(bench.account, new)


def submit(
    bench: Bench,
    side: Side,
    amount: Decimal,
    price: Decimal | None,
    kind: str = "LIMIT",
    position: PositionAction | None = None,
    market: Market | None = None,
) -> Life:
    """Ask the connector for an order and wait for it to reach the exchange or to fail.

    On a perpetual an order opens a position unless `position` says otherwise. An order that was given up
    before and arrives only now is not taken for this one, as far as the ids tell.
    """
    known = {order.order_id for order in bench.venue.orders(bench.account)}
    mark, asked_at = bench.record.mark(), bench.clock.now()
    ask = bench.connector.buy if side is Side.BUY else bench.connector.sell
    where = (market or bench.market).name
    order_id = ask(where, amount, price, kind, position or opening(bench))

    def arrived() -> Order | bool | None:
        new = [o for o in bench.venue.orders(bench.account) if o.order_id not in known]
        named = [each for each in new if each.client_order_id == order_id]
        if named or new:
            return (named or new)[-1]
        return bool(bench.connector.events("OrderFailure", order_id)) or None

    found = bench.eventually(arrived, WAIT)
    placed = found if isinstance(found, Order) else None
    requests = bench.record.exchanges("place_order", since=mark)
    return Life(bench, asked_at, order_id, side, kind, amount, price, placed, requests)


def opening(bench: Bench) -> PositionAction | None:
    """What an ordinary order does to a position, where there are positions."""
    return "OPEN" if bench.market.perpetual else None


def rest(bench: Bench, side: Side, kind: str = "LIMIT", amount: Decimal | None = None) -> Life:
    """An order that rests in the book, with the connector's view of it."""
    life = submit(bench, side, amount or size(bench), resting_price(bench, side), kind)
    bench.connector.wait_event(created(side), life.order_id, WAIT if life.placed else IMPATIENT)
    life.tracked = bench.connector.orders().get(life.order_id)
    return life


def created(side: Side) -> str:
    return "BuyOrderCreated" if side is Side.BUY else "SellOrderCreated"


def completed(side: Side) -> str:
    return "BuyOrderCompleted" if side is Side.BUY else "SellOrderCompleted"


def settle(bench: Bench, life: Life) -> Life:
    """Write down how the order ended: in the venue's books, in the events, in the tracking."""
    if life.placed is not None:
        life.final = bench.venue.order(bench.account, order_id=life.placed.order_id)
        life.fills = bench.venue.fills(bench.account, order_id=life.placed.order_id)
    life.tracked_after = life.order_id in bench.connector.orders()
    life.events = bench.connector.events(order_id=life.order_id)
    return life


def let_trade(bench: Bench, life: Life, amount: Decimal | None = None) -> Fill | None:
    """Another trader takes `amount` of the order, or what is left of it; None when it is no longer open."""
    if life.placed is None:
        return None
    left = bench.venue.order(bench.account, order_id=life.placed.order_id).remaining
    try:
        return bench.venue.fill(life.placed.order_id, None if amount is None else min(amount, left))[-1]
    except VenueRefusal:
        return None


def _fill_in_parts(story: Trading, side: Side) -> None:
    """Three fills of different sizes, one after the other."""
    bench, life = story.bench, rest(story.bench, side)
    story.filled.append(life)
    if life.placed is None:
        settle(bench, life)
        return
    _note_balances(story, f"with a {life.name} open")
    lots = life.placed.amount / bench.market.lot_size
    patience = WAIT if story.fills_follow else IMPATIENT
    for number, part in enumerate((lots // 5, lots // 3, None), start=1):
        let_trade(bench, life, None if part is None else part * bench.market.lot_size)
        if not bench.connector.wait_event("OrderFilled", life.order_id, patience, count=number):
            patience, story.fills_follow = IMPATIENT, False
        if number == 1:
            _note_balances(story, f"after a partial fill of a {life.name}")
    bench.connector.wait_event(completed(side), life.order_id, WAIT)
    _note_balances(story, f"after a {life.name} was filled")
    settle(bench, life)


def _cancel_one(story: Trading, side: Side) -> None:
    bench, life = story.bench, rest(story.bench, side)
    story.cancelled.append(life)
    if life.placed is not None:
        number = life.placed.order_id
        bench.connector.cancel(life.order_id)
        bench.eventually(lambda: not bench.venue.order(bench.account, order_id=number).status.live, WAIT)
        bench.connector.wait_event("OrderCancelled", life.order_id, WAIT)
        _note_balances(story, f"after a {life.name} was cancelled")
    settle(bench, life)


def _market_order(story: Trading, side: Side) -> None:
    bench = story.bench
    life = submit(bench, side, size(bench), None, "MARKET")
    story.market_orders.append(life)
    bench.connector.wait_event(completed(side), life.order_id, WAIT)
    settle(bench, life)


def _too_small(story: Trading) -> None:
    """Half the smallest amount, at an ordinary price."""
    bench = story.bench
    life = submit(bench, Side.BUY, bench.market.min_amount / 2, resting_price(bench, Side.BUY))
    bench.connector.wait_event("OrderFailure", life.order_id, WAIT)
    bench.pause(3)
    story.too_small = settle(bench, life)


def _refused(story: Trading) -> None:
    """Far more than the account can pay for, so that the exchange itself says no."""
    bench, price = story.bench, resting_price(story.bench, Side.BUY)
    purse = bench.venue.balance(bench.account, bench.market.quote).total
    if bench.market.perpetual:
        purse *= bench.venue.leverage(bench.account, bench.market)
    amount = floor_to(purse * 3 / price, bench.market.lot_size)
    life = submit(bench, Side.BUY, amount, price)
    bench.connector.wait_event("OrderFailure", life.order_id, WAIT)
    bench.pause(3)
    story.refused = settle(bench, life)


def _cancel_everything(story: Trading) -> None:
    """Cancel all, with an order on the same account that somebody else placed."""
    bench = story.bench
    for side in Side:
        story.cancel_all_lives.append(rest(bench, side))
    price = floor_to(resting_price(bench, Side.BUY) * AWAY, bench.market.tick_size)
    story.foreign = place_by_hand(bench, Side.BUY, price, named=True)
    story.cancel_all = bench.connector.cancel_all(20.0)
    mine = [life for group in (story.cancel_all_lives, story.maker_orders) for life in group]
    bench.eventually(lambda: len(bench.venue.open_orders(bench.account)) <= 1, 10.0)
    for life in mine:
        if life.placed is not None:
            bench.connector.wait_event("OrderCancelled", life.order_id, WAIT)
        settle(bench, life)
    story.open_after_cancel_all = bench.venue.open_orders(bench.account)


def _finish(story: Trading) -> None:
    bench = story.bench
    story.usage = bench.connector.usage()
    story.ended = bench.clock.now()
    bench.connector.stop()
    mark = bench.record.mark()
    bench.pause(8)
    story.requests_after_stop = bench.record.exchanges(since=mark)
    story.open_sockets_after_stop = len(bench.gateway.open_sockets())
    story.usage_after_stop = bench.connector.usage()
    story.logs = bench.connector.logs()


def _note_balances(story: Trading, moment: str) -> None:
    """Give the connector's balances time to follow, by stream or by its next poll, and write both down."""
    patience = PATIENT if story.balances_follow else IMPATIENT
    views, follow = settled_views(story.bench, moment, patience)
    story.balances += views
    story.balances_follow = story.balances_follow and follow
