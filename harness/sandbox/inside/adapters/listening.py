"""What a connector tells of by itself: its own events, and the public trades that reach its order books."""

import asyncio
import importlib
from typing import Any, Dict, List, Optional

from .. import virtual_time
from .calls import Part

MAX_EVENTS = 20000


class Listening(Part):
    """A part of an adapter: keeps what was told, each with the virtual time at which it was."""

    def __init__(self) -> None:
        super().__init__()
        self._listeners: List[Any] = []
        self._events: List[Dict[str, Any]] = []
        self._trades: List[Dict[str, Any]] = []
        self._news: Optional[asyncio.Event] = None
        self._hears_trades = False

    def _listen(self) -> None:
        self._news = asyncio.Event()
        events = importlib.import_module("hummingbot.core.event.events")
        forwarder = importlib.import_module("hummingbot.core.event.event_forwarder").EventForwarder
        for kind in events.MarketEvent:
            listener = forwarder(lambda event, kind=kind: self._happened(kind.name, event))
            self._connector.add_listener(kind, listener)
            self._listeners.append(listener)

    def _happened(self, kind: str, event: Any) -> None:
        if len(self._events) < MAX_EVENTS:
            self._events.append({"at": virtual_time.now(), "kind": kind, "data": event})
        if self._news is not None:
            self._news.set()

    def _listen_to_trades(self) -> None:
        if self._hears_trades:
            return
        self._hears_trades = True
        kind = importlib.import_module("hummingbot.core.event.events").OrderBookEvent.TradeEvent
        forwarder = importlib.import_module("hummingbot.core.event.event_forwarder").EventForwarder
        for book in self._connector.order_books.values():
            listener = forwarder(self._traded)
            book.add_listener(kind, listener)
            self._listeners.append(listener)

    def _traded(self, trade: Any) -> None:
        if len(self._trades) < MAX_EVENTS:
            self._trades.append({"at": virtual_time.now(), "data": trade})

    async def events(self, since: int = 0, wait_for: float = 0.0) -> List[Dict[str, Any]]:
        """Events from number `since` on; with none yet, waits up to `wait_for` for one."""
        deadline = virtual_time.now() + wait_for
        while len(self._events) <= since and self._news is not None:
            left = deadline - virtual_time.now()
            if left <= 0:
                break
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), left)
            except asyncio.TimeoutError:
                break
        return self._events[since : since + 1000]

    def trades(self, since: int = 0) -> List[Dict[str, Any]]:
        """Public trades that reached the order books since ready."""
        return self._trades[since:]
