"""OKX's WebSockets: the public one, and the private one behind a login frame.

Source: www.okx.com/docs-v5/en/ ("WebSocket", "Order book channel", "Order channel", "Account channel").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from pydantic import JsonValue

from harness.venue.dialects.book_feed import BookDiff, BookFeed
from harness.venue.dialects.checksums import interleaved
from harness.venue.dialects.decimals import plain
from harness.venue.dialects.messages import Close, Frame, Outgoing
from harness.venue.dialects.okx.codec import OF_DERIVATIVES, levels, public_trade
from harness.venue.dialects.signing import hmac_base64, same
from harness.venue.dialects.topics import Topic, TopicSession
from harness.venue.dialects.wire import Json, ms, parsed
from harness.venue.events import BalanceChanged, BookChanged, Event, OrderChanged, TradePrinted
from harness.venue.model import Side

if TYPE_CHECKING:
    from harness.venue.dialects.okx.exchange import Okx

PUBLIC = {"books": "stream:book", "trades": "stream:trades", "tickers": "stream:ticker"}
PRIVATE = {"orders": "stream:orders", "account": "stream:balances"}
BOOK_INTERVAL = 0.1
CHECKED_LEVELS = 25  # a side, in the checksum
SILENCE = 30.0  # seconds in which neither side says anything
LOGIN_TOLERANCE = 30.0
CONNECTION = "a4d3ae55"


class _Session(TopicSession):
    """What the two have in common: topics, text pings, silence."""

    channels: ClassVar[Mapping[str, str]] = MappingProxyType({})

    def __init__(self, exchange: Okx) -> None:
        super().__init__(exchange.venue)
        self._exchange = exchange
        self._spoken_at = self.heard_at

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
            yield _error("60012", f"Illegal request: {said}")

    def log_in(self, given: Json) -> Outgoing:
        return _error("60011", "Please log in on the private connection")

    def _ask(self, action: str, item: Json) -> Iterable[Outgoing]:
        channel, name = str(item.get("channel", "")), str(item.get("instId") or "")
        market = self._exchange.market_of(name)
        if channel in PRIVATE and self.account is None:
            yield _error("60011", "Please log in")
        elif channel not in self.channels or (name and market is None) or (channel in PUBLIC and not name):
            yield _error("60018", f"Wrong URL or channel:{channel},instId:{name} doesn't exist")
        else:
            topic = Topic(self.channels[channel], market, channel)
            (self.subscribe if action == "subscribe" else self.unsubscribe)(topic)
            yield Frame.of("stream:subscribe", {"event": action, "arg": item, "connId": CONNECTION})
            if action == "subscribe":
                yield from self.begun(topic)

    def begun(self, topic: Topic) -> Iterable[Outgoing]:
        """What a new subscription is told first."""
        return ()

    def push(self, topic: Topic, data: JsonValue, **more: JsonValue) -> Frame:
        self._spoken_at = self.venue.clock.now()
        argument: Json = {"channel": topic.name}
        if topic.market is not None:
            argument["instId"] = topic.market.name
        if topic.name == "orders":
            argument["instType"] = "SPOT"
        return Frame.of(topic.operation, {"arg": argument, **more, "data": data})

    def tick(self, now: float) -> Iterable[Outgoing]:
        if now - max(self.heard_at, self._spoken_at) > SILENCE:
            yield Close(4004, "No data received in 30s")
        else:
            yield from self.due(now)


class PublicSession(_Session):
    """Books with sequence numbers and checksums, trades, tickers."""

    channels = MappingProxyType(PUBLIC)

    def __init__(self, exchange: Okx) -> None:
        super().__init__(exchange)
        self._feed = BookFeed()
        self._told: dict[Topic, int] = {}  # the sequence that each book's last message ended with

    def begun(self, topic: Topic) -> Iterable[Outgoing]:
        if topic.operation == "stream:book" and topic.market is not None:
            self._feed.drop(topic)
            book = self.venue.book(topic.market, 400)
            self._told[topic] = book.sequence
            told: Json = {
                "asks": levels(book.asks), "bids": levels(book.bids), "ts": str(ms(book.at)),
                "checksum": interleaved(book.bids, book.asks), "prevSeqId": -1, "seqId": book.sequence,
            }  # fmt: skip
            yield self.push(topic, [told], action="snapshot")

    def book_changed(self, topic: Topic, event: BookChanged) -> Iterable[Outgoing]:
        self._feed.add(topic, BOOK_INTERVAL, event)
        return ()

    def trade_printed(self, topic: Topic, event: TradePrinted) -> Iterable[Outgoing]:
        yield self.push(topic, [{**public_trade(event.trade), "count": "1"}])

    def otherwise(self, topic: Topic, event: Event) -> Iterable[Outgoing]:
        if isinstance(event, TradePrinted) and (topic.name, topic.market) == ("tickers", event.trade.market):
            yield self.push(topic, [self._exchange.ticker(event.trade.market)])

    def due(self, now: float) -> Iterable[Outgoing]:
        live = set(self.topics("stream:book"))
        for topic, diff in self._feed.due(now):
            if isinstance(topic, Topic) and topic in live:
                yield self.push(topic, [self._diff(topic, diff, now)], action="update")

    def _diff(self, topic: Topic, diff: BookDiff, now: float) -> Json:
        before, self._told[topic] = self._told[topic], diff.last
        book = self.venue.book(diff.market, CHECKED_LEVELS)
        return {
            "asks": _rows(diff, Side.SELL), "bids": _rows(diff, Side.BUY), "ts": str(ms(now)),
            "checksum": interleaved(book.bids, book.asks), "prevSeqId": before, "seqId": diff.last,
        }  # fmt: skip


class PrivateSession(_Session):
    """Orders and balances of the account that has logged in. `expired` ends it."""

    channels = MappingProxyType(PRIVATE)

    def __init__(self, exchange: Okx, on_close: Callable[[PrivateSession], None]) -> None:
        super().__init__(exchange)
        self.expired = False
        self._on_close = on_close

    def log_in(self, given: Json) -> Outgoing:
        account = self.venue.account_of_key(str(given.get("apiKey", "")))
        stamp = str(given.get("timestamp", ""))
        near = stamp.isdigit() and len(stamp) < 12 and abs(int(stamp) - self.heard_at) <= self._tolerance
        if account is None:
            return _error("60005", "Invalid apiKey")
        if not near:
            return _error("60006", "Timestamp request expired")
        if not same(account.passphrase, str(given.get("passphrase", ""))):
            return _error("60024", "Wrong passphrase")
        text = f"{stamp}GET/users/self/verify"
        if not same(hmac_base64(account.api_secret, text), str(given.get("sign", ""))):
            return _error("60007", "Invalid sign")
        self.account = account
        return Frame.of("stream:login", {"event": "login", "code": "0", "msg": "", "connId": CONNECTION})

    @property
    def _tolerance(self) -> float:
        return LOGIN_TOLERANCE + self._exchange.slack

    def begun(self, topic: Topic) -> Iterable[Outgoing]:
        if topic.name == "account" and self.account is not None:
            yield self.push(topic, [self._exchange.account_data(self.venue.balances(self.account))])

    def order_changed(self, topic: Topic, event: OrderChanged) -> Iterable[Outgoing]:
        assert self.account is not None  # noqa: S101 - orders are told to their owner only
        told = self._exchange.order(self.account, event.order)
        worth = plain(event.order.filled_quote)
        told |= {
            "amendResult": "", "amendSource": "", "fillPnl": "0", "notionalUsd": worth, **OF_DERIVATIVES,
            "fillNotionalUsd": worth, "lastPx": plain(self.venue.last_price(event.order.market)),
        }  # fmt: skip
        if (fill := event.fill) is not None:
            told |= {
                "fillFee": plain(-fill.fee), "fillFeeCcy": fill.fee_asset, "fillPx": plain(fill.price),
                "fillSz": plain(fill.amount), "fillTime": str(ms(fill.at)), "tradeId": str(fill.trade_id),
                "execType": "M" if fill.maker else "T",
            }  # fmt: skip
        else:
            told |= {"fillFee": "0", "fillFeeCcy": "", "fillPx": "", "fillSz": "0", "tradeId": ""}
        yield self.push(topic, [{**told, "code": "0", "msg": "", "reqId": ""}])

    def balance_changed(self, topic: Topic, event: BalanceChanged) -> Iterable[Outgoing]:
        yield self.push(topic, [self._exchange.account_data(event.balances)])

    def tick(self, now: float) -> Iterable[Outgoing]:
        if self.expired:
            yield Close(4001, "Login failed")
        else:
            yield from super().tick(now)

    def closed(self) -> None:
        self._on_close(self)


def _rows(diff: BookDiff, side: Side) -> list[JsonValue]:
    return [[plain(p), plain(a), "0", "1" if a else "0"] for p, a in diff.sides[side].items()]


def _error(code: str, message: str) -> Frame:
    return Frame.of(
        "stream:subscribe", {"event": "error", "code": code, "msg": message, "connId": CONNECTION}
    )
