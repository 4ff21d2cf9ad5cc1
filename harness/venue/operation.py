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
from harness.venue.order_manager import Desk
from harness.venue.state import Party
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
                if self._desk.due is not math.inf and self._desk.due <= self.clock.now():
                    self._run_due()
                result = method(self, *args, **kwargs)
                if self._desk.perpetuals.touched:
                    self._liquidations.run()
                return result
            finally:
                setcontext(before)
                if self._depth == 1 and self._desk.journal.events:
                    self._tell()
                self._depth -= 1

    return cast("Callable[Concatenate[V, P], R]", locked)


class Operated:
    """What every part of the venue stands on: the lock, the desk and the listeners."""

    def __init__(self, markets: Iterable[Market], seed: int, clock: Clock) -> None:
        self.markets = tuple(markets)
        self.clock = clock
        self.lock = threading.RLock()
        self._depth = 0
        self._listeners: list[Listener] = []
        with exactly():
            self._desk = Desk(self.markets, clock)
            self._funding = Funding(self._desk)
            self._liquidations = Liquidations(self._desk)
            self._traders = Traders(self._desk, self._funding, seed)
        self._desk.due = self._funding.next_due()

    def _party(self, account: Account) -> Party:
        return self._desk.parties[account.name]

    def _run_due(self) -> None:
        """What the clock has made due since the last call."""
        now = self.clock.now()
        self._desk.expire(now)
        self._funding.run_due(now)
        self._liquidations.run()
        self._desk.due = min(self._desk.next_expiry(), self._funding.next_due())

    def _tell(self) -> None:
        """A listener's own calls may append further events: they are told after these."""
        journal = self._desk.journal
        while journal.events:
            events, journal.events = journal.events, []
            for event in events:
                for listener in tuple(self._listeners):
                    listener(event)
