"""One WebSocket connection to KuCoin; what it carries depends on the topics subscribed to.

Source: www.kucoin.com/docs, "WebSocket" (level-2 market data, match execution data, private order change,
account balance change) and /docs-new/error-code/websocket.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from pydantic import JsonValue

from harness.venue.dialects.kucoin.pushes import balance_change, book_change, order_change, trade_print
from harness.venue.dialects.messages import Close, Frame, Outgoing
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.dialects.wire import Json, parsed
from harness.venue.events import BalanceChanged, BookChanged, Event, OrderChanged, TradePrinted
from harness.venue.market import Market
from harness.venue.model import Account
from harness.venue.session import Venue

BOOK, TRADES = "/market/level2", "/market/match"
ORDERS, BALANCES = "/spotMarket/tradeOrders", "/account/balance"
TOPICS = {
    BOOK: "stream:book",
    TRADES: "stream:trades",
    ORDERS: "stream:orders",
    BALANCES: "stream:balances",
}
PRIVATE = (ORDERS, BALANCES)
MOST_SYMBOLS = 100  # in one subscription


class KucoinSession(StreamSession):
    """A connection opened with a token of `account`, or a public one; `silence` ends it, in seconds."""

    def __init__(
        self,
        venue: Venue,
        account: Account | None,
        connect_id: str,
        on_close: Callable[[KucoinSession], None],
        silence: float,
    ) -> None:
        self.venue = venue
        self.account = account
        self.expired = False
        self._connect_id = connect_id
        self._on_close = on_close
        self._silence = silence
        self._symbols: defaultdict[str, set[str]] = defaultdict(set)
        self._private: set[str] = set()
        self._last_heard = venue.clock.now()
        self._elsewhere: list[Json] = []

    def tell_elsewhere(self, data: Json) -> None:
        """Of a balance of another account of the same user, at the next tick."""
        if self.account is not None and self._owns(BALANCES, self.account.name):
            self._elsewhere.append(data)

    def opened(self) -> Iterable[Outgoing]:
        yield Frame.of("stream:subscribe", {"id": self._connect_id, "type": "welcome"})

    def operation_of(self, message: str | bytes) -> str:
        return "stream:ping" if parsed(message).get("type") == "ping" else "stream:subscribe"

    def received(self, message: str | bytes) -> Iterable[Outgoing]:
        said = parsed(message)
        self._last_heard = self.venue.clock.now()
        identifier = said.get("id")
        match said.get("type"):
            case "ping":
                yield Frame.of("stream:ping", {"id": identifier, "type": "pong"})
            case "subscribe" | "unsubscribe" as action:
                yield from self._subscribe(said, wanted=action == "subscribe")
            case other:
                yield _error(identifier, 415, f"type {other} is not supported")

    def _subscribe(self, said: Json, *, wanted: bool) -> Iterable[Outgoing]:
        identifier = said.get("id")
        name, _, listed = str(said.get("topic") or "").partition(":")
        symbols = set(listed.split(",")) if listed else set()
        error = self._topic_error(name, symbols)
        if error is not None:
            yield _error(identifier, *error)
            return
        for chosen, given in ((self._private, {name}), (self._symbols[name], symbols)):
            if chosen is not self._private or name in PRIVATE:
                (chosen.update if wanted else chosen.difference_update)(given)
        if said.get("response"):
            yield Frame.of("stream:subscribe", {"id": identifier, "type": "ack"})

    def _topic_error(self, name: str, symbols: set[str]) -> tuple[int, str] | None:
        if not name:
            return 406, "topic is required"
        if name not in TOPICS:
            return 404, f"topic {name} does not exist"
        if name in PRIVATE:
            return None if self.account else (403, "login is required")
        if len(symbols) > MOST_SYMBOLS:
            return 509, "exceed max subscription count limitation of 100 per time"
        unknown = symbols - {market.name for market in self.venue.markets}
        if unknown or not symbols:
            return 404, f"topic {name}:{','.join(sorted(unknown))} does not exist"
        return None

    def carries(self) -> frozenset[str]:
        public = {topic for topic, symbols in self._symbols.items() if symbols}
        return frozenset(TOPICS[topic] for topic in public | self._private)

    def venue_event(self, event: Event) -> Iterable[Outgoing]:
        match event:
            case BookChanged() if self._listens(BOOK, event.market):
                yield self._push(BOOK, "trade.l2update", book_change(event), event.market)
            case TradePrinted() if self._listens(TRADES, event.trade.market):
                yield self._push(TRADES, "trade.l3match", trade_print(event), event.trade.market)
            case OrderChanged() if self._owns(ORDERS, event.order.account):
                for data in order_change(event):
                    yield self._push(ORDERS, "orderChange", data)
            case BalanceChanged() if self.account and self._owns(BALANCES, event.account):
                rows = self.venue.ledger_rows(self.account)
                for data in balance_change(event, rows):
                    yield self._push(BALANCES, "account.balance", data)

    def _listens(self, topic: str, market: Market) -> bool:
        return market.name in self._symbols[topic]

    def _owns(self, topic: str, account: str) -> bool:
        return topic in self._private and self.account is not None and self.account.name == account

    def _push(self, topic: str, subject: str, data: Json, market: Market | None = None) -> Frame:
        full = topic if market is None else f"{topic}:{market.name}"
        message: Json = {"type": "message", "topic": full, "subject": subject, "data": data}
        if topic in PRIVATE:
            message["channelType"] = "private"
        return Frame.of(TOPICS[topic], message)

    def tick(self, now: float) -> Iterable[Outgoing]:
        while self._elsewhere:
            yield self._push(BALANCES, "account.balance", self._elsewhere.pop(0))
        if self.expired:
            yield Close(1000, "token is expired")
        elif now - self._last_heard > self._silence:
            yield Close(1000, "ping timeout")

    def closed(self) -> None:
        self._on_close(self)


def _error(identifier: JsonValue, code: int, data: str) -> Frame:
    return Frame.of("stream:subscribe", {"id": identifier, "type": "error", "code": code, "data": data})
