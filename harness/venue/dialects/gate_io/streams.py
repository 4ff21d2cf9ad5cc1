"""One WebSocket connection to Gate.

Source: www.gate.io/docs/developers/apiv4/ws/en/ (spot channels).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pydantic import JsonValue

from harness.venue.dialects.base import (
    Frame,
    Outgoing,
)  # fmt: skip
from harness.venue.dialects.book_feed import BookDiff, BookFeed
from harness.venue.dialects.decimals import plain
from harness.venue.dialects.gate_io.codec import user_id_of
from harness.venue.dialects.signing import hmac_hex, same
from harness.venue.dialects.topics import Topic, TopicSession
from harness.venue.dialects.wire import Json, ms, parsed, rows
from harness.venue.events import BalanceChanged, BookChanged, Event, OrderChange, OrderChanged, TradePrinted
from harness.venue.model import (
    Fill,
    Side,
)  # fmt: skip

if TYPE_CHECKING:
    from harness.venue.dialects.gate_io.exchange import GateIo

CHANNELS = {
    "spot.order_book_update": "stream:book",
    "spot.obu": "stream:book",
    "spot.trades": "stream:trades",
    "spot.tickers": "stream:ticker",
    "spot.orders": "stream:orders",
    "spot.usertrades": "stream:fills",
    "spot.balances": "stream:balances",
}
PRIVATE = ("stream:orders", "stream:fills", "stream:balances")
INTERVALS = {"20ms": 0.02, "100ms": 0.1}
EVENTS = {OrderChange.NEW: "put", OrderChange.FILL: "update"}
CHANGES = {"order": "order-create", "trade": "order-match", "release": "order-cancel"}


class GateSession(TopicSession):
    """One connection; each private subscription is signed by itself."""

    def __init__(self, exchange: GateIo) -> None:
        super().__init__(exchange.venue)
        self._exchange = exchange
        self._feed = BookFeed()

    def operation_of(self, message: str | bytes) -> str:
        return "stream:ping" if parsed(message).get("channel") == "spot.ping" else "stream:subscribe"

    def said(self, message: str | bytes) -> Iterable[Outgoing]:
        said = parsed(message)
        channel, event = str(said.get("channel", "")), said.get("event")
        if channel == "spot.ping":
            yield self._frame("stream:ping", "spot.pong", "", None)
            return
        error = self._error(said, channel)
        if error is not None:
            code, text = error
            yield self._answer(said, {"error": {"code": code, "message": text}, "result": {"status": "fail"}})
            return
        for topic in self._topics_of(channel, said.get("payload")):
            (self.subscribe if event == "subscribe" else self.unsubscribe)(topic)
        yield self._answer(said, {"error": None, "result": {"status": "success"}})
        if event == "subscribe" and channel == "spot.obu":
            yield from self._snapshots()

    def _error(self, said: Json, channel: str) -> tuple[int, str] | None:
        """Codes 1 (argument), 2 (unknown pair or channel) and 4 (authentication) of the documentation."""
        if channel not in CHANNELS or said.get("event") not in ("subscribe", "unsubscribe"):
            return 1, f"invalid argument: unknown channel or event {channel}"
        payload = said.get("payload")
        names = payload if isinstance(payload, list) else []
        if CHANNELS[channel] in PRIVATE:
            return self._log_in(said, channel)
        symbol = str(names[0]) if names else ""
        if self._exchange.market_of(_pair_in(channel, symbol)) is None:
            return 2, f"unknown currency pair: {symbol}"
        return None

    def _log_in(self, said: Json, channel: str) -> tuple[int, str] | None:
        auth = said.get("auth")
        given = auth if isinstance(auth, dict) else {}
        account = self.venue.account_of_key(str(given.get("KEY", "")))
        text = f"channel={channel}&event={said.get('event')}&time={said.get('time')}"
        if account is None:
            return 4, '{"label":"INVALID_KEY","message":"Invalid key provided"}'
        if not same(hmac_hex(account.api_secret, text, "sha512"), str(given.get("SIGN", ""))):
            return 4, '{"label":"INVALID_SIGNATURE","message":"Signature mismatch"}'
        self.account = account
        return None

    def _topics_of(self, channel: str, payload: JsonValue) -> Iterable[Topic]:
        operation, names = CHANNELS[channel], payload if isinstance(payload, list) else []
        if operation == "stream:balances":
            yield Topic(operation, None, channel)
        elif channel == "spot.order_book_update":
            interval = str(names[1]) if len(names) > 1 else "100ms"
            yield Topic(operation, self._exchange.market_of(str(names[0])), channel, interval)
        else:
            for name in names:
                market = self._exchange.market_of(_pair_in(channel, str(name)))
                if market is not None or name == "!all":
                    yield Topic(operation, market, channel, str(name) if channel == "spot.obu" else "")

    def _snapshots(self) -> Iterable[Outgoing]:
        """The whole book for each subscription that has had none."""
        for topic in self.topics("stream:book"):
            if topic.name == "spot.obu" and topic.market is not None:
                self._feed.drop(topic)
                book = self.venue.book(topic.market)
                told: Json = {
                    "t": ms(book.at), "full": True, "s": topic.detail, "u": book.sequence,
                    "b": rows(book.bids, plain), "a": rows(book.asks, plain),
                }  # fmt: skip
                yield self._frame("stream:book", topic.name, "update", told)

    # -- the venue speaks

    def book_changed(self, topic: Topic, event: BookChanged) -> Iterable[Outgoing]:
        self._feed.add(topic, INTERVALS.get(topic.detail, 0.02), event)
        return ()

    def trade_printed(self, topic: Topic, event: TradePrinted) -> Iterable[Outgoing]:
        told = self._exchange.public_trade(event.trade)
        yield self._frame("stream:trades", topic.name, "update", {**told, "id": event.trade.trade_id})

    def order_changed(self, topic: Topic, event: OrderChanged) -> Iterable[Outgoing]:
        order, account = event.order, self.account
        if account is None:
            return
        told = {
            **self._exchange.order(account, order), "user": user_id_of(order.account),
            "event": EVENTS.get(event.change, "finish") if order.status.live else "finish",
            "create_time_ms": str(ms(order.created_at)), "update_time_ms": str(ms(event.at)),
        }  # fmt: skip
        yield self._frame("stream:orders", topic.name, "update", [told])

    def otherwise(self, topic: Topic, event: Event) -> Iterable[Outgoing]:
        match event:
            case OrderChanged(fill=Fill() as fill) if topic.operation == "stream:fills" and self._owns(
                fill.account
            ):
                if topic.market in (None, fill.market):
                    told = {
                        **self._exchange.fill(fill),
                        "user_id": user_id_of(fill.account),
                        "id": fill.trade_id,
                    }
                    yield self._frame("stream:fills", topic.name, "update", [told])
            case TradePrinted() if topic.operation == "stream:ticker" and topic.market == event.trade.market:
                yield self._frame(
                    "stream:ticker", topic.name, "update", self._exchange.ticker(event.trade.market)
                )

    def balance_changed(self, topic: Topic, event: BalanceChanged) -> Iterable[Outgoing]:
        told: list[JsonValue] = [
            {
                "timestamp": str(int(event.at)), "timestamp_ms": str(ms(event.at)),
                "user": str(user_id_of(event.account)), "currency": balance.asset, "change": "0",
                "total": plain(balance.total), "available": plain(balance.free),
                "freeze": plain(balance.locked),
                "freeze_change": "0", "change_type": CHANGES.get(event.reason, event.reason),
            }
            for balance in event.balances
        ]  # fmt: skip
        yield self._frame("stream:balances", topic.name, "update", told)

    def due(self, now: float) -> Iterable[Outgoing]:
        for topic, diff in self._feed.due(now):
            if isinstance(topic, Topic) and topic in set(self.topics("stream:book")):
                yield self._frame("stream:book", topic.name, "update", self._diff(topic, diff, now))

    def _diff(self, topic: Topic, diff: BookDiff, now: float) -> Json:
        told: Json = {
            "t": ms(now), "U": diff.first, "u": diff.last,
            "b": diff.rows(Side.BUY, plain), "a": diff.rows(Side.SELL, plain),
        }  # fmt: skip
        if topic.name == "spot.obu":
            return {**told, "s": topic.detail}
        return {**told, "e": "depthUpdate", "E": int(now), "s": self._exchange.symbol(diff.market)}

    def _frame(self, operation: str, channel: str, event: str, result: JsonValue) -> Frame:
        now = self.venue.clock.now()
        return Frame.of(
            operation,
            {"time": int(now), "time_ms": ms(now), "channel": channel, "event": event, "result": result},
        )

    def _answer(self, said: Json, more: Json) -> Frame:
        now = self.venue.clock.now()
        head: Json = {
            "time": int(now), "time_ms": ms(now), "id": said.get("id"), "channel": said.get("channel"),
            "event": said.get("event"), "payload": said.get("payload"),
        }  # fmt: skip
        return Frame.of("stream:subscribe", {**head, **more})


def _pair_in(channel: str, name: str) -> str:
    """`spot.obu` names its books `ob.BTC_USDT.50`."""
    return name.split(".")[1] if channel == "spot.obu" and name.count(".") == 2 else name
