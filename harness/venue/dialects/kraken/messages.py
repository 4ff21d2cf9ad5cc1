"""Orders, fills and tickers as Kraken's REST API and version 1 of its streams write them.

Sources: docs.kraken.com/exchange/api-reference/spot-rest (OpenOrders, TradesHistory, Ticker, AssetPairs) and
docs.kraken.com/exchange/api-reference/spot-websocket-v1 (openOrders, ownTrades).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from pydantic import JsonValue

from harness.venue.dialects.day import Day
from harness.venue.dialects.decimals import decimals_of, plain
from harness.venue.dialects.kraken.codec import (
    alternative_name,
    asset_name,
    client_id,
    description,
    exchange_id,
    money_text,
    pair_name,
    price_text,
    stream_name,
    user_reference,
    volume_text,
)  # fmt: skip
from harness.venue.dialects.wire import Json
from harness.venue.market import Market
from harness.venue.model import ZERO, Fill, Order, OrderEnd, OrderStatus

STATES = {
    OrderStatus.OPEN: "open",
    OrderStatus.PARTIALLY_FILLED: "open",
    OrderStatus.FILLED: "closed",
    OrderStatus.CANCELED: "canceled",
    OrderStatus.EXPIRED: "canceled",
}
REASONS = {
    OrderEnd.ASKED: "User requested",
    OrderEnd.COULD_NOT_REST: "Insufficient liquidity",
    OrderEnd.SELF_TRADE: "Self trade prevention",
    OrderEnd.TIME: "Order expired",
}


def state(order: Order) -> str:
    return "expired" if order.ended is OrderEnd.TIME else STATES[order.status]


def reason(order: Order) -> str | None:
    return REASONS.get(order.ended) if order.ended is not None else None


def average(order: Order) -> Decimal:
    return order.average_price or ZERO


def flags(order: Order, fills: Sequence[Fill]) -> str:
    fee = "fcib" if any(fill.fee_asset == order.market.base for fill in fills) else "fciq"
    return f"{fee},post" if order.post_only else fee


def order_data(order: Order, fills: Sequence[Fill], *, streamed: bool = False) -> Json:
    """`streamed`: as version 1's openOrders, where times are texts and the pair has a stroke."""
    market = order.market
    price = price_text(market, order.price if order.price is not None else ZERO)
    amount = order.quote_amount if order.quote_amount is not None else order.amount
    mean = price_text(market, average(order))
    told: Json = {
        "refid": None, "userref": user_reference(order.client_order_id), "status": state(order),
        "opentm": _time(order.created_at, streamed), "starttm": _time(0, streamed),
        "expiretm": _time(order.expires_at or 0, streamed),
        "descr": {
            "pair": stream_name(market) if streamed else alternative_name(market), "type": order.side.value,
            "ordertype": order.type.value, "price": price, "price2": "0", "leverage": "none",
            "order": description(order), "close": "",
        },
        "vol": volume_text(amount), "vol_exec": volume_text(order.filled),
        "cost": money_text(order.filled_quote),
        "fee": money_text(sum((fill.fee for fill in fills), ZERO)),
        "avg_price" if streamed else "price": mean,
        "stopprice": "0.00000", "limitprice": "0.00000", "misc": "", "oflags": flags(order, fills),
    }  # fmt: skip
    if (own := client_id(order.client_order_id)) is not None:
        told["cl_ord_id"] = own
    if not order.status.live:
        told["cancel_reason" if streamed else "reason"] = reason(order)
        told["lastupdated" if streamed else "closetm"] = _time(order.updated_at, streamed)
    return told


def _time(at: float, as_text: bool) -> JsonValue:
    return f"{at:.6f}" if as_text else round(at, 6) if at else 0


def fill_data(fill: Fill, order: Order, *, streamed: bool = False) -> Json:
    told: Json = {
        "ordertxid": exchange_id("O", fill.order_id), "postxid": exchange_id("P", fill.order_id),
        "pair": stream_name(fill.market) if streamed else pair_name(fill.market),
        "time": _time(fill.at, streamed), "type": fill.side.value, "ordertype": order.type.value,
        "price": price_text(fill.market, fill.price), "cost": money_text(fill.quote_amount),
        "fee": money_text(fill.fee), "vol": volume_text(fill.amount), "margin": "0.00000",
    }  # fmt: skip
    if streamed:
        return {**told, "userref": user_reference(fill.client_order_id)}
    return {**told, "leverage": "0", "misc": "", "trade_id": fill.trade_id, "maker": fill.maker}


def pair_data(market: Market, halted: bool) -> Json:
    """As `AssetPairs` has it; fees are percentages from a volume of zero on."""
    return {
        "altname": alternative_name(market), "wsname": stream_name(market), "aclass_base": "currency",
        "base": asset_name(market.base), "aclass_quote": "currency", "quote": asset_name(market.quote),
        "lot": "unit", "pair_decimals": decimals_of(market.tick_size), "cost_decimals": 8,
        "lot_decimals": decimals_of(market.lot_size), "lot_multiplier": 1, "leverage_buy": [],
        "leverage_sell": [], "fees": [[0, float(market.taker_fee * 100)]],
        "fees_maker": [[0, float(market.maker_fee * 100)]], "fee_volume_currency": "ZUSD", "margin_call": 80,
        "margin_stop": 40, "ordermin": plain(market.min_amount), "costmin": plain(market.min_notional),
        "tick_size": plain(market.tick_size), "status": "cancel_only" if halted else "online",
    }  # fmt: skip


def ticker_data(today: Day) -> Json:
    """Most have two values: of today, and of the last 24 hours; the venue has the latter alone."""
    market = today.market
    last = volume_text(today.trades[-1].amount if today.trades else ZERO)

    def twice(text: JsonValue) -> list[JsonValue]:
        return [text, text]

    def best(price: Decimal, amount: Decimal) -> list[JsonValue]:
        return [price_text(market, price), str(int(amount)), volume_text(amount)]

    return {
        "a": best(*today.ask), "b": best(*today.bid), "c": [price_text(market, today.last), last],
        "v": twice(volume_text(today.volume)), "p": twice(price_text(market, today.average)),
        "t": twice(len(today.trades)), "l": twice(price_text(market, today.low)),
        "h": twice(price_text(market, today.high)), "o": price_text(market, today.open),
    }  # fmt: skip
