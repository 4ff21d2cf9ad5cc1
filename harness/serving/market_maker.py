"""A small market-making strategy: one order on each side at the best price, replaced every few seconds.

It asks the connector in the sandbox for orders, as Hummingbot's own strategies do, and reads what that says.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from harness.driving.claims import Balance, EventView, LogLine, OrderView, PositionView
from harness.driving.rpc_client import ConnectorError
from harness.scenarios.played import NotReady, start
from harness.scenarios.played.order_life import Life, size, submit
from harness.scenarios.rig import Rig
from harness.venue.market import Market
from harness.venue.model import BookView, Side

REFRESH = 8.0  # seconds between two rounds of quotes
LOOK = 1.0  # seconds between two questions to the connector
CANCELLED = 5.0  # seconds that a cancellation may take
MOST_TOLD = 12  # events, and log lines


@dataclass(frozen=True)
class Told:
    """What the connector says of itself. Nothing of it is ours; the exchange's own books are beside it.

    `top` is its best bid and ask, None where it has none. `trouble` says why the strategy has ended early.
    """

    state: str = "it is starting"
    top: tuple[Decimal | None, Decimal | None] = (None, None)
    balances: Mapping[str, Balance] = field(default_factory=lambda: MappingProxyType({}))
    orders: Mapping[str, OrderView] = field(default_factory=lambda: MappingProxyType({}))
    positions: tuple[PositionView, ...] = ()
    events: tuple[EventView, ...] = ()
    warnings: tuple[LogLine, ...] = ()
    fills: int = 0
    trouble: str = ""


class MarketMaker:
    """Trades on `rig` until told to stop; `told` is replaced whole, so other threads may read it."""

    def __init__(self, rig: Rig) -> None:
        self.told = Told()
        self._rig = rig
        self._quotes: list[Life] = []

    def run(self, stop: threading.Event) -> None:
        """Start the connector, quote until `stop`, then cancel everything and stop the connector."""
        try:
            start(self._rig)
            while not stop.is_set():
                self._refresh()
                self._look_for(REFRESH, stop)
            self._end()
        except NotReady as error:
            self._trouble(f"The connector {error}.")
        except ConnectorError as error:
            self._trouble(f"The connector broke off: {error}")

    def _refresh(self) -> None:
        self._withdraw()
        for side in Side:
            price = best_price(self._rig.venue.book(self._rig.market, 1), self._rig.market, side)
            self._quotes.append(submit(self._rig, side, size(self._rig), price))

    def _withdraw(self) -> None:
        tracked = self._rig.connector.orders()
        for life in self._quotes:
            if life.order_id in tracked:
                self._rig.connector.cancel(life.order_id)
        self._rig.eventually(lambda: not self._rig.venue.open_orders(self._rig.account), CANCELLED)
        self._quotes.clear()

    def _look_for(self, seconds: float, stop: threading.Event) -> None:
        for _ in range(round(seconds / LOOK)):
            self._look()
            if stop.wait(self._rig.clock.real_seconds(LOOK)):
                return

    def _look(self, state: str = "it is trading") -> None:
        connector = self._rig.connector
        book = connector.book(self._rig.pair, 1)
        events, logs = connector.events(), connector.logs()
        self.told = Told(
            state=state,
            top=tuple(side[0][0] if side else None for side in (book.bids, book.asks)),  # type: ignore[arg-type]
            balances=connector.balances(),
            orders=connector.orders(),
            positions=connector.positions() if self._rig.market.perpetual else (),
            events=events[::-1][:MOST_TOLD],
            warnings=tuple(each for each in logs[::-1] if each.level in ("WARNING", "ERROR"))[:MOST_TOLD],
            fills=sum(each.kind == "OrderFilled" for each in events),
        )

    def _end(self) -> None:
        self._withdraw()
        self._look("it has stopped")
        self._rig.connector.stop()

    def _trouble(self, why: str) -> None:
        with suppress(ConnectorError):
            self._look("it has ended")
        self.told = Told(**{**vars(self.told), "state": "it has ended", "trouble": why})


def best_price(book: BookView, market: Market, side: Side) -> Decimal:
    """A tick better than the best price where that crosses nothing, else the best price itself."""
    bid, ask = book.bids[0].price, book.asks[0].price
    step = market.tick_size if ask - bid > 2 * market.tick_size else Decimal(0)
    return bid + step if side is Side.BUY else ask - step
