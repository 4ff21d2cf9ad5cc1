"""Version 2 of Kraken's WebSockets, which ccxt uses.

Sources: docs.kraken.com/exchange/api-reference/spot-websocket-v2 (book, trade, ticker, executions, balances).
Amounts and prices are JSON numbers with all the decimals of the pair, as the checksum needs them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from harness.venue.dialects.day import day
from harness.venue.dialects.decimals import decimals_of, fixed
from harness.venue.dialects.kraken.codec import client_id, exchange_id, modern_name, user_reference
from harness.venue.dialects.kraken.depth import Change, Depth
from harness.venue.dialects.kraken.messages import average, flags, reason
from harness.venue.dialects.kraken.streams import SNAPSHOT_TRADES, KrakenSession
from harness.venue.dialects.messages import Frame, Outgoing
from harness.venue.dialects.topics import Topic
from harness.venue.dialects.wire import Json, iso, parsed
from harness.venue.events import BalanceChanged, Event, OrderChange, OrderChanged, TradePrinted
from harness.venue.market import Market
from harness.venue.model import ZERO, Fill, Level, Order, OrderEnd, OrderStatus, Side, Trade

Message = dict[str, object]
STATES = {
    OrderStatus.OPEN: "new",
    OrderStatus.PARTIALLY_FILLED: "partially_filled",
    OrderStatus.FILLED: "filled",
    OrderStatus.CANCELED: "canceled",
    OrderStatus.EXPIRED: "canceled",
}
KINDS = {OrderChange.CANCELED: "canceled", OrderChange.EXPIRED: "canceled", OrderChange.AMENDED: "restated"}


class NewSession(KrakenSession):
    """Version 2: objects, `BTC/USDT`."""

    public = {  # noqa: RUF012 - declared in the base
        "book": "stream:book", "trade": "stream:trades", "ticker": "stream:ticker",
    }  # fmt: skip
    private = {"executions": "stream:orders", "balances": "stream:balances"}  # noqa: RUF012 - the same

    def stream_name(self, market: Market) -> str:
        return modern_name(market)

    def operation_of(self, message: str | bytes) -> str:
        return "stream:ping" if parsed(message).get("method") == "ping" else "stream:subscribe"

    def opened(self) -> Iterable[Outgoing]:
        about: Message = {"version": "2.0.10", "system": "online", "api_version": "v2"}
        yield self._frame("stream:subscribe", {"channel": "status", "type": "update", "data": [about]})

    def heartbeat(self) -> Frame:
        return Frame.of("stream:ping", {"channel": "heartbeat"})

    def said(self, message: str | bytes) -> Iterable[Outgoing]:
        said = parsed(message)
        method, given = said.get("method"), said.get("params")
        params = given if isinstance(given, dict) else {}
        if method == "ping":
            yield self._answer(said, "stream:ping", {"method": "pong"})
        elif method not in ("subscribe", "unsubscribe"):
            yield self._answer(said, "stream:subscribe", {"error": "Method(s) not found", "success": False})
        else:
            names = params.get("symbol")
            for name in names if isinstance(names, list) and not self._is_private else [None]:
                yield from self._ask(said, params, str(name or ""))

    def _ask(self, said: Json, params: Json, name: str) -> Iterable[Outgoing]:
        channel, market = str(params.get("channel", "")), self._markets.get(name)
        depth = params.get("depth", 10) if channel == "book" else 0
        number = depth if isinstance(depth, int) else -1
        refusal = self.refusal(channel, market, name, number, str(params.get("token", "")))
        told: Message = {"channel": channel}
        told |= {"symbol": name} if name else {}
        told |= {"depth": number} if number else {}
        answer: Message = {"method": said["method"]}
        if refusal is not None:
            yield self._answer(
                said, "stream:subscribe", {**answer, **told, "error": refusal, "success": False}
            )
            return
        topic = Topic(self._channels[channel], market, channel, str(number) if number else "")
        yield self._answer(said, "stream:subscribe", {**answer, "result": told, "success": True})
        if said["method"] == "unsubscribe":
            self.end(topic)
        else:
            yield from self.begin(topic)
            if channel == "executions" and params.get("snap_trades") is True:
                yield from self._past_fills(topic)

    def _answer(self, said: Json, operation: str, told: Message) -> Frame:
        now = iso(self.venue.clock.now(), "microseconds")
        asked = {"req_id": said["req_id"]} if "req_id" in said else {}
        return self._frame(operation, {**told, **asked, "time_in": now, "time_out": now})

    def _frame(self, operation: str, told: Message) -> Frame:
        return Frame(operation, written(told))

    def _push(self, topic: Topic, kind: str, data: Sequence[Message]) -> Frame:
        told: Message = {"channel": topic.name, "type": kind, "data": data}
        if self._is_private:
            told["sequence"] = self.sequence(topic.name)
        return self._frame(topic.operation, told)

    def begun(self, topic: Topic) -> Iterable[Outgoing]:
        if topic in self._books and topic.market is not None:
            yield self._push(topic, "snapshot", [self._book(topic.market, self._books[topic])])
        elif topic.name == "ticker" and topic.market is not None:
            yield self._push(topic, "snapshot", [self._ticker(topic.market)])
        elif topic.name == "executions":
            open_orders = self.venue.open_orders(self.owner())
            yield self._push(topic, "snapshot", [self._order(order, "status") for order in open_orders])
        elif topic.name == "balances":
            held = self.venue.balances(self.owner())
            self._totals = {balance.asset: balance.total for balance in held}
            yield self._push(topic, "snapshot", [_balance(b.asset, b.total) for b in held])

    def _book(self, market: Market, book: Depth) -> Message:
        return {
            "symbol": modern_name(market), "bids": _levels(market, book.levels(Side.BUY)),
            "asks": _levels(market, book.levels(Side.SELL)), "checksum": _checksum(market, book),
            "timestamp": iso(self.venue.clock.now(), "microseconds"),
        }  # fmt: skip

    def book_update(self, topic: Topic, side: Side, changes: list[Change], book: Depth) -> Frame:
        assert topic.market is not None  # noqa: S101 - a book is of a market
        market, levels = topic.market, [change.level for change in changes]
        told = {
            "symbol": modern_name(market), "bids": _levels(market, levels if side is Side.BUY else []),
            "asks": _levels(market, levels if side is Side.SELL else []), "checksum": _checksum(market, book),
            "timestamp": iso(max(change.at for change in changes), "microseconds"),
        }  # fmt: skip
        return self._push(topic, "update", [told])

    def trade_printed(self, topic: Topic, event: TradePrinted) -> Iterable[Outgoing]:
        yield self._push(topic, "update", [_trade(event.trade)])

    def otherwise(self, topic: Topic, event: Event) -> Iterable[Outgoing]:
        if isinstance(event, TradePrinted) and (topic.name, topic.market) == ("ticker", event.trade.market):
            yield self._push(topic, "update", [self._ticker(event.trade.market)])

    def _ticker(self, market: Market) -> Message:
        today = day(self.venue, market)

        def price(value: Decimal) -> Decimal:
            return _price(market, value)

        return {
            "symbol": modern_name(market), "bid": price(today.bid.price),
            "bid_qty": _amount(market, today.bid.amount), "ask": price(today.ask.price),
            "ask_qty": _amount(market, today.ask.amount), "last": price(today.last),
            "volume": _amount(market, today.volume), "vwap": price(today.average), "low": price(today.low),
            "high": price(today.high), "change": price(today.change),
            "change_pct": Decimal(fixed(today.change_rate * 100, 2)),
        }  # fmt: skip

    def order_changed(self, topic: Topic, event: OrderChanged) -> Iterable[Outgoing]:
        order, fill = event.order, event.fill
        if event.change is OrderChange.NEW:
            yield self._push(topic, "update", [self._order(order, "pending_new", "pending_new")])
            yield self._push(topic, "update", [self._order(order, "new")])
        elif fill is not None:
            yield self._push(topic, "update", [self._trade_of(order, fill)])
            if order.status is OrderStatus.FILLED:
                yield self._push(topic, "update", [self._order(order, "filled")])
        else:
            kind = "expired" if order.ended is OrderEnd.TIME else KINDS.get(event.change, "status")
            yield self._push(topic, "update", [self._order(order, kind)])

    def _past_fills(self, topic: Topic) -> Iterable[Outgoing]:
        owner = self.owner()
        fills = self.venue.fills(owner)[::-1][:SNAPSHOT_TRADES]
        told = [self._trade_of(self.venue.order_of(owner, fill), fill) for fill in fills]
        if told:
            yield self._push(topic, "snapshot", told)

    def _order(self, order: Order, kind: str, state: str | None = None) -> Message:
        """With every field, in any message: the documentation leaves those out that did not change."""
        market = order.market
        status = "expired" if order.ended is OrderEnd.TIME else STATES[order.status]
        told: Message = {
            "order_id": exchange_id("O", order.order_id), "symbol": modern_name(market),
            "order_userref": user_reference(order.client_order_id), "exec_type": kind,
            "order_status": state or status, "side": order.side.value, "order_type": order.type.value,
            "time_in_force": order.time_in_force.value.upper(), "order_qty": _amount(market, order.amount),
            "cum_qty": _amount(market, order.filled), "cum_cost": order.filled_quote,
            "avg_price": _price(market, average(order)), "fee_usd_equiv": ZERO,
            "fee_ccy_pref": flags(order, self.fills_of(order)).partition(",")[0],
            "post_only": order.post_only, "timestamp": iso(order.updated_at, "microseconds"),
        }  # fmt: skip
        if order.price is not None:
            told["limit_price"] = _price(market, order.price)
        if (own := client_id(order.client_order_id)) is not None:
            told["cl_ord_id"] = own
        if (why := reason(order)) is not None:
            told["reason"] = why
        return told

    def _trade_of(self, order: Order, fill: Fill) -> Message:
        market = fill.market
        return self._order(order, "trade") | {
            "exec_id": exchange_id("T", fill.trade_id), "trade_id": fill.trade_id,
            "last_qty": _amount(market, fill.amount), "last_price": _price(market, fill.price),
            "liquidity_ind": "m" if fill.maker else "t", "cost": fill.quote_amount,
            "fees": [{"asset": fill.fee_asset, "qty": fill.fee}],
            "timestamp": iso(fill.at, "microseconds"),
        }  # fmt: skip

    def balance_changed(self, topic: Topic, event: BalanceChanged) -> Iterable[Outgoing]:
        """What an open order holds is part of the balance, and not told."""
        at = iso(event.at, "microseconds")
        for balance in event.balances:
            before = self._totals.get(balance.asset, ZERO)
            if balance.total != before:
                self._totals[balance.asset] = balance.total
                moved: Message = {"type": event.reason, "amount": balance.total - before, "timestamp": at}
                yield self._push(topic, "update", [_balance(balance.asset, balance.total) | moved])


def written(value: object) -> str:
    """As JSON, decimals as numbers with all their digits."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(name)}:{written(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(written, value)) + "]"
    return json.dumps(value)


def _price(market: Market, price: Decimal) -> Decimal:
    return Decimal(fixed(price, decimals_of(market.tick_size)))


def _amount(market: Market, amount: Decimal) -> Decimal:
    return Decimal(fixed(amount, decimals_of(market.lot_size)))


def _levels(market: Market, levels: Iterable[Level]) -> list[Message]:
    return [{"price": _price(market, x.price), "qty": _amount(market, x.amount)} for x in levels]


def _checksum(market: Market, book: Depth) -> int:
    places, lots = decimals_of(market.tick_size), decimals_of(market.lot_size)
    return book.checksum(lambda price: fixed(price, places), lambda amount: fixed(amount, lots))


def _trade(trade: Trade) -> Message:
    return {
        "symbol": modern_name(trade.market), "side": trade.taker_side.value,
        "price": _price(trade.market, trade.price), "qty": _amount(trade.market, trade.amount),
        "ord_type": "limit", "trade_id": trade.trade_id, "timestamp": iso(trade.at, "microseconds"),
    }  # fmt: skip


def _balance(asset: str, total: Decimal) -> Message:
    wallet = {"type": "spot", "id": "main", "balance": total}
    return {"asset": asset, "asset_class": "currency", "balance": total, "wallets": [wallet]}
