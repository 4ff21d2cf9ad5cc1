"""The venue's objects as Binance writes them. Times are integer milliseconds, numbers are strings.

Source: Binance's `rest-api.md`, `web-socket-streams.md`, `user-data-stream.md` and `filters.md`.
"""

from __future__ import annotations

from decimal import Decimal

from pydantic import JsonValue

from harness.venue.dialects.decimals import fixed
from harness.venue.dialects.wire import Json, ms
from harness.venue.events import OrderChange, OrderChanged
from harness.venue.market import Market
from harness.venue.model import ZERO, Balance, Fill, Order, OrderEnd, OrderStatus, OrderType, Side, Trade

NOTHING = fixed(ZERO)

_STATUS = {
    OrderStatus.OPEN: "NEW",
    OrderStatus.PARTIALLY_FILLED: "PARTIALLY_FILLED",
    OrderStatus.FILLED: "FILLED",
    OrderStatus.CANCELED: "CANCELED",
    OrderStatus.EXPIRED: "EXPIRED",
}
_EXECUTION = {
    OrderChange.NEW: "NEW",
    OrderChange.FILL: "TRADE",
    OrderChange.CANCELED: "CANCELED",
    OrderChange.EXPIRED: "EXPIRED",
}


# Ended by self-trade prevention: `enums.md`, and of futures the page of common definitions.
IN_MATCH = "EXPIRED_IN_MATCH"


def status_of(order: Order) -> str:
    return IN_MATCH if order.ended is OrderEnd.SELF_TRADE else _STATUS[order.status]


def symbol_of(market: Market) -> str:
    return f"{market.base}{market.quote}"


def symbol_info(market: Market, halted: bool) -> Json:
    """A symbol of exchangeInfo."""
    return {
        "symbol": symbol_of(market),
        "status": "BREAK" if halted else "TRADING",
        "baseAsset": market.base,
        "baseAssetPrecision": market.base_precision,
        "quoteAsset": market.quote,
        "quotePrecision": market.quote_precision,
        "quoteAssetPrecision": market.quote_precision,
        "baseCommissionPrecision": market.base_precision,
        "quoteCommissionPrecision": market.quote_precision,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"],
        "icebergAllowed": False,
        "ocoAllowed": False,
        "otoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": False,
        "amendAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": _filters(market),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "NONE",
        "allowedSelfTradePreventionModes": ["NONE"],
    }


def _filters(market: Market) -> list[JsonValue]:
    tick, lot, top = fixed(market.tick_size), fixed(market.lot_size), fixed(market.max_price)
    return [
        {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": top, "tickSize": tick},
        {
            "filterType": "LOT_SIZE",
            "minQty": fixed(market.min_amount),
            "maxQty": fixed(market.max_amount),
            "stepSize": lot,
        },
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": NOTHING,
            "maxQty": fixed(market.max_amount),
            "stepSize": NOTHING,
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": fixed(market.min_notional),
            "applyMinToMarket": True,
            "maxNotional": fixed(market.max_amount * market.max_price),
            "applyMaxToMarket": False,
            "avgPriceMins": 0,
        },
    ]


def type_of(order: Order) -> str:
    return "LIMIT_MAKER" if order.post_only else order.type.value.upper()


def _order(order: Order) -> Json:
    """What every form of an order has."""
    return {
        "symbol": symbol_of(order.market),
        "orderId": order.order_id,
        "orderListId": -1,
        "clientOrderId": order.client_order_id,
        "price": fixed(order.price or ZERO),
        "origQty": fixed(order.amount),
        "executedQty": fixed(order.filled),
        "origQuoteOrderQty": fixed(order.quote_amount or ZERO),
        "cummulativeQuoteQty": fixed(order.filled_quote),
        "status": status_of(order),
        "timeInForce": order.time_in_force.value.upper(),
        "type": type_of(order),
        "side": order.side.value.upper(),
        "selfTradePreventionMode": "NONE",
    }


def order_state(order: Order) -> Json:
    """As `GET /api/v3/order` and openOrders tell it."""
    return {
        **_order(order),
        "stopPrice": NOTHING,
        "icebergQty": NOTHING,
        "time": ms(order.created_at),
        "updateTime": ms(order.updated_at),
        "isWorking": True,
        "workingTime": ms(order.created_at),
    }


def order_placed(order: Order, fills: tuple[Fill, ...], kind: str) -> Json:
    """The answer to a new order; `kind` is ACK, RESULT or FULL."""
    time = ms(order.created_at)
    whole = {**_order(order), "transactTime": time, "workingTime": time}
    if kind == "ACK":
        wanted = ("symbol", "orderId", "orderListId", "clientOrderId", "transactTime")
        return {name: whole[name] for name in wanted}
    if kind == "FULL":
        whole["fills"] = [
            {
                "price": fixed(fill.price),
                "qty": fixed(fill.amount),
                "commission": fixed(fill.fee),
                "commissionAsset": fill.fee_asset,
                "tradeId": fill.trade_id,
            }
            for fill in fills
        ]
    return whole


def order_canceled(order: Order, request_id: str) -> Json:
    """The answer to a cancel request, which has an id of its own."""
    return {
        **_order(order),
        "origClientOrderId": order.client_order_id,
        "clientOrderId": request_id,
        "transactTime": ms(order.updated_at),
    }


def my_trade(fill: Fill) -> Json:
    return {
        "symbol": symbol_of(fill.market),
        "id": fill.trade_id,
        "orderId": fill.order_id,
        "orderListId": -1,
        "price": fixed(fill.price),
        "qty": fixed(fill.amount),
        "quoteQty": fixed(fill.quote_amount),
        "commission": fixed(fill.fee),
        "commissionAsset": fill.fee_asset,
        "time": ms(fill.at),
        "isBuyer": fill.side is Side.BUY,
        "isMaker": fill.maker,
        "isBestMatch": True,
    }


def public_trade(trade: Trade) -> Json:
    return {
        "id": trade.trade_id,
        "price": fixed(trade.price),
        "qty": fixed(trade.amount),
        "quoteQty": fixed(trade.price * trade.amount),
        "time": ms(trade.at),
        "isBuyerMaker": trade.taker_side is Side.SELL,
        "isBestMatch": True,
    }


def aggregate_trade(trade: Trade) -> Json:
    """Each trade is an aggregate of its own."""
    return {
        "a": trade.trade_id,
        "p": fixed(trade.price),
        "q": fixed(trade.amount),
        "f": trade.trade_id,
        "l": trade.trade_id,
        "T": ms(trade.at),
        "m": trade.taker_side is Side.SELL,
        "M": True,
    }


def account(balances: tuple[Balance, ...], now: float, uid: int, maker: Decimal, taker: Decimal) -> Json:
    """`GET /api/v3/account`; the old commission fields are in hundredths of a percent."""
    rates: Json = {"maker": fixed(maker), "taker": fixed(taker), "buyer": NOTHING, "seller": NOTHING}
    return {
        "makerCommission": int(maker * 10_000),
        "takerCommission": int(taker * 10_000),
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": rates,
        "canTrade": True,
        "canWithdraw": False,
        "canDeposit": False,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": ms(now),
        "accountType": "SPOT",
        "balances": [{"asset": b.asset, "free": fixed(b.free), "locked": fixed(b.locked)} for b in balances],
        "permissions": ["SPOT"],
        "uid": uid,
    }


def position(balances: tuple[Balance, ...], at: float) -> Json:
    """`outboundAccountPosition`."""
    return {
        "e": "outboundAccountPosition",
        "E": ms(at),
        "u": ms(at),
        "B": [{"a": b.asset, "f": fixed(b.free), "l": fixed(b.locked)} for b in balances],
    }


def execution_report(event: OrderChanged) -> Json:
    """`executionReport`. A cancel's `c` is the cancel request's id and `C` the order's."""
    order, fill = event.order, event.fill
    canceled = event.change is OrderChange.CANCELED
    return {
        "e": "executionReport",
        "E": ms(event.at),
        "s": symbol_of(order.market),
        "c": (event.request_id or f"web_{order.order_id}") if canceled else order.client_order_id,
        "S": order.side.value.upper(),
        "o": type_of(order),
        "f": order.time_in_force.value.upper(),
        "q": fixed(order.amount),
        "p": fixed(order.price or ZERO),
        "P": NOTHING,
        "F": NOTHING,
        "g": -1,
        "C": order.client_order_id if canceled else "",
        "x": _EXECUTION[event.change] if status_of(order) != IN_MATCH else "TRADE_PREVENTION",
        "X": status_of(order),
        "r": "NONE",
        "i": order.order_id,
        "l": fixed(fill.amount if fill else ZERO),
        "z": fixed(order.filled),
        "L": fixed(fill.price if fill else ZERO),
        "n": fixed(fill.fee) if fill else "0",
        "N": fill.fee_asset if fill else None,
        "T": ms(event.at),
        "t": fill.trade_id if fill else -1,
        "I": order.order_id,
        "w": order.status.live and order.type is OrderType.LIMIT,
        "m": fill.maker if fill else False,
        "M": bool(fill),
        "O": ms(order.created_at),
        "Z": fixed(order.filled_quote),
        "Y": fixed(fill.quote_amount if fill else ZERO),
        "Q": fixed(order.quote_amount or ZERO),
        "W": ms(order.created_at),
        "V": "NONE",
    }
