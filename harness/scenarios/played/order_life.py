"""The connector trades: every kind of order it offers, filled in part, filled, cancelled, refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from harness.driving.claims import Cancellation, EventView, LogLine, OrderView, Usage
from harness.driving.connector import PositionAction
from harness.driving.rpc_client import ConnectorError, ConnectorGone, ConnectorTimeout
from harness.scenarios.played import start
from harness.scenarios.played.balances import IMPATIENT, PATIENT, BalanceView, settled
from harness.scenarios.played.polls import keep_clear_of_polls
from harness.scenarios.rig import Rig, Rigs
from harness.scenarios.trace.model import BY_HAND
from harness.scenarios.trace.view import SeenRequest, View
from harness.venue.market import Market, floor_to
from harness.venue.model import Fill, NewOrder, Order, PositionSide, Side, VenueRefusal
from harness.venue.positions import PositionMode

WAIT = 10.0  # virtual seconds that an order or an event may take; it takes well under one
TERMINAL = ("BuyOrderCompleted", "SellOrderCompleted", "OrderCancelled", "OrderFailure", "OrderExpired")
PRIVATE = ("stream:orders", "stream:fills", "stream:balances")  # what tells of an order
AWAY = Decimal("0.97")  # where a resting order is placed, as a share of the best price on its side


@dataclass
class Life(View):
    """One order: as asked for, at `asked_at`, as it reached the exchange, and what was said of it afterwards.

    `placed` is the venue's order right after it arrived, None when it did not while it was waited for; `late`
    is one that came after that. `tracked` is the connector's view while it was open. `fills` are the
    ledger's, `events` the connector's.
    """

    rig_number: int
    asked_at: float
    order_id: str
    side: Side
    kind: str
    amount: Decimal
    price: Decimal | None
    placed: Order | None
    requests: tuple[SeenRequest, ...]
    tracked: OrderView | None = None
    late: Order | None = None
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
class Trading(View):
    """The whole scenario. Lives that a connector does not offer are None.

    `balances` are those of each moment once they agreed with the ledger, or after a poll; `balances_unpolled`
    the same, one by one, before that poll.
    """

    rig_number: int
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
    balances_unpolled: list[BalanceView] = field(default_factory=list)
    balances_follow: bool = True
    fills_follow: bool = True
    logs: tuple[LogLine, ...] = ()
    usage: Usage | None = None
    usage_after_stop: Usage | None = None
    requests_after_stop: tuple[SeenRequest, ...] = ()
    open_sockets_after_stop: int = 0
    began: float = 0.0
    ended: float = 0.0

    def lives(self) -> list[Life]:
        single = [life for life in (self.too_small, self.refused) if life is not None]
        groups = (self.filled, self.cancelled, self.market_orders, self.maker_orders)
        return [*(life for group in groups for life in group), *self.cancel_all_lives, *single]


def trade(rigs: Rigs, pace: float) -> Trading:
    """Buy, sell, fill, cancel, be refused, cancel everything, stop."""
    with rigs.open(pace) as rig:
        run = Trading(rig.number, began=rig.clock.now())
        start(rig)
        run.order_types = rig.connector.order_types()
        _note_balances(rig, run, "at the start")
        for side in Side:
            _fill_in_parts(rig, run, side)
        for side in Side:
            _cancel_one(rig, run, side)
        if "MARKET" in run.order_types:
            for side in Side:
                _market_order(rig, run, side)
        if "LIMIT_MAKER" in run.order_types:
            for side in Side:
                run.maker_orders.append(rest(rig, side, kind="LIMIT_MAKER"))
        _too_small(rig, run)
        _refused(rig, run)
        _cancel_everything(rig, run)
        _finish(rig, run)
        return run


def size(rig: Rig, market: Market | None = None) -> Decimal:
    """An ordinary amount: some 20 to 40 times the smallest notional, in whole tens of lots."""
    market = market or rig.market
    notional = max(market.min_notional, Decimal("0.0001")) * rig.random.randint(20, 40)
    least = max(notional / market.reference_price, market.min_amount * 10)
    return floor_to(least, market.lot_size * 10) + market.lot_size * 10


def resting_price(rig: Rig, side: Side, market: Market | None = None) -> Decimal:
    """A price three percent away from the market, where nothing trades by itself.

    An order that was larger than it should be may have left a side empty: then it is away from the last
    price.
    """
    market = market or rig.market
    book = rig.venue.book(market, 1)
    own = book.bids if side is Side.BUY else book.asks
    best = own[0].price if own else rig.venue.last_price(market)
    return floor_to(best * AWAY if side is Side.BUY else best / AWAY, market.tick_size)


def place_by_hand(rig: Rig, side: Side, price: Decimal, *, named: bool = False) -> Order:
    """An order on the same account that the connector knows nothing of; `named`: with a client order id."""
    which = PositionSide.BOTH
    if rig.market.perpetual and rig.venue.position_mode(rig.account) is PositionMode.HEDGE:
        which = PositionSide.LONG if side is Side.BUY else PositionSide.SHORT
    new = NewOrder(
        rig.market,
        side,
        amount=size(rig),
        price=price,
        client_order_id=f"web{rig.random.randrange(10**12)}" if named else None,
        position_side=which,
    )
    placed = rig.venue.place(rig.account, new)
    rig.note(BY_HAND, order_id=str(placed.order_id), side=side.value)
    return placed


def submit(
    rig: Rig,
    side: Side,
    amount: Decimal,
    price: Decimal | None,
    kind: str = "LIMIT",
    position: PositionAction | None = None,
    market: Market | None = None,
) -> Life:
    """Ask the connector for an order and wait for it to reach the exchange or to fail.

    On a perpetual an order opens a position unless `position` says otherwise. An order that was given up
    before and arrives only now is not taken for this one, as far as the ids tell. A market order at which the
    connector raises has no id of its own and never arrives.
    """
    known = {order.order_id for order in rig.venue.orders(rig.account)}
    mark, asked_at = rig.record.mark(), rig.clock.now()
    ask = rig.connector.buy if side is Side.BUY else rig.connector.sell
    where = (market or rig.market).name
    try:
        order_id = ask(where, amount, price, kind, position or opening(rig))
    except ConnectorError as error:
        if kind != "MARKET" or isinstance(error, ConnectorTimeout | ConnectorGone):
            raise
        return Life(rig.number, asked_at, f"no-id-{asked_at:.6f}", side, kind, amount, price, None, ())

    def arrived() -> Order | bool | None:
        failed = bool(rig.connector.events("OrderFailure", order_id))  # it may come and end in between
        new = [o for o in rig.venue.orders(rig.account) if o.order_id not in known]
        named = [each for each in new if each.client_order_id == order_id]
        if named or new:
            return (named or new)[-1]
        return failed or None

    found = rig.eventually(arrived, WAIT)
    if found is None and any(each.status is None for each in rig.record.requests("place_order", since=mark)):
        found = rig.eventually(arrived, WAIT)  # it is being looked at
    placed = found if isinstance(found, Order) else None
    requests = rig.record.requests("place_order", since=mark)
    return Life(rig.number, asked_at, order_id, side, kind, amount, price, placed, requests)


def opening(rig: Rig) -> PositionAction | None:
    """What an ordinary order does to a position, where there are positions."""
    return "OPEN" if rig.market.perpetual else None


def rest(rig: Rig, side: Side, kind: str = "LIMIT", amount: Decimal | None = None) -> Life:
    """An order that rests in the book, with the connector's view of it."""
    life = submit(rig, side, amount or size(rig), resting_price(rig, side), kind)
    rig.connector.wait_event(created(side), life.order_id, WAIT if life.placed else IMPATIENT)
    life.tracked = rig.connector.orders().get(life.order_id)
    return life


def created(side: Side) -> str:
    return "BuyOrderCreated" if side is Side.BUY else "SellOrderCreated"


def completed(side: Side) -> str:
    return "BuyOrderCompleted" if side is Side.BUY else "SellOrderCompleted"


def settle(rig: Rig, life: Life) -> Life:
    """Write down how the order ended: in the venue's books, in the events, in the tracking."""
    if life.placed is not None:
        life.final = rig.venue.order(rig.account, order_id=life.placed.order_id)
        life.fills = rig.venue.fills(rig.account, order_id=life.placed.order_id)
    else:
        named = (each for each in rig.venue.orders(rig.account) if each.client_order_id == life.order_id)
        life.late = next(named, None)
    life.tracked_after = life.order_id in rig.connector.orders()
    life.events = rig.connector.events(order_id=life.order_id)
    return life


def let_trade(rig: Rig, life: Life, amount: Decimal | None = None) -> Fill | None:
    """Another trader takes `amount` of the order, or what is left of it.

    None when it is no longer open, or ends instead: an order that only reduces a position may have none left.
    """
    if life.placed is None:
        return None
    left = rig.venue.order(rig.account, order_id=life.placed.order_id).remaining
    try:
        fills = rig.venue.fill(life.placed.order_id, None if amount is None else min(amount, left))
    except VenueRefusal:
        return None
    return fills[-1] if fills else None


def _fill_in_parts(rig: Rig, run: Trading, side: Side) -> None:
    """Three fills of different sizes, one after the other; what is told of the order comes before a poll."""
    keep_clear_of_polls(rig)
    life = rest(rig, side)
    run.filled.append(life)
    if life.placed is None:
        settle(rig, life)
        return
    _note_balances(rig, run, f"with a {life.name} open")
    lots = life.placed.amount / rig.market.lot_size
    patience = WAIT if run.fills_follow else IMPATIENT
    for number, part in enumerate((lots // 5, lots // 3, None), start=1):
        let_trade(rig, life, None if part is None else part * rig.market.lot_size)
        if not rig.connector.wait_event("OrderFilled", life.order_id, patience, count=number):
            patience, run.fills_follow = IMPATIENT, False
        if number == 1:
            _note_balances(rig, run, f"after a partial fill of a {life.name}")
    rig.connector.wait_event(completed(side), life.order_id, WAIT)
    _note_balances(rig, run, f"after a {life.name} was filled")
    settle(rig, life)


def _cancel_one(rig: Rig, run: Trading, side: Side) -> None:
    life = rest(rig, side)
    run.cancelled.append(life)
    if life.placed is not None:
        number = life.placed.order_id
        rig.connector.cancel(life.order_id)
        rig.eventually(lambda: not rig.venue.order(rig.account, order_id=number).status.live, WAIT)
        rig.connector.wait_event("OrderCancelled", life.order_id, WAIT)
        _note_balances(rig, run, f"after a {life.name} was cancelled")
    settle(rig, life)


def _market_order(rig: Rig, run: Trading, side: Side) -> None:
    amount = size(rig)
    offer_at_best(rig, side, 2 * amount)
    life = submit(rig, side, amount, None, "MARKET")
    run.market_orders.append(life)
    rig.connector.wait_event(completed(side), life.order_id, WAIT)
    settle(rig, life)


def offer_at_best(rig: Rig, side: Side, amount: Decimal) -> None:
    """So much at the best price that no seed decides whether an order that takes needs several levels.

    Market orders that do are played by themselves (`ends`): where an exchange takes what a buy costs, a
    connector may reckon with the best price alone, and then buys less.
    """
    book = rig.venue.book(rig.market, 1)
    best = (book.asks if side is Side.BUY else book.bids)[0]
    if best.amount < amount:
        rig.venue.set_level(rig.market, side.other, best.price, amount)


def _too_small(rig: Rig, run: Trading) -> None:
    """Half the smallest amount, at an ordinary price."""
    life = submit(rig, Side.BUY, rig.market.min_amount / 2, resting_price(rig, Side.BUY))
    rig.connector.wait_event("OrderFailure", life.order_id, WAIT)
    rig.pause(3)
    run.too_small = settle(rig, life)


def _refused(rig: Rig, run: Trading) -> None:
    """Far more than the account can pay for, so that the exchange itself says no."""
    price = resting_price(rig, Side.BUY)
    initial_balances = rig.venue.balance(rig.account, rig.market.quote).total
    if rig.market.perpetual:
        initial_balances *= rig.venue.leverage(rig.account, rig.market)
    amount = floor_to(initial_balances * 3 / price, rig.market.lot_size)
    life = submit(rig, Side.BUY, amount, price)
    rig.connector.wait_event("OrderFailure", life.order_id, WAIT)
    rig.pause(3)
    run.refused = settle(rig, life)


def _cancel_everything(rig: Rig, run: Trading) -> None:
    """Cancel all, with an order on the same account that somebody else placed."""
    for side in Side:
        run.cancel_all_lives.append(rest(rig, side))
    price = floor_to(resting_price(rig, Side.BUY) * AWAY, rig.market.tick_size)
    run.foreign = place_by_hand(rig, Side.BUY, price, named=True)
    run.cancel_all = rig.connector.cancel_all(20.0)
    mine = [life for group in (run.cancel_all_lives, run.maker_orders) for life in group]
    rig.eventually(lambda: len(rig.venue.open_orders(rig.account)) <= 1, 10.0)
    for life in mine:
        if life.placed is not None:
            rig.connector.wait_event("OrderCancelled", life.order_id, WAIT)
        settle(rig, life)
    run.open_after_cancel_all = rig.venue.open_orders(rig.account)


def _finish(rig: Rig, run: Trading) -> None:
    run.usage = rig.connector.usage()
    run.ended = rig.clock.now()
    rig.connector.stop()
    mark = rig.record.mark()
    rig.pause(8)
    run.requests_after_stop = rig.record.requests(since=mark)
    run.open_sockets_after_stop = len(rig.gateway.open_sockets())
    run.usage_after_stop = rig.connector.usage()
    run.logs = rig.connector.logs()


def _note_balances(rig: Rig, run: Trading, moment: str) -> None:
    """Give the connector's balances time to follow, by stream or by its next poll, and write both down."""
    patience = PATIENT if run.balances_follow else IMPATIENT
    seen = settled(rig, moment, patience)
    run.balances += seen.views
    run.balances_unpolled += seen.unpolled
    run.balances_follow = run.balances_follow and seen.agree
