"""One call of the venue: one at a time, reckoned exactly, told whole."""

from __future__ import annotations

import functools
import math
import threading
from collections.abc import Callable, Iterable
from decimal import getcontext, setcontext
from typing import Concatenate, ParamSpec, TypeVar, cast

from harness.venue.events import Listener
from harness.venue.funding import Funding
from harness.venue.ledger import EXACT, exactly
from harness.venue.liquidation import Liquidations
from harness.venue.market import Market
from harness.venue.model import Account, Clock
from harness.venue.order_manager import OrderManager
from harness.venue.state import AccountState
from harness.venue.traders import Traders

P = ParamSpec("P")
R = TypeVar("R")
V = TypeVar("V", bound="Operated")


def operation(method: Callable[Concatenate[V, P], R]) -> Callable[Concatenate[V, P], R]:
    """Hold the lock, reckon exactly, and tell listeners when the outermost call is done.

    What the clock has made due (expiries, funding) happens before, what trades made due (liquidations) after.
    """

    @functools.wraps(method)
    def locked(self: V, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.lock:
            before = getcontext()
            setcontext(EXACT)
            self._depth += 1
            try:
                if self._order_manager.due is not math.inf and self._order_manager.due <= self.clock.now():
                    self._run_due()
                result = method(self, *args, **kwargs)
                if self._order_manager.perpetuals.touched:
                    self._liquidations.run()
                return result
            finally:
                setcontext(before)
                if self._depth == 1 and self._order_manager.postings.events:
                    self._tell()
                self._depth -= 1

    return cast("Callable[Concatenate[V, P], R]", locked)


class Operated:
    """What every part of the venue stands on: the lock, the order manager and the listeners."""

    def __init__(self, markets: Iterable[Market], seed: int, clock: Clock) -> None:
        self.markets = tuple(markets)
        self.clock = clock
        self.lock = threading.RLock()
        self._depth = 0
        self._listeners: list[Listener] = []
        with exactly():
            self._order_manager = OrderManager(self.markets, clock)
            self._funding = Funding(self._order_manager)
            self._liquidations = Liquidations(self._order_manager)
            self._traders = Traders(self._order_manager, self._funding, seed)
        self._order_manager.due = self._funding.next_due()

    def _account_state(self, account: Account) -> AccountState:
        return self._order_manager.account_states[account.name]

    def _run_due(self) -> None:
        """What the clock has made due since the last call."""
        now = self.clock.now()
        self._order_manager.expire(now)
        self._funding.run_due(now)
        self._liquidations.run()
        self._order_manager.due = min(self._order_manager.next_expiry(), self._funding.next_due())

    def _tell(self) -> None:
        """A listener's own calls may append further events: they are told after these."""
        postings = self._order_manager.postings
        while postings.events:
            events, postings.events = postings.events, []
            for event in events:
                for listener in tuple(self._listeners):
                    listener(event)
