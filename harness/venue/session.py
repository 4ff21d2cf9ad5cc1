"""The venue: accounts, orders, balances and events over the order manager and the ledger.

Every public method may be called from any thread: one lock serialises them, and listeners are told of a
whole operation's events, in order, before it is released. A listener must not block; it may read the venue.
"""

from __future__ import annotations

import functools
import math
import secrets
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from harness.venue.events import Listener
from harness.venue.ledger import OUTSIDE, OWN, LedgerRow, Reason
from harness.venue.market import Market, MarketKind, SelfTrade, is_multiple
from harness.venue.model import (
    KEY_LENGTHS,
    Account,
    Balance,
    BookView,
    Clock,
    Fill,
    NewOrder,
    Order,
    OrderEnd,
    Refusal,
    Side,
    Trade,
    VenueRefusal,
)
from harness.venue.operation import operation
from harness.venue.perpetual_session import PerpetualCalls
from harness.venue.state import AccountState, next_multiple


class Venue(PerpetualCalls):
    """A simulated exchange. The same seed, calls and clock give the same orders, trades and books.

    `lock` may be held to read, or to do, several things at one moment. Calls about positions, margin and
    funding are those of `PerpetualCalls`. What the clock makes due (orders good till a time, funding) happens
    at the next call of any method; `tick` is one that does nothing else.
    """

    def __init__(self, markets: Iterable[Market], seed: int, clock: Clock) -> None:
        super().__init__(markets, seed, clock)
        self._accounts: dict[str, Account] = {}
        self._keys: dict[str, Account] = {}
        self._markets = {(market.name, market.kind): market for market in self.markets}
        self._hidden: dict[int, float] = {}  # how often each order may still be asked for in vain

    @operation
    def number_from(self, origin: int, orders: int | None = None, *, trades_by_market: bool = False) -> None:
        """Look old: let the ids of trades and orders, and the books' numbers, go on from `origin`.

        `orders`: where the ids of orders go on from instead. `trades_by_market`: trades have ids that are
        unique in their market alone.
        """
        ids = origin if orders is None else orders
        self._order_manager.number_from(origin, ids, trades_by_market=trades_by_market)

    @operation
    def account(
        self, name: str, balances: Mapping[str, Decimal], key_lengths: tuple[int, int, int] = KEY_LENGTHS
    ) -> Account:
        """Open an account with fresh random keys and these deposits; the name must be new.

        `key_lengths` are those of its key, its secret and its passphrase.
        """
        if name in self._accounts or name in OWN:
            raise ValueError(f"account {name!r} exists")
        account = Account(name, *(_token(length) for length in key_lengths))
        self._accounts[name] = account
        self._keys[account.api_key] = account
        self._order_manager.account_states[name] = AccountState(name)
        for asset, amount in balances.items():
            self.deposit(account, asset, amount)
        return account

    @operation
    def deposit(self, account: Account, asset: str, amount: Decimal) -> None:
        """Credit an account from outside."""
        self._order_manager.postings.pay(asset, amount, OUTSIDE, account.name, Reason.DEPOSIT)

    @operation
    def withdraw(self, account: Account, asset: str, amount: Decimal) -> None:
        """Send to outside what is neither locked nor needed as margin; raises INSUFFICIENT_BALANCE."""
        free = self._order_manager.perpetuals.spendable(self._account_state(account), asset)
        if not 0 <= amount <= free:
            raise VenueRefusal(Refusal.INSUFFICIENT_BALANCE, f"{amount} {asset} of {free}")
        self._order_manager.postings.pay(asset, amount, account.name, OUTSIDE, Reason.WITHDRAWAL)

    @operation
    def pay_fees_with(self, account: Account, asset: str | None, discount: Decimal = Decimal("0.25")) -> None:
        """From now on pay spot fees in this asset, a fraction `discount` cheaper, valued at the last price of
        its market against the quote, as long as there is enough of it free. None: as the market has it."""
        account_state = self._account_state(account)
        account_state.fee_asset, account_state.fee_discount = asset, discount

    @operation
    def account_of_key(self, api_key: str) -> Account | None:
        return self._keys.get(api_key)

    @operation
    def accounts(self) -> tuple[Account, ...]:
        """Those whose keys are known, in the order in which they were opened."""
        return tuple(self._keys.values())

    @operation
    def revoke(self, account: Account) -> None:
        """From now on nobody knows the account's key."""
        self._keys.pop(account.api_key, None)

    @operation
    def balance(self, account: Account, asset: str) -> Balance:
        return self._order_manager.postings.ledger.balance(account.name, asset)

    @operation
    def balances(self, account: Account) -> tuple[Balance, ...]:
        """Of every asset the account ever held, by name."""
        return self._order_manager.postings.ledger.balances(account.name)

    @operation
    def ledger_rows(self, account: Account | None = None) -> tuple[LedgerRow, ...]:
        """The truth: everyone's rows, or an account's, oldest first."""
        return self._order_manager.postings.ledger.rows(None if account is None else account.name)

    @operation
    def ledger_totals(self) -> dict[str, Decimal]:
        """The sum of each asset over everyone, deposits' source included: zero, or the venue is broken."""
        return self._order_manager.postings.ledger.totals()

    @operation
    def place(self, account: Account, order: NewOrder) -> Order:
        """The order as it is after matching; raises `VenueRefusal` and then nothing has changed."""
        return self._order_manager.place(self._account_state(account), order).view()

    @operation
    def cancel(
        self,
        account: Account,
        order_id: int | None = None,
        client_order_id: str | None = None,
        request_id: str | None = None,
    ) -> Order:
        """Cancel an open order named by either id; raises UNKNOWN_ORDER or ORDER_NOT_OPEN.

        To replace an order by another (Binance's cancelReplace, Hyperliquid's modify), cancel and place while
        holding `lock`.
        """
        order = self._order_manager.find(self._account_state(account), order_id, client_order_id)
        return self._order_manager.cancel(order, request_id).view()

    @operation
    def end(self, account: Account, order_id: int) -> Order:
        """Take an open order off the book because the exchange wants it so; raises as `cancel` does."""
        order = self._order_manager.find(self._account_state(account), order_id, None)
        return self._order_manager.cancel(order, why=OrderEnd.BY_EXCHANGE).view()

    @operation
    def let_own_orders_meet(self, account: Account, rule: SelfTrade) -> None:
        """From now on this rule decides when an order of the account meets another of its own, where an
        order names none itself; a dialect's orders that name one keep it."""
        self._account_state(account).self_trade = rule

    @operation
    def amend(
        self,
        account: Account,
        order_id: int | None = None,
        client_order_id: str | None = None,
        *,
        price: Decimal | None = None,
        amount: Decimal | None = None,
        request_id: str | None = None,
    ) -> Order:
        """Change an open order's price, or its whole amount (base, with what is filled); ids stay.

        With the same price and no larger amount it keeps its place in the queue, else it goes to the end, and
        at a crossing price trades at once. Raises as `place` and `cancel` do, and then nothing has changed.
        """
        order = self._order_manager.find(self._account_state(account), order_id, client_order_id)
        return self._order_manager.amend(order, price, amount, request_id).view()

    @operation
    def order(
        self, account: Account, order_id: int | None = None, client_order_id: str | None = None
    ) -> Order:
        """The account's order as it is now; raises UNKNOWN_ORDER."""
        order = self._order_manager.find(self._account_state(account), order_id, client_order_id).view()
        if order.order_id in self._hidden:
            self._asked_in_vain(order.order_id)
            raise VenueRefusal(Refusal.UNKNOWN_ORDER, f"{account.name} has no order {order.order_id} yet")
        return order

    @operation
    def order_of(self, account: Account, fill: Fill) -> Order:
        """The order as it is now, hidden or not: who tells of a fill knows what it is of."""
        return self._order_manager.find(self._account_state(account), fill.order_id, None).view()

    @operation
    def orders(self, account: Account, market: Market | None = None) -> tuple[Order, ...]:
        """Every order the account ever placed, oldest first."""
        orders = self._account_state(account).orders
        return self._seen(order.view() for order in orders if market in (None, order.market_state.market))

    @operation
    def open_orders(self, account: Account, market: Market | None = None) -> tuple[Order, ...]:
        """Oldest first."""
        orders = self._account_state(account).open.values()
        return self._seen(order.view() for order in orders if market in (None, order.market_state.market))

    @operation
    def hide(self, order_id: int, questions: float = math.inf) -> None:
        """Let nobody look this order up until `show`, or until so many have asked for it, as an exchange does
        whose database lags; it trades."""
        self._hidden[order_id] = questions

    @operation
    def show(self, order_id: int) -> None:
        self._hidden.pop(order_id, None)

    def _asked_in_vain(self, order_id: int) -> None:
        self._hidden[order_id] -= 1
        if self._hidden[order_id] <= 0:
            del self._hidden[order_id]

    def _seen(self, orders: Iterable[Order]) -> tuple[Order, ...]:
        return tuple(order for order in orders if order.order_id not in self._hidden)

    @operation
    def fills(
        self, account: Account, market: Market | None = None, order_id: int | None = None
    ) -> tuple[Fill, ...]:
        """The account's fills, oldest first."""
        fills = self._account_state(account).fills
        return tuple(f for f in fills if market in (None, f.market) and order_id in (None, f.order_id))

    def market(self, name: str, kind: MarketKind | None = None) -> Market:
        """A market by its standard name, `BASE-QUOTE`, of one kind or of either (spot first); raises
        UNKNOWN_MARKET."""
        for wanted in MarketKind if kind is None else (kind,):
            if (name, wanted) in self._markets:
                return self._markets[name, wanted]
        raise VenueRefusal(Refusal.UNKNOWN_MARKET, name)

    @operation
    def book(self, market: Market, depth: int | None = None) -> BookView:
        market_state = self._order_manager.market_state(market)
        bids, asks = market_state.book.levels(Side.BUY, depth), market_state.book.levels(Side.SELL, depth)
        return BookView(market, bids, asks, market_state.sequence, self.clock.now())

    @operation
    def resting(self, market: Market) -> tuple[Order, ...]:
        """Everyone's orders on the book: bids, then asks, each side the best first."""
        book = self._order_manager.market_state(market).book
        numbers = [
            number
            for side in (Side.BUY, Side.SELL)
            for level in book.levels(side)
            for number in book.orders_at(side, level.price)
        ]
        return tuple(self._order_manager.orders[number].view() for number in numbers)

    @operation
    def trades(self, market: Market) -> tuple[Trade, ...]:
        """Every trade of the market, oldest first."""
        return tuple(self._order_manager.market_state(market).trades)

    @operation
    def last_price(self, market: Market) -> Decimal:
        """Of the last trade, or the market's reference price before the first."""
        return self._order_manager.market_state(market).last_price()

    @operation
    def halt(self, market: Market) -> None:
        """Refuse new orders on the market until `resume`."""
        self._order_manager.market_state(market).halted = True

    @operation
    def change_rules(self, market: Market) -> None:
        """From now on the market of these assets has these fees, steps, limits and funding intervals; open
        orders stay."""
        market_state = self._order_manager.market_state(market)
        before, market_state.market = market_state.market, market
        if market.funding_interval != before.funding_interval:
            market_state.next_funding_at = next_multiple(self.clock.now(), market.funding_interval)
            self._order_manager.due = min(self._order_manager.next_expiry(), self._funding.next_due())
        self.markets = tuple(market if each == market else each for each in self.markets)
        self._markets[market.name, market.kind] = market

    @operation
    def resume(self, market: Market) -> None:
        self._order_manager.market_state(market).halted = False

    @operation
    def is_halted(self, market: Market) -> bool:
        return self._order_manager.market_state(market).halted

    @operation
    def tick(self) -> None:
        """Let happen what the clock has made due."""

    @operation
    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` of everything from now on, in the causing thread; call the result to stop."""
        self._listeners.append(listener)
        self._order_manager.postings.listening = True
        return functools.partial(self._unsubscribe, listener)

    def _unsubscribe(self, listener: Listener) -> None:
        with self.lock:
            if listener in self._listeners:
                self._listeners.remove(listener)
            self._order_manager.postings.listening = bool(self._listeners)

    @operation
    def seed_book(self, market: Market, levels: int = 20, spread: Decimal | None = None) -> None:
        """Replace the others' quotes by `levels` a side around the middle; `spread` is in quote."""
        self._traders.seed_book(market, levels, spread)

    @operation
    def walk(self, steps: int, market: Market | None = None) -> None:
        """Let the others quote and trade `steps` times, never against an account's order; a perpetual's
        index price moves too."""
        for _ in range(steps):
            chosen = market if market is not None else self._traders.random.choice(self.markets)
            self._traders.walk(chosen)

    @operation
    def trade_at(self, market: Market, price: Decimal) -> None:
        """Let two of the others trade with each other at that price, before an account has orders."""
        self._traders.trade_at(market, price)

    @operation
    def set_level(self, market: Market, side: Side, price: Decimal, amount: Decimal) -> None:
        """Make the others' quotes at a price amount to `amount` (0: none); raises when it would cross."""
        self._traders.set_level(market, side, price, amount)

    @operation
    def fill(self, order_id: int, amount: Decimal | None = None) -> tuple[Fill, ...]:
        """Another trader crosses that open order for `amount` (base), or all that is left; its new fills."""
        order = self._order_manager.orders.get(order_id)
        if order is None:
            raise VenueRefusal(Refusal.UNKNOWN_ORDER, str(order_id))
        if not order.resting:
            raise VenueRefusal(Refusal.ORDER_NOT_OPEN, str(order_id))
        wanted, lot = order.remaining if amount is None else amount, order.market_state.market.lot_size
        if not 0 < wanted <= order.remaining or not is_multiple(wanted, lot):
            raise ValueError(f"{wanted} of order {order_id}: {order.remaining} is left, in lots of {lot}")
        before = len(order.account_state.fills)
        self._traders.fill(order, wanted)
        return tuple(f for f in order.account_state.fills[before:] if f.order_id == order_id)


def _token(length: int) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return "".join(secrets.choice(alphabet) for _ in range(length))
