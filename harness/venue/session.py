"""The venue: accounts, orders, balances and events over the engine and the ledger.

Every public method may be called from any thread: one lock serialises them, and listeners are told of a
whole operation's events, in order, before it is released. A listener must not block; it may read the venue.
"""

from __future__ import annotations

import functools
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal, localcontext
from typing import Concatenate, ParamSpec, TypeVar, cast

from harness.venue.desk import Desk
from harness.venue.events import Listener
from harness.venue.ledger import EXACT, OUTSIDE, OWN, Bucket, LedgerRow, move
from harness.venue.market import Market, is_multiple
from harness.venue.model import (
    Account,
    Balance,
    BookView,
    Clock,
    Fill,
    NewOrder,
    Order,
    Refusal,
    Side,
    Trade,
    VenueRefusal,
)
from harness.venue.traders import Traders

P = ParamSpec("P")
R = TypeVar("R")


def _public(method: Callable[Concatenate[Venue, P], R]) -> Callable[Concatenate[Venue, P], R]:
    """Hold the lock, reckon exactly, and tell listeners when the outermost call is done."""

    @functools.wraps(method)
    def locked(self: Venue, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.lock, self._operation(), localcontext(EXACT):
            return method(self, *args, **kwargs)

    return cast("Callable[Concatenate[Venue, P], R]", locked)


class Venue:
    """A simulated exchange. The same seed, calls and clock give the same orders, trades and books.

    `lock` may be held to read several things at one moment.
    """

    def __init__(self, markets: Iterable[Market], seed: int, clock: Clock) -> None:
        self.markets = tuple(markets)
        self.clock = clock
        self.lock = threading.RLock()
        self._depth = 0
        self._listeners: list[Listener] = []
        self._accounts: dict[str, Account] = {}
        self._keys: dict[str, Account] = {}
        with localcontext(EXACT):
            self._desk = Desk(self.markets, clock)
            self._traders = Traders(self._desk, seed)
            self._desk.events.clear()

    @contextmanager
    def _operation(self) -> Iterator[None]:
        self._depth += 1
        try:
            yield
        finally:
            if self._depth == 1:
                self._tell()
            self._depth -= 1

    def _tell(self) -> None:
        # A listener's own calls may append further events: they are told after these.
        while self._desk.events:
            events, self._desk.events = self._desk.events, []
            for event in events:
                for listener in tuple(self._listeners):
                    listener(event)

    # -- accounts

    @_public
    def account(self, name: str, balances: Mapping[str, Decimal]) -> Account:
        """Open an account with fresh random keys and these deposits; the name must be new."""
        if name in self._accounts or name in OWN:
            raise ValueError(f"account {name!r} exists")
        account = Account(name, _token(64), _token(64), _token(16))
        self._accounts[name] = account
        self._keys[account.api_key] = account
        for asset, amount in balances.items():
            self.deposit(account, asset, amount)
        return account

    @_public
    def deposit(self, account: Account, asset: str, amount: Decimal) -> None:
        """Credit an account from outside."""
        self._desk.post(move(asset, amount, (OUTSIDE, Bucket.FREE), (account.name, Bucket.FREE)), "deposit")

    @_public
    def account_of_key(self, api_key: str) -> Account | None:
        return self._keys.get(api_key)

    @_public
    def revoke(self, account: Account) -> None:
        """From now on nobody knows the account's key."""
        self._keys.pop(account.api_key, None)

    @_public
    def balance(self, account: Account, asset: str) -> Balance:
        return self._desk.ledger.balance(account.name, asset)

    @_public
    def balances(self, account: Account) -> tuple[Balance, ...]:
        """Of every asset the account ever held, by name."""
        return self._desk.ledger.balances(account.name)

    @_public
    def ledger_rows(self, account: Account | None = None) -> tuple[LedgerRow, ...]:
        """The truth: everyone's rows, or an account's, oldest first."""
        return self._desk.ledger.rows(None if account is None else account.name)

    @_public
    def ledger_totals(self) -> dict[str, Decimal]:
        """The sum of each asset over everyone, deposits' source included: zero, or the venue is broken."""
        return self._desk.ledger.totals()

    # -- orders

    @_public
    def place(self, account: Account, order: NewOrder) -> Order:
        """The order as it is after matching; raises `VenueRefusal` and then nothing has changed."""
        return self._desk.place(account.name, order)

    @_public
    def cancel(
        self,
        account: Account,
        order_id: int | None = None,
        client_order_id: str | None = None,
        request_id: str | None = None,
    ) -> Order:
        """Cancel an open order named by either id; raises UNKNOWN_ORDER or ORDER_NOT_OPEN."""
        return self._desk.cancel(self._desk.find(account.name, order_id, client_order_id), request_id)

    @_public
    def order(
        self, account: Account, order_id: int | None = None, client_order_id: str | None = None
    ) -> Order:
        """The account's order as it is now; raises UNKNOWN_ORDER."""
        return self._desk.find(account.name, order_id, client_order_id)

    @_public
    def orders(self, account: Account, market: Market | None = None) -> tuple[Order, ...]:
        """Every order the account ever placed, oldest first."""
        orders = (self._desk.orders[number] for number in self._desk.order_ids[account.name])
        return tuple(order for order in orders if market in (None, order.market))

    @_public
    def open_orders(self, account: Account, market: Market | None = None) -> tuple[Order, ...]:
        return tuple(o for o in self.orders(account, market) if o.status.live)

    @_public
    def fills(
        self, account: Account, market: Market | None = None, order_id: int | None = None
    ) -> tuple[Fill, ...]:
        """The account's fills, oldest first."""
        fills = self._desk.fills[account.name]
        return tuple(f for f in fills if market in (None, f.market) and order_id in (None, f.order_id))

    # -- market data

    def market(self, name: str) -> Market:
        """A market by its standard name, `BASE-QUOTE`; raises UNKNOWN_MARKET."""
        for market in self.markets:
            if market.name == name:
                return market
        raise VenueRefusal(Refusal.UNKNOWN_MARKET, name)

    @_public
    def book(self, market: Market, depth: int | None = None) -> BookView:
        book = self._desk.book(market)
        sequence = self._desk.sequences[market]
        bids, asks = book.levels(Side.BUY, depth), book.levels(Side.SELL, depth)
        return BookView(market, bids, asks, sequence, self.clock.now())

    @_public
    def trades(self, market: Market) -> tuple[Trade, ...]:
        """Every trade of the market, oldest first."""
        return tuple(self._desk.trades[market])

    @_public
    def last_price(self, market: Market) -> Decimal:
        """Of the last trade, or the market's reference price before the first."""
        return self._desk.going_price(market)

    @_public
    def halt(self, market: Market) -> None:
        """Refuse new orders on the market until `resume`."""
        self._desk.halted.add(market)

    @_public
    def resume(self, market: Market) -> None:
        self._desk.halted.discard(market)

    @_public
    def is_halted(self, market: Market) -> bool:
        return market in self._desk.halted

    # -- events

    @_public
    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` of everything from now on, in the causing thread; call the result to stop."""
        self._listeners.append(listener)
        return functools.partial(self._unsubscribe, listener)

    def _unsubscribe(self, listener: Listener) -> None:
        with self.lock:
            if listener in self._listeners:
                self._listeners.remove(listener)

    # -- the other traders, for checks

    @_public
    def seed_book(self, market: Market, levels: int = 20, spread: Decimal | None = None) -> None:
        """Replace the others' quotes by `levels` a side around the middle; `spread` is in quote."""
        self._traders.seed_book(market, levels, spread)

    @_public
    def walk(self, steps: int, market: Market | None = None) -> None:
        """Let the others quote and trade `steps` times, never against an account's order."""
        for _ in range(steps):
            chosen = market if market is not None else self._traders.random.choice(self.markets)
            self._traders.walk(chosen)

    @_public
    def set_level(self, market: Market, side: Side, price: Decimal, amount: Decimal) -> None:
        """Make the others' quotes at a price amount to `amount` (0: none); raises when it would cross."""
        self._traders.set_level(market, side, price, amount)

    @_public
    def fill(self, order_id: int, amount: Decimal | None = None) -> tuple[Fill, ...]:
        """Another trader crosses that open order for `amount` (base), or all that is left; its new fills."""
        order = self._desk.orders.get(order_id)
        if order is None:
            raise VenueRefusal(Refusal.UNKNOWN_ORDER, str(order_id))
        if not order.status.live:
            raise VenueRefusal(Refusal.ORDER_NOT_OPEN, str(order_id))
        wanted, lot = order.remaining if amount is None else amount, order.market.lot_size
        if not 0 < wanted <= order.remaining or not is_multiple(wanted, lot):
            raise ValueError(f"{wanted} of order {order_id}: {order.remaining} is left, in lots of {lot}")
        before = len(self._desk.fills[order.account])
        self._traders.fill(order, wanted)
        return tuple(f for f in self._desk.fills[order.account][before:] if f.order_id == order_id)


def _token(length: int) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return "".join(secrets.choice(alphabet) for _ in range(length))
