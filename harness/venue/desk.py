"""Places, matches, settles and cancels orders. Not thread-safe: the venue holds the lock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from harness.venue.engine import Book, Match
from harness.venue.events import (
    BalanceChanged,
    BookChanged,
    Event,
    OrderChange,
    OrderChanged,
    TradePrinted,
)
from harness.venue.ledger import FEES, OWN, Bucket, Entry, Ledger, move
from harness.venue.market import Market, floor_to
from harness.venue.model import (
    ZERO,
    Clock,
    Fill,
    NewOrder,
    Order,
    OrderStatus,
    OrderType,
    Refusal,
    Side,
    TimeInForce,
    Trade,
    VenueRefusal,
)
from harness.venue.rules import check


class Desk:
    """Orders, books and trades over a ledger. What happens is appended to `events`."""

    def __init__(self, markets: Iterable[Market], clock: Clock) -> None:
        self.clock = clock
        self.ledger = Ledger()
        self.books = {market: Book(market) for market in markets}
        self.sequences = dict.fromkeys(self.books, 0)
        self.orders: dict[int, Order] = {}
        self.order_ids: defaultdict[str, list[int]] = defaultdict(list)  # by account, oldest first
        self.open_ids: dict[int, None] = {}
        self.trades: dict[Market, list[Trade]] = {market: [] for market in self.books}
        self.fills: defaultdict[str, list[Fill]] = defaultdict(list)
        self.halted: set[Market] = set()
        self.events: list[Event] = []
        self._held: dict[int, Decimal] = {}  # what is still locked for an order, in the asset it pays
        self._by_client_id: dict[tuple[str, str], int] = {}
        self._last_order_id = 0
        self._last_trade_id = 0

    # -- questions

    def book(self, market: Market) -> Book:
        if market not in self.books:
            raise VenueRefusal(Refusal.UNKNOWN_MARKET, market.name)
        return self.books[market]

    def going_price(self, market: Market) -> Decimal:
        """The last trade's price, or where the other traders start."""
        trades = self.trades[market]
        return trades[-1].price if trades else market.reference_price

    def find(self, account: str, order_id: int | None, client_order_id: str | None) -> Order:
        """The account's order; the newest when a client order id was used again."""
        if order_id is None and client_order_id is not None:
            order_id = self._by_client_id.get((account, client_order_id))
        order = None if order_id is None else self.orders.get(order_id)
        if order is None or order.account != account:
            raise VenueRefusal(Refusal.UNKNOWN_ORDER, f"{account} has no order {order_id or client_order_id}")
        return order

    # -- deeds

    def place(self, account: str, new: NewOrder, *, enforce_rules: bool = True) -> Order:
        """Match the order, rest what may rest, expire the others; a `VenueRefusal` changes nothing."""
        book = self.book(new.market)
        if new.market in self.halted:
            raise VenueRefusal(Refusal.MARKET_HALTED, new.market.name)
        if enforce_rules:
            check(new, self.going_price(new.market))
        self._check_client_id(account, new.client_order_id)
        matches = book.plan(new.side, limit=new.price, amount=new.amount, quote_amount=new.quote_amount)
        if new.post_only and matches:
            raise VenueRefusal(Refusal.POST_ONLY_WOULD_TAKE, f"{new.price} would trade at once")
        if new.time_in_force is TimeInForce.FOK and sum((m.amount for m in matches), ZERO) != new.amount:
            matches = ()
        order = self._accept(account, new, matches)
        for match in matches:
            self._trade(order.order_id, match)
        return self._rest_or_expire(order.order_id)

    def cancel(self, order: Order, request_id: str | None = None) -> Order:
        """Take an open order off the book and free what it held."""
        if order.order_id not in self.open_ids:
            raise VenueRefusal(Refusal.ORDER_NOT_OPEN, f"order {order.order_id} is {order.status.value}")
        order = self.orders[order.order_id]
        self.books[order.market].remove(order.order_id)
        self._book_changed(order.market, order.side, order.price or ZERO)
        return self._end(order, OrderStatus.CANCELED, OrderChange.CANCELED, request_id)

    def post(
        self, entries: list[Entry], reason: str, order_id: int | None = None, trade_id: int | None = None
    ) -> None:
        """Write a ledger transaction and tell each account that it moved; the venue's own need no telling."""
        if not entries:
            return
        now = self.clock.now()
        self.ledger.post(entries, at=now, reason=reason, order_id=order_id, trade_id=trade_id)
        moved: defaultdict[str, set[str]] = defaultdict(set)
        for entry in entries:
            moved[entry.account].add(entry.asset)
        for account, assets in moved.items():
            if account in OWN:
                continue
            balances = tuple(self.ledger.balance(account, asset) for asset in sorted(assets))
            self.events.append(BalanceChanged(account, balances, reason, order_id, trade_id, now))

    # -- steps

    def _check_client_id(self, account: str, client_order_id: str | None) -> None:
        if client_order_id is None:
            return
        if self._by_client_id.get((account, client_order_id)) in self.open_ids:
            raise VenueRefusal(Refusal.DUPLICATE_CLIENT_ORDER_ID, client_order_id)

    def _accept(self, account: str, new: NewOrder, matches: tuple[Match, ...]) -> Order:
        asset, hold = _needs(new, matches)
        free = self.ledger.balance(account, asset).free
        if free < hold:
            raise VenueRefusal(Refusal.INSUFFICIENT_BALANCE, f"needs {hold} {asset}, has {free}")
        self._last_order_id += 1
        number, now = self._last_order_id, self.clock.now()
        # Of a quote amount whole lots trade; what is left over buys nothing and is given back.
        amount = new.amount if new.amount is not None else sum((m.amount for m in matches), ZERO)
        client_id = new.client_order_id if new.client_order_id is not None else f"venue-{number}"
        order = Order(
            number, client_id, account, new.market, new.side, new.type, new.time_in_force, new.post_only,
            new.price, amount, new.quote_amount, now, now,
        )  # fmt: skip
        self.orders[number] = order
        self.order_ids[account].append(number)
        self.open_ids[number] = None
        self._by_client_id[account, client_id] = number
        self._held[number] = hold
        self.events.append(OrderChanged(order, OrderChange.NEW, None, now))
        self.post(move(asset, hold, (account, Bucket.FREE), (account, Bucket.LOCKED)), "order", number)
        return order

    def _trade(self, taker_id: int, match: Match) -> None:
        maker, taker = self.orders[match.maker_order_id], self.orders[taker_id]
        market, now = maker.market, self.clock.now()
        self._last_trade_id += 1
        trade = Trade(
            self._last_trade_id, market, match.price, match.amount, taker.side, maker.order_id, taker_id, now
        )
        self.trades[market].append(trade)
        self.books[market].take(match)
        self._book_changed(market, maker.side, match.price)
        self.events.append(TradePrinted(trade, self.sequences[market], now))
        for order, is_maker in ((maker, True), (taker, False)):
            self._fill(order.order_id, trade, is_maker)
        buyer, seller = (taker, maker) if taker.side is Side.BUY else (maker, taker)
        self._settle(trade, buyer, seller, buyer_is_maker=buyer is maker)
        if not self.orders[maker.order_id].status.live:
            self._forget(maker.order_id)

    def _fill(self, order_id: int, trade: Trade, is_maker: bool) -> None:
        order = self.orders[order_id]
        value = trade.price * trade.amount
        fee, fee_asset = _fee(order, trade, is_maker)
        filled = order.filled + trade.amount
        status = OrderStatus.FILLED if filled == order.amount else OrderStatus.PARTIALLY_FILLED
        order = replace(
            order, filled=filled, filled_quote=order.filled_quote + value, status=status, updated_at=trade.at
        )
        self.orders[order_id] = order
        fill = Fill(
            trade.trade_id, order_id, order.client_order_id, order.account, order.market, order.side,
            trade.price, trade.amount, value, fee, fee_asset, is_maker, trade.at,
        )  # fmt: skip
        self.fills[order.account].append(fill)
        self.events.append(OrderChanged(order, OrderChange.FILL, fill, trade.at))

    def _settle(self, trade: Trade, buyer: Order, seller: Order, *, buyer_is_maker: bool) -> None:
        """One transaction: quote to the seller, base to the buyer, fees out of both; frees what was saved."""
        market, value = trade.market, trade.price * trade.amount
        buyer_fee, _ = _fee(buyer, trade, buyer_is_maker)
        seller_fee, _ = _fee(seller, trade, not buyer_is_maker)
        base_fee, on_top = (ZERO, buyer_fee) if market.fee_in_quote else (buyer_fee, ZERO)
        paid, given = (buyer.account, Bucket.LOCKED), (seller.account, Bucket.LOCKED)
        fees = (FEES, Bucket.FREE)
        # A limit order keeps held what its rest may still cost; all else ends with the order.
        held, rest = self._held[buyer.order_id] - value - on_top, buyer.remaining - trade.amount
        needed = held if buyer.price is None else market.buyer_pays(buyer.price * rest)
        entries = [
            *move(market.quote, value - seller_fee, paid, (seller.account, Bucket.FREE)),
            *move(market.quote, seller_fee + on_top, paid, fees),
            *move(market.base, trade.amount - base_fee, given, (buyer.account, Bucket.FREE)),
            *move(market.base, base_fee, given, fees),
            *move(market.quote, held - needed, paid, (buyer.account, Bucket.FREE)),
        ]
        self._held[buyer.order_id] = needed
        self._held[seller.order_id] -= trade.amount
        self.post(entries, "trade", None, trade.trade_id)

    def _rest_or_expire(self, order_id: int) -> Order:
        order = self.orders[order_id]
        if not order.status.live:
            self._forget(order_id)
        elif order.type is OrderType.LIMIT and order.time_in_force is TimeInForce.GTC:
            assert order.price is not None  # noqa: S101 - rules demand it of a limit order
            self.books[order.market].rest(order_id, order.side, order.price, order.remaining)
            self._book_changed(order.market, order.side, order.price)
        else:
            self._end(order, OrderStatus.EXPIRED, OrderChange.EXPIRED, None)
        return self.orders[order_id]

    def _end(self, order: Order, status: OrderStatus, change: OrderChange, request_id: str | None) -> Order:
        now = self.clock.now()
        order = replace(order, status=status, updated_at=now)
        self.orders[order.order_id] = order
        self.events.append(OrderChanged(order, change, None, now, request_id))
        self._forget(order.order_id)
        return order

    def _forget(self, order_id: int) -> None:
        """The order is done: free what is left of its hold."""
        order = self.orders[order_id]
        del self.open_ids[order_id]
        asset = order.market.quote if order.side is Side.BUY else order.market.base
        hold, name = self._held.pop(order_id), order.account
        self.post(move(asset, hold, (name, Bucket.LOCKED), (name, Bucket.FREE)), "release", order_id)

    def _book_changed(self, market: Market, side: Side, price: Decimal) -> None:
        self.sequences[market] += 1
        amount = self.books[market].amount_at(side, price)
        now = self.clock.now()
        self.events.append(BookChanged(market, side, price, amount, self.sequences[market], now))


def _needs(new: NewOrder, matches: tuple[Match, ...]) -> tuple[str, Decimal]:
    """The asset an order pays with and how much of it to hold."""
    if new.side is Side.SELL:
        amount = new.amount if new.amount is not None else sum((m.amount for m in matches), ZERO)
        return new.market.base, amount
    if new.quote_amount is not None:
        cost = new.quote_amount
    elif new.price is not None and new.amount is not None:
        cost = new.price * new.amount
    else:
        cost = sum((m.price * m.amount for m in matches), ZERO)
    return new.market.quote, new.market.buyer_pays(cost)


def _fee(order: Order, trade: Trade, is_maker: bool) -> tuple[Decimal, str]:
    """A fraction of what the order receives (or of the value), rounded down to the asset's precision."""
    market = order.market
    rate = market.maker_fee if is_maker else market.taker_fee
    if order.side is Side.BUY and not market.fee_in_quote:
        return floor_to(trade.amount * rate, market.base_quantum), market.base
    return floor_to(trade.price * trade.amount * rate, market.quote_quantum), market.quote
