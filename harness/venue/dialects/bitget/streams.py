"""WebSocket connections to Bitget: one kind for the market, one for an account.

Source: www.bitget.com/api-doc/common/websocket-intro, www.bitget.com/api-doc/spot/websocket/ (public: depth,
trades, tickers; private: account, fill, order channels).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from pydantic import JsonValue

from harness.venue.dialects.base import Close, Frame, Outgoing
from harness.venue.dialects.bitget.codec import STATUS, balance, fee_of, force, public_trade, size
from harness.venue.dialects.book_feed import BookFeed
from harness.venue.dialects.checksums import interleaved
from harness.venue.dialects.decimals import plain
from harness.venue.dialects.signing import hmac_base64, same
from harness.venue.dialects.topics import Topic, TopicSession
from harness.venue.dialects.wire import Json, ms, parsed, rows
from harness.venue.events import BalanceChanged, BookChanged, Event, OrderChanged, TradePrinted
from harness.venue.model import ZERO, BookView, Fill, Level, Order, Side

if TYPE_CHECKING:
    from harness.venue.dialects.bitget.exchange import Bitget

PUBLIC = {
    "books": "stream:book", "books1": "stream:book", "books5": "stream:book", "books15": "stream:book",
    "trade": "stream:trades", "ticker": "stream:ticker",
}  # fmt: skip
PRIVATE = {"orders": "stream:orders", "fill": "stream:fills", "account": "stream:balances"}
DEPTHS = {"books1": 1, "books5": 5, "books15": 15}  # whole books each time; `books` tells all, then changes
INTERVALS = {"books1": 0.01, "books5": 0.2, "books15": 0.2, "books": 0.2}  # seconds
SILENCE = 120.0  # seconds without a "ping", or anything else, from the client
LOGIN_TOLERANCE = 30.0  # seconds


class _Session(TopicSession):
    silence = SILENCE
    silence_close = Close(1000, "no ping")
    channels: ClassVar[Mapping[str, str]] = MappingProxyType({})

    def __init__(self, exchange: Bitget) -> None:
        super().__init__(exchange.venue)
        self._exchange = exchange

    def operation_of(self, message: str | bytes) -> str:
        if message in ("ping", b"ping"):
            return "stream:ping"
        return "stream:login" if parsed(message).get("op") == "login" else "stream:subscribe"

    def said(self, message: str | bytes) -> Iterable[Outgoing]:
        if message in ("ping", b"ping"):
            yield Frame("stream:ping", "pong")
            return
        said = parsed(message)
        listed = said.get("args")
        wanted = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
        if said.get("op") == "login":
            yield self.log_in(wanted[0] if wanted else {})
        elif said.get("op") in ("subscribe", "unsubscribe"):
            for item in wanted:
                yield from self._ask(str(said["op"]), item)
        else:
            yield error(30003, f"Invalid op {said.get('op')}")

    def log_in(self, given: Json) -> Outgoing:
        return error(30002, "Illegal request: log in at /v2/ws/private")

    def _ask(self, action: str, item: Json) -> Iterable[Outgoing]:
        channel, name = str(item.get("channel", "")), str(item.get("instId") or item.get("coin") or "")
        market = self._exchange.market_of(name)
        everything = channel in PRIVATE and name == "default"
        known = channel in self.channels and item.get("instType") == "SPOT"
        if channel in PRIVATE and self.account is None:
            yield error(30004, "User needs to log in")
        elif not known or not (everything or market):
            text = f"instType:{item.get('instType')},channel:{channel},instId:{name} doesn't exist"
            yield error(30001, text)
        else:
            topic = Topic(self.channels[channel], market, channel)
            (self.subscribe if action == "subscribe" else self.unsubscribe)(topic)
            yield Frame.of("stream:subscribe", {"event": action, "arg": item})
            if action == "subscribe":
                yield from self.begun(topic)

    def begun(self, topic: Topic) -> Iterable[Outgoing]:
        """What a new subscription is told first."""
        return ()

    def push(self, topic: Topic, data: JsonValue, action: str = "snapshot") -> Frame:
        name = "default" if topic.market is None else self._exchange.symbol(topic.market)
        where = "coin" if topic.name == "account" else "instId"
        argument: Json = {"instType": "SPOT", "channel": topic.name, where: name}
        told: Json = {"action": action, "arg": argument, "data": data, "ts": ms(self.venue.clock.now())}
        return Frame.of(topic.operation, told)


class PublicSession(_Session):
    """Books with sequence numbers and checksums, trades, tickers."""

    channels = MappingProxyType(PUBLIC)

    def __init__(self, exchange: Bitget) -> None:
        super().__init__(exchange)
        self._feed = BookFeed()
        self._books: dict[Topic, _Copy] = {}

    def begun(self, topic: Topic) -> Iterable[Outgoing]:
        if topic.operation == "stream:book" and topic.market is not None:
            self._feed.drop(topic)
            book = self.venue.book(topic.market)
            self._books[topic] = copy = _Copy(book)
            yield self.push(topic, [copy.told(DEPTHS.get(topic.name), book.at)])

    def book_changed(self, topic: Topic, event: BookChanged) -> Iterable[Outgoing]:
        if self._books[topic].add(event):
            self._feed.add(topic, INTERVALS[topic.name], event)
        return ()

    def trade_printed(self, topic: Topic, event: TradePrinted) -> Iterable[Outgoing]:
        yield self.push(topic, [public_trade(event.trade)], "update")

    def otherwise(self, topic: Topic, event: Event) -> Iterable[Outgoing]:
        if isinstance(event, TradePrinted) and (topic.name, topic.market) == ("ticker", event.trade.market):
            told = self._exchange.ticker(event.trade.market)
            yield self.push(topic, [{**told, "instId": told["symbol"], "open24h": told["open"]}])

    def due(self, now: float) -> Iterable[Outgoing]:
        live = set(self.topics("stream:book"))
        for topic, diff in self._feed.due(now):
            if not isinstance(topic, Topic) or topic not in live:
                continue
            copy = self._books[topic]
            if topic.name in DEPTHS:
                yield self.push(topic, [copy.told(DEPTHS[topic.name], diff.at)])
                continue
            told: Json = {
                "asks": diff.rows(Side.SELL, plain), "bids": diff.rows(Side.BUY, plain),
                "checksum": copy.checksum(), "seq": diff.last, "ts": str(ms(diff.at)),
            }  # fmt: skip
            yield self.push(topic, [told], "update")


class PrivateSession(_Session):
    """Orders, fills and balances of the account that has logged in. `expired` ends it."""

    channels = MappingProxyType(PRIVATE)

    def __init__(self, exchange: Bitget, on_close: Callable[[PrivateSession], None]) -> None:
        super().__init__(exchange)
        self.expired = False
        self._on_close = on_close

    def log_in(self, given: Json) -> Outgoing:
        """The signature is over the time in seconds, `GET` and `/user/verify`."""
        account = self.venue.account_of_key(str(given.get("apiKey", "")))
        stamp = str(given.get("timestamp", ""))
        if account is None:
            return error(30011, "Invalid ACCESS_KEY")
        if not same(account.passphrase, str(given.get("passphrase", ""))):
            return error(30012, "Invalid ACCESS_PASSPHRASE")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 14):
            return error(30013, "Invalid ACCESS_TIMESTAMP")
        at = int(stamp) / (1000 if len(stamp) == 13 else 1)
        if abs(at - self.heard_at) > LOGIN_TOLERANCE + self._exchange.slack:
            return error(30014, "Request timestamp expired")
        if not same(hmac_base64(account.api_secret, f"{stamp}GET/user/verify"), str(given.get("sign", ""))):
            return error(30015, "Invalid sign")
        self.account = account
        return Frame.of("stream:login", {"event": "login", "code": 0})

    def begun(self, topic: Topic) -> Iterable[Outgoing]:
        if topic.name == "account" and self.account is not None:
            now = self.venue.clock.now()
            yield self.push(topic, [balance(each, now) for each in self.venue.balances(self.account)])

    def order_changed(self, topic: Topic, event: OrderChanged) -> Iterable[Outgoing]:
        yield self.push(topic, [{**self._order(event.order, event.fill), "uTime": str(ms(event.at))}])

    def _order(self, order: Order, fill: Fill | None) -> Json:
        asked = order.quote_amount
        notional = order.amount * (order.price or ZERO) if asked is None else asked
        told: Json = {
            "instId": self._exchange.symbol(order.market), "orderId": str(order.order_id),
            "clientOid": order.client_order_id, "size": plain(size(order)), "newSize": plain(size(order)),
            "notional": plain(notional), "orderType": order.type.value, "force": force(order),
            "side": order.side.value, "accBaseVolume": plain(order.filled),
            "priceAvg": plain(order.average_price or ZERO), "status": STATUS[order.status],
            "cTime": str(ms(order.created_at)), "feeDetail": self._fees(order), "enterPointSource": "API",
        }  # fmt: skip
        if order.price is not None:
            told["price"] = plain(order.price)
        if fill is not None:
            told |= {
                "fillPrice": plain(fill.price), "tradeId": str(fill.trade_id),
                "baseVolume": plain(fill.amount), "fillTime": str(ms(fill.at)),
                "fillFee": plain(-fill.fee), "fillFeeCoin": fill.fee_asset,
                "tradeScope": "M" if fill.maker else "T",
            }  # fmt: skip
        return told

    def _fees(self, order: Order) -> list[JsonValue]:
        assert self.account is not None  # noqa: S101 - orders are told to their owner only
        paid: dict[str, Decimal] = {}
        for fill in self.venue.fills(self.account, order_id=order.order_id):
            paid[fill.fee_asset] = paid.get(fill.fee_asset, ZERO) - fill.fee
        return [{"feeCoin": asset, "fee": plain(fee)} for asset, fee in paid.items()]

    def balance_changed(self, topic: Topic, event: BalanceChanged) -> Iterable[Outgoing]:
        yield self.push(topic, [balance(each, event.at) for each in event.balances])

    def otherwise(self, topic: Topic, event: Event) -> Iterable[Outgoing]:
        match event:
            case OrderChanged(fill=Fill() as fill) if topic.name == "fill" and self._owns(fill.account):
                if topic.market in (None, fill.market) and self.account is not None:
                    told = self._exchange.fill(self.account, fill)
                    yield self.push(topic, [{**told, "feeDetail": [fee_of(fill)]}])

    def tick(self, now: float) -> Iterable[Outgoing]:
        if self.expired:
            yield Close(1000, "login expired")
        else:
            yield from super().tick(now)

    def closed(self) -> None:
        self._on_close(self)


class _Copy:
    """A market's book as this connection was told it, at the sequence that the next message ends with.

    The venue's own may be ahead of the events that have come here, and would give another checksum.
    """

    def __init__(self, book: BookView) -> None:
        self.sequence = book.sequence
        self._sides = {
            side: {level.price: level.amount for level in levels}
            for side, levels in ((Side.BUY, book.bids), (Side.SELL, book.asks))
        }

    def add(self, event: BookChanged) -> bool:
        """False when the snapshot had it already."""
        if event.sequence <= self.sequence:
            return False
        self.sequence = event.sequence
        if event.amount:
            self._sides[event.side][event.price] = event.amount
        else:
            self._sides[event.side].pop(event.price, None)
        return True

    def _best(self, side: Side, depth: int | None) -> list[Level]:
        ordered = sorted(self._sides[side].items(), reverse=side is Side.BUY)
        return [Level(price, amount) for price, amount in ordered[:depth]]

    def checksum(self) -> int:
        return interleaved(self._best(Side.BUY, 25), self._best(Side.SELL, 25))

    def told(self, depth: int | None, at: float) -> Json:
        bids, asks = self._best(Side.BUY, depth), self._best(Side.SELL, depth)
        return {
            "asks": rows(asks, plain), "bids": rows(bids, plain), "checksum": self.checksum(),
            "seq": self.sequence, "ts": str(ms(at)),
        }  # fmt: skip


def error(code: int, message: str) -> Frame:
    return Frame.of("stream:subscribe", {"event": "error", "code": code, "msg": message})
