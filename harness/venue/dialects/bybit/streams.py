"""Bybit's WebSockets: public ones by category, and the private one behind an `auth` frame.

Source: bybit-exchange.github.io/docs/v5/ (ws/connect, websocket/public, websocket/private).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from pydantic import JsonValue

from harness.venue.dialects.book_feed import BookDiff, BookFeed
from harness.venue.dialects.bybit.codec import execution
from harness.venue.dialects.decimals import plain
from harness.venue.dialects.messages import Close, Frame, Outgoing
from harness.venue.dialects.signing import hmac_hex, same
from harness.venue.dialects.topics import Topic, TopicSession
from harness.venue.dialects.wire import Json, ms, parsed, rows
from harness.venue.events import BalanceChanged, BookChanged, Event, OrderChanged, TradePrinted
from harness.venue.model import Fill, Side

if TYPE_CHECKING:
    from harness.venue.dialects.bybit.v5 import BybitV5

CONNECTION = "2324d924-aa4d-45b0-a858-7b8be29ab52b"
PUBLIC = {"orderbook": "stream:book", "publicTrade": "stream:trades", "tickers": "stream:ticker"}
PRIVATE = {
    "order": "stream:orders",
    "execution": "stream:fills",
    "wallet": "stream:balances",
    "position": "stream:positions",
}
INTERVALS = {"1": 0.01, "50": 0.02, "200": 0.1, "1000": 0.2}  # seconds, by depth
SILENCE = 600.0  # seconds without a ping or another message of the client's


class _Session(TopicSession):
    """Subscriptions by topic name, and pings."""

    kinds: ClassVar[Mapping[str, str]] = MappingProxyType({})
    most_topics: ClassVar[int | None] = None  # of one request; None: as many as it can hold
    silence = SILENCE

    def __init__(self, exchange: BybitV5) -> None:
        super().__init__(exchange.venue)
        self.exchange = exchange

    def operation_of(self, message: str | bytes) -> str:
        operations = {"ping": "stream:ping", "auth": "stream:login"}
        return operations.get(str(parsed(message).get("op")), "stream:subscribe")

    def said(self, message: str | bytes) -> Iterable[Outgoing]:
        said = parsed(message)
        listed = said.get("args")
        wanted = listed if isinstance(listed, list) else []
        match said.get("op"):
            case "ping":
                yield self.pong(said)
            case "auth":
                yield self.log_in(said, wanted)
            case "subscribe" | "unsubscribe" as action:
                yield from self._ask(said, action, [str(name) for name in wanted])
            case other:
                yield self._reply(said, str(other), success=False, text=f"unknown op: {other}")

    def _ask(self, said: Json, action: str, names: list[str]) -> Iterable[Outgoing]:
        topics = [self.topic(name) for name in names]
        if self.most_topics is not None and len(names) > self.most_topics:
            yield self._reply(said, action, success=False, text=f"args size > {self.most_topics}")
            return
        if not topics or None in topics:
            yield self._reply(said, action, success=False, text=f"Invalid topic: {names}")
            return
        for topic in topics:
            if topic is not None:
                (self.subscribe if action == "subscribe" else self.unsubscribe)(topic)
        yield self._reply(said, action, success=True, text=action)
        if action == "subscribe":
            for topic in topics:
                yield from self.begun(topic) if topic is not None else ()

    def topic(self, name: str) -> Topic | None:
        raise NotImplementedError

    def begun(self, topic: Topic) -> Iterable[Outgoing]:
        """What a new subscription is told first."""
        return ()

    def pong(self, said: Json) -> Frame:
        told: Json = {"success": True, "ret_msg": "pong", "conn_id": CONNECTION, "op": "ping"}
        return Frame.of("stream:ping", {**told, "req_id": said.get("req_id", "")})

    def log_in(self, said: Json, given: list[JsonValue]) -> Frame:
        return self._reply(said, "auth", success=False, text="auth is not needed on public topics")

    def _reply(self, said: Json, action: str, *, success: bool, text: str) -> Frame:
        told: Json = {"success": success, "ret_msg": text, "conn_id": CONNECTION, "op": action}
        operation = "stream:login" if action == "auth" else "stream:subscribe"
        return Frame.of(operation, {**told, "req_id": said.get("req_id", "")})


class PublicSession(_Session):
    """Books, trades and tickers of one category."""

    kinds = MappingProxyType(PUBLIC)
    most_topics: ClassVar[int | None] = 10  # on spot ("Public channel - Args limits", ws/connect)

    def __init__(self, exchange: BybitV5) -> None:
        super().__init__(exchange)
        self._feed = BookFeed()

    def topic(self, name: str) -> Topic | None:
        kind, *rest = name.split(".")
        market = self.exchange.market_of(rest[-1]) if rest else None
        depth = rest[0] if kind == "orderbook" and len(rest) == 2 else ""
        if kind not in PUBLIC or market is None or (kind == "orderbook" and depth not in INTERVALS):
            return None
        return Topic(PUBLIC[kind], market, name, depth)

    def begun(self, topic: Topic) -> Iterable[Outgoing]:
        if topic.market is None:
            return
        if topic.operation == "stream:book":
            self._feed.drop(topic)
            book = self.venue.book(topic.market, int(topic.detail))
            told: Json = {
                "s": self.exchange.symbol(topic.market), "b": rows(book.bids, plain),
                "a": rows(book.asks, plain), "u": book.sequence, "seq": book.sequence,
            }  # fmt: skip
            yield self.push(topic, "snapshot", told)
        elif topic.operation == "stream:ticker":
            yield self.push(topic, "snapshot", self.exchange.ticker(topic.market))

    def book_changed(self, topic: Topic, event: BookChanged) -> Iterable[Outgoing]:
        self._feed.add(topic, INTERVALS[topic.detail], event)
        return ()

    def trade_printed(self, topic: Topic, event: TradePrinted) -> Iterable[Outgoing]:
        trade = event.trade
        told: Json = {
            "T": ms(trade.at), "s": self.exchange.symbol(trade.market), "S": trade.taker_side.value.title(),
            "v": plain(trade.amount), "p": plain(trade.price), "L": "PlusTick", "i": str(trade.trade_id),
            "BT": False, "seq": trade.trade_id,
        }  # fmt: skip
        yield self.push(topic, "snapshot", [told])

    def otherwise(self, topic: Topic, event: Event) -> Iterable[Outgoing]:
        if isinstance(event, TradePrinted) and (
            (topic.operation, topic.market) == ("stream:ticker", event.trade.market)
        ):
            yield self.push(topic, "snapshot", self.exchange.ticker(event.trade.market))

    def due(self, now: float) -> Iterable[Outgoing]:
        live = set(self.topics("stream:book"))
        for topic, diff in self._feed.due(now):
            if isinstance(topic, Topic) and topic in live:
                yield self._diff(topic, diff)

    def _diff(self, topic: Topic, diff: BookDiff) -> Frame:
        if topic.detail == "1":  # always told whole
            book = self.venue.book(diff.market, 1)
            bids, asks = rows(book.bids, plain), rows(book.asks, plain)
        else:
            bids, asks = diff.rows(Side.BUY, plain), diff.rows(Side.SELL, plain)
        told: Json = {
            "s": self.exchange.symbol(diff.market), "b": bids, "a": asks, "u": diff.last, "seq": diff.last,
        }  # fmt: skip
        return self.push(topic, "snapshot" if topic.detail == "1" else "delta", told)

    def push(self, topic: Topic, kind: str, data: JsonValue) -> Frame:
        now = ms(self.venue.clock.now())
        return Frame.of(
            topic.operation, {"topic": topic.name, "type": kind, "ts": now, "data": data, "cts": now}
        )


class PrivateSession(_Session):
    """Orders, executions, wallet and positions of the account that has logged in. `expired` ends it."""

    kinds = MappingProxyType(PRIVATE)

    def __init__(self, exchange: BybitV5, on_close: Callable[[PrivateSession], None]) -> None:
        super().__init__(exchange)
        self.expired = False
        self._on_close = on_close

    def topic(self, name: str) -> Topic | None:
        kind = name.partition(".")[0]
        return Topic(PRIVATE[kind], None, name) if kind in PRIVATE and self.account is not None else None

    def pong(self, said: Json) -> Frame:
        now = str(ms(self.venue.clock.now()))
        told: Json = {"op": "pong", "args": [now], "conn_id": CONNECTION, "req_id": said.get("req_id", "")}
        return Frame.of("stream:ping", told)

    def log_in(self, said: Json, given: list[JsonValue]) -> Frame:
        """Arguments: key, when the request expires (milliseconds), signature."""
        key, expires, sign = (str(item) for item in (*given, "", "", "")[:3])
        account = self.venue.account_of_key(key)
        if account is None:
            return self._reply(said, "auth", success=False, text="API key is invalid.")
        late = not expires.isdigit() or int(expires) < ms(self.heard_at - self.exchange.slack)
        if late or not same(hmac_hex(account.api_secret, f"GET/realtime{expires}"), sign):
            return self._reply(said, "auth", success=False, text="Params Error")
        self.account = account
        return self._reply(said, "auth", success=True, text="")

    def order_changed(self, topic: Topic, event: OrderChanged) -> Iterable[Outgoing]:
        if self.account is not None:
            yield self.push(topic, [self.exchange.order(self.account, event.order)])

    def otherwise(self, topic: Topic, event: Event) -> Iterable[Outgoing]:
        match event:
            case OrderChanged(order=order, fill=Fill() as fill) if topic.operation == "stream:fills":
                if self._owns(fill.account):
                    yield self.push(topic, [execution(fill, order, self.exchange.category)])

    def balance_changed(self, topic: Topic, event: BalanceChanged) -> Iterable[Outgoing]:
        if self.account is not None:
            yield self.push(topic, [self.exchange.wallet_data(self.account, event.balances)])

    def push(self, topic: Topic, data: list[JsonValue]) -> Frame:
        now = self.venue.clock.now()
        told: Json = {
            "id": f"{CONNECTION}:{ms(now)}",
            "topic": topic.name,
            "creationTime": ms(now),
            "data": data,
        }
        return Frame.of(topic.operation, told)

    def due(self, now: float) -> Iterable[Outgoing]:
        if self.expired:
            yield Close(1000, "")

    def closed(self) -> None:
        self._on_close(self)
