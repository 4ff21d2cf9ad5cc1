"""The venue: accounts, orders, balances and events over the order manager and the ledger.

Every public method may be called from any thread: one lock serialises them, and listeners are told of a
whole operation's events, in order, before it is released. A listener must not block; it may read the venue.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from harness.venue.account_calls import AccountCalls
from harness.venue.events import Listener
from harness.venue.market_calls import MarketCalls
from harness.venue.operation import operation
from harness.venue.order_calls import OrderCalls
from harness.venue.perpetual_calls import PerpetualCalls


class Venue(AccountCalls, OrderCalls, MarketCalls, PerpetualCalls):
    """A simulated exchange. The same seed, calls and clock give the same orders, trades and books.

    `lock` may be held to read, or to do, several things at one moment. What the clock makes due (orders good
    till a time, funding) happens at the next call of any method; `tick` is one that does nothing else.
    """

    @operation
    def number_from(self, origin: int, orders: int | None = None, *, trades_by_market: bool = False) -> None:
        """Look old: let the ids of trades and orders, and the books' numbers, go on from `origin`.

        `orders`: where the ids of orders go on from instead. `trades_by_market`: trades have ids that are
        unique in their market alone.
        """
        ids = origin if orders is None else orders
        self._order_manager.number_from(origin, ids, trades_by_market=trades_by_market)

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
