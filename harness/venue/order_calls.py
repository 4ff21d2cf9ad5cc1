"""The venue's calls about an account's orders and fills: placed, changed, ended, looked up."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal

from harness.venue.market import Market, SelfTrade
from harness.venue.model import Account, Clock, Fill, NewOrder, Order, OrderEnd, Refusal, VenueRefusal
from harness.venue.operation import Operated, operation


class OrderCalls(Operated):
    """A part of `Venue`."""

    def __init__(self, markets: Iterable[Market], seed: int, clock: Clock) -> None:
        super().__init__(markets, seed, clock)
        self._hidden: dict[int, float] = {}  # how often each order may still be asked for in vain

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
