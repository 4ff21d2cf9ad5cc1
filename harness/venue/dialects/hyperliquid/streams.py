"""Hyperliquid's WebSocket: everything by subscription, by market or by address, nothing behind a login.

Source: hyperliquid.gitbook.io/hyperliquid-docs (for-developers/api/websocket: subscriptions, post-requests,
timeouts-and-heartbeats).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from pydantic import JsonValue

from harness.venue.dialects.book_feed import BookFeed
from harness.venue.dialects.hyperliquid.codec import basic_order, public_trade, with_status
from harness.venue.dialects.hyperliquid.signatures import ADDRESS
from harness.venue.dialects.messages import Close, Frame, Outgoing, Reply, Request
from harness.venue.dialects.topics import Topic, TopicSession
from harness.venue.dialects.wire import Json, parsed
from harness.venue.events import (
    BalanceChanged,
    BookChanged,
    Event,
    FundingPaid,
    OrderChanged,
    PositionChanged,
    TradePrinted,
)
from harness.venue.market import Market
from harness.venue.model import Fill

if TYPE_CHECKING:
    from harness.venue.dialects.hyperliquid.api import HyperliquidApi

OF_A_MARKET = {"l2Book": "stream:book", "trades": "stream:trades", "activeAssetCtx": "stream:ticker"}
OF_AN_ADDRESS = {
    "orderUpdates": "stream:orders",
    "userFills": "stream:fills",
    "userEvents": "stream:fills",
    "user": "stream:fills",  # its channel's name; Hummingbot's perpetual connector asks for it so
    "userFundings": "stream:positions",
    "spotState": "stream:balances",
    "clearinghouseState": "stream:positions",
}
OF_ALL = {"allMids": "stream:ticker"}
CHANNELS = {"userEvents": "user"}
EVENTS = ("userEvents", "user")
CONTEXT_INTERVAL = 1.0  # seconds between looks at what changed of a market
INTERVAL = 0.5  # seconds between two books
UNHEARD = 60.0  # seconds after which a connection on which the server has said nothing ends


class Session(TopicSession):
    """One connection; it follows one address at most. `expired` ends it."""

    def __init__(
        self, exchange: HyperliquidApi, request: Request, on_close: Callable[[Session], None]
    ) -> None:
        super().__init__(exchange.venue)
        self.exchange = exchange
        self.expired = False
        self._request = request
        self._on_close = on_close
        self._address = ""
        self._feed = BookFeed()
        self._contexts: dict[Market, Json] = {}
        self._contexts_at = 0.0
        self._told_at = self.heard_at

    def operation_of(self, message: str | bytes) -> str:
        said = parsed(message)
        if said.get("method") == "post":
            return self.exchange.match(self._posted(said)).operation or "stream:subscribe"
        return "stream:ping" if said.get("method") == "ping" else "stream:subscribe"

    def weight_of(self, message: str | bytes) -> int:
        said = parsed(message)
        return self.exchange.match(self._posted(said)).weight if said.get("method") == "post" else 0

    def refused(self, message: str | bytes, status: int) -> Iterable[Outgoing]:
        """As what is refused of either endpoint is told: the status, in an answer of the type `error`."""
        said = parsed(message)
        yield self._replied(
            said, Reply(status, {}, HTTPStatus(status).phrase.encode()), self.operation_of(message)
        )

    def said(self, message: str | bytes) -> Iterable[Outgoing]:
        said = parsed(message)
        self._told_at = self.heard_at  # everything is answered
        match said.get("method"):
            case "ping":
                yield Frame.of("stream:ping", {"channel": "pong"})
            case "subscribe" | "unsubscribe" as method:
                yield from self._ask(method, said.get("subscription"))
            case "post":
                reply = self.exchange.handle(self._posted(said))
                yield self._replied(said, reply, self.operation_of(message))
            case _:
                text = message if isinstance(message, str) else message.decode(errors="replace")
                yield _error(f"Error parsing JSON into valid websocket request: {text}")

    def _ask(self, method: str, wanted: JsonValue) -> Iterable[Outgoing]:
        topic = self._topic(wanted if isinstance(wanted, dict) else {})
        if topic is None:
            yield _error(f"Invalid subscription {json.dumps(wanted)}")
            return
        following = topic in set(self.topics())
        if following is (method == "subscribe"):
            yield _error(f"Already {method}d: {json.dumps(wanted)}")
            return
        (self.unsubscribe if following else self.subscribe)(topic)
        told: Json = {"method": method, "subscription": wanted}
        yield Frame.of("stream:subscribe", {"channel": "subscriptionResponse", "data": told})
        if not following:
            yield from self._begun(topic)

    def _topic(self, wanted: Json) -> Topic | None:
        kind = str(wanted.get("type"))
        if kind in OF_ALL:
            return Topic(OF_ALL[kind], None, kind)
        if kind in OF_A_MARKET:
            market = self.exchange.market_of(str(wanted.get("coin")))
            return Topic(OF_A_MARKET[kind], market, kind) if market is not None else None
        user = str(wanted.get("user")).lower()
        if kind not in OF_AN_ADDRESS or not ADDRESS.fullmatch(user) or self._address not in ("", user):
            return None
        self._address, self.account = user, self.exchange.account_at(user)
        return Topic(OF_AN_ADDRESS[kind], None, kind)

    def _posted(self, said: Json) -> Request:
        """A request of either endpoint, by this connection."""
        kind, payload = _asked(said)
        path = "/info" if kind == "info" else "/exchange"
        return replace(
            self._request, method="POST", path=path, body=json.dumps(payload).encode(), at=self.heard_at
        )  # fmt: skip

    def _replied(self, said: Json, reply: Reply, operation: str) -> Frame:
        kind, payload = _asked(said)
        body = reply.body.decode(errors="replace") if isinstance(reply.body, bytes) else reply.body
        good = reply.status == 200
        if kind == "info" and good and isinstance(payload, dict):
            body = {"type": payload.get("type"), "data": body}
        response: Json = {
            "type": kind if good else "error",
            "payload": body if good else f"{reply.status}: {body}",
        }
        told: Json = {"id": said.get("id"), "response": response}
        return replace(Frame.of(operation, {"channel": "post", "data": told}), status=reply.status)

    def _begun(self, topic: Topic) -> Iterable[Outgoing]:
        """What a new subscription is told first."""
        match topic.name:
            case "l2Book" if topic.market is not None:
                yield self._book(topic.market)
            case "activeAssetCtx" if topic.market is not None:
                yield self._context(topic.market)
            case "allMids":
                yield self._push(topic, {"mids": self.exchange.mids()})
            case "userFills":
                fills: list[JsonValue] = [*self.exchange.fills(self.account)] if self.account else []
                yield self._push(topic, {"isSnapshot": True, "user": self._address, "fills": fills})
            case "userFundings":
                yield self._push(topic, {"isSnapshot": True, "user": self._address, "fundings": []})
            case "spotState" | "clearinghouseState":
                yield from self._state(topic)

    def _push(self, topic: Topic, data: JsonValue) -> Frame:
        self._told_at = self.venue.clock.now()
        return Frame.of(topic.operation, {"channel": CHANNELS.get(topic.name, topic.name), "data": data})

    def _book(self, market: Market) -> Frame:
        self._told_at = self.venue.clock.now()
        return Frame.of("stream:book", {"channel": "l2Book", "data": self.exchange.book(market)})

    def _context(self, market: Market) -> Frame:
        self._told_at = self.venue.clock.now()
        channel = "activeAssetCtx" if market.perpetual else "activeSpotAssetCtx"
        self._contexts[market] = context = self.exchange.context(market)
        told: Json = {"coin": self.exchange.symbol(market), "ctx": context}
        return Frame.of("stream:ticker", {"channel": channel, "data": told})

    def _state(self, topic: Topic) -> Iterable[Outgoing]:
        told = self.exchange.state(topic.name, self.account) if self.account else None
        if told is not None:
            yield self._push(topic, {"user": self._address, topic.name: told})

    def book_changed(self, topic: Topic, event: BookChanged) -> Iterable[Outgoing]:
        self._feed.add(topic, INTERVAL, event)
        return ()

    def trade_printed(self, topic: Topic, event: TradePrinted) -> Iterable[Outgoing]:
        yield self._push(topic, [public_trade(event.trade, self.exchange.symbol(event.trade.market))])

    def order_changed(self, topic: Topic, event: OrderChanged) -> Iterable[Outgoing]:
        order = event.order
        yield self._push(topic, [with_status(order, basic_order(order, self.exchange.symbol(order.market)))])

    def balance_changed(self, topic: Topic, event: BalanceChanged) -> Iterable[Outgoing]:
        yield from self._state(topic)

    def position_changed(self, topic: Topic, event: PositionChanged) -> Iterable[Outgoing]:
        if topic.name == "clearinghouseState":
            yield from self._state(topic)

    def funding_paid(self, topic: Topic, event: FundingPaid) -> Iterable[Outgoing]:
        if topic.name == "userFundings":
            told = self.exchange.funding(event.payment)
            yield self._push(topic, {"user": self._address, "fundings": [told]})

    def otherwise(self, topic: Topic, event: Event) -> Iterable[Outgoing]:
        match event:
            case OrderChanged(order=order) if event.fill and topic.operation == "stream:fills":
                if self.account is not None and self._owns(order.account):
                    yield from self._filled(topic, event.fill)
            case FundingPaid(payment=payment) if topic.name in EVENTS and self._owns(payment.account):
                yield self._push(topic, {"funding": self.exchange.funding(payment)["delta"]})
            case TradePrinted() if topic.name == "allMids":
                yield self._push(topic, {"mids": self.exchange.mids()})

    def _filled(self, topic: Topic, fill: Fill) -> Iterable[Outgoing]:
        assert self.account is not None  # noqa: S101 - asked before
        which = (fill.trade_id, fill.order_id)
        fills: list[JsonValue] = [
            each for each in self.exchange.fills(self.account) if (each["tid"], each["oid"]) == which
        ]
        told: Json = {"fills": fills}
        yield self._push(topic, told if topic.name in EVENTS else {**told, "user": self._address})

    def due(self, now: float) -> Iterable[Outgoing]:
        live = set(self.topics("stream:book"))
        for topic, diff in self._feed.due(now):
            if topic in live:
                yield self._book(diff.market)
        if now >= self._contexts_at:
            self._contexts_at = now + CONTEXT_INTERVAL
            for topic in self.topics("stream:ticker"):
                market = topic.market
                if market is not None and self._contexts.get(market) != self.exchange.context(market):
                    yield self._context(market)
        if self.expired or now - self._told_at > UNHEARD + self.exchange.slack:
            yield Close(1000, "Inactive" if not self.expired else "")

    def closed(self) -> None:
        self._on_close(self)


def _asked(said: Json) -> tuple[JsonValue, JsonValue]:
    """(type, payload) of what a message of the method `post` asks for."""
    asked = said.get("request")
    return (asked.get("type"), asked.get("payload")) if isinstance(asked, dict) else (None, None)


def _error(text: str) -> Frame:
    return Frame.of("stream:subscribe", {"channel": "error", "data": text})
