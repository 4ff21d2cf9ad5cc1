"""Bybit's names for things: errors, states, numbers, and the orders that clients ask for.

Source: bybit-exchange.github.io/docs/v5/ (error, enum, order/create-order, order/execution).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from pydantic import JsonValue

from harness.venue.dialects.decimals import plain
from harness.venue.dialects.messages import Refused, Reply
from harness.venue.dialects.routing import Call
from harness.venue.dialects.wire import Json, ms
from harness.venue.market import Market
from harness.venue.model import (
    ZERO,
    Fill,
    NewOrder,
    Order,
    OrderEnd,
    OrderStatus,
    OrderType,
    PositionSide,
    Refusal,
    Side,
    TimeInForce,
    Trade,
    VenueRefusal,
)

PLAIN_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
LINK_ID = re.compile(r"[0-9A-Za-z_-]{1,36}")
PARAMETER = 10001
REFUSALS: dict[Refusal, tuple[int, str]] = {
    Refusal.UNKNOWN_MARKET: (170121, "Invalid symbol."),
    Refusal.MARKET_HALTED: (170033, "The symbol is not trading now."),
    Refusal.BAD_COMBINATION: (PARAMETER, "Request parameter error."),
    Refusal.PRICE_INCREMENT: (170134, "Order price decimal too long."),
    Refusal.PRICE_RANGE: (170193, "Order price is outside the allowed range."),
    Refusal.AMOUNT_INCREMENT: (170137, "Order volume decimal too long."),
    Refusal.AMOUNT_TOO_SMALL: (170136, "Order quantity exceeded lower limit."),
    Refusal.AMOUNT_TOO_LARGE: (170135, "Order quantity exceeded upper limit."),
    Refusal.NOTIONAL_TOO_SMALL: (170140, "Order value exceeded lower limit."),
    Refusal.INSUFFICIENT_BALANCE: (170131, "Insufficient balance."),
    Refusal.POST_ONLY_WOULD_TAKE: (170218, "The LIMIT-MAKER order is rejected due to invalid price."),
    Refusal.DUPLICATE_CLIENT_ORDER_ID: (170141, "Duplicate clientOrderId"),
    Refusal.UNKNOWN_ORDER: (170213, "Order does not exist."),
    Refusal.ORDER_NOT_OPEN: (170213, "Order does not exist."),
}
STATES = {
    OrderStatus.OPEN: "New",
    OrderStatus.PARTIALLY_FILLED: "PartiallyFilled",
    OrderStatus.FILLED: "Filled",
    OrderStatus.CANCELED: "Cancelled",
    OrderStatus.EXPIRED: "Cancelled",
}
INDEX_OF = {PositionSide.BOTH: 0, PositionSide.LONG: 1, PositionSide.SHORT: 2}  # enum: positionIdx
SIDE_OF = {str(index): side for side, index in INDEX_OF.items()}
REASONS = {OrderEnd.POST_ONLY: "EC_PostOnlyWillTakeLiquidity"}
FORCES = {"GTC": TimeInForce.GTC, "IOC": TimeInForce.IOC, "FOK": TimeInForce.FOK, "POSTONLY": TimeInForce.GTC}


def refused(code: int, message: str, status: int = 200) -> Refused:
    return Refused(failure(code, message, status))


def failure(code: int, message: str, status: int = 200) -> Reply:
    told: Json = {"retCode": code, "retMsg": message, "result": {}, "retExtInfo": {}}
    return Reply(status, {}, told)


def of_venue(error: VenueRefusal, words: Mapping[Refusal, tuple[int, str]]) -> Refused:
    code, message = words.get(error.code, (PARAMETER, f"Request parameter error: {error.code.value}"))
    return refused(code, message)


def state_of(order: Order) -> str:
    """`PartiallyFilledCanceled` is known on spot only."""
    ended = order.status in (OrderStatus.CANCELED, OrderStatus.EXPIRED) and not order.market.perpetual
    return "PartiallyFilledCanceled" if ended and order.filled else STATES[order.status]


def new_order(body: JsonValue, market_named: Callable[[str], Market]) -> NewOrder:
    """The order that `POST /v5/order/create` asks for.

    On spot a market order's `qty` is what `marketUnit` says; a buy's is quote unless told. On a perpetual a
    `qty` of 0 with `reduceOnly` and `closeOnTrigger` is the whole position. Raises `Refused`.
    """
    said = body if isinstance(body, dict) else {}
    kind, side = str(said.get("orderType", "")).lower(), str(said.get("side", "")).lower()
    link, force = str(said.get("orderLinkId") or ""), str(said.get("timeInForce") or "GTC").upper()
    if side not in ("buy", "sell") or kind not in ("limit", "market") or force not in FORCES:
        raise refused(PARAMETER, "Request parameter error: side, orderType or timeInForce")
    if link and not LINK_ID.fullmatch(link):
        raise refused(PARAMETER, "Request parameter error: orderLinkId")
    position_side = SIDE_OF.get(str(said.get("positionIdx") or 0))
    if position_side is None:
        raise refused(PARAMETER, "Request parameter error: positionIdx")
    quantity = _decimal(said, "qty")
    market = market_named(str(said.get("symbol", "")))
    unit = said.get("marketUnit") or ("quoteCoin" if side == "buy" else "baseCoin")
    by_value = kind == "market" and unit == "quoteCoin" and not market.perpetual
    closing, on_trigger = said.get("reduceOnly") is True, said.get("closeOnTrigger") is True
    whole = market.perpetual and closing and on_trigger and not quantity
    return NewOrder(
        market=market,
        side=Side(side),
        type=OrderType(kind),
        amount=None if by_value or whole else quantity,
        price=_decimal(said, "price") if kind == "limit" else None,
        quote_amount=quantity if by_value else None,
        time_in_force=FORCES[force],
        post_only=force == "POSTONLY",
        client_order_id=link or None,
        reduce_only=closing or (market.perpetual and on_trigger),
        close_position=whole,
        position_side=position_side,
    )


def _decimal(said: Json, name: str) -> Decimal:
    value = str(said.get(name, ""))
    if not PLAIN_NUMBER.fullmatch(value):
        raise refused(PARAMETER, f"Request parameter error: {name}")
    return Decimal(value)


def integer(call: Call, name: str, default: int, most: int) -> int:
    text = call.params.get(name, "")
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise refused(PARAMETER, f"Request parameter error: {name}")
    return min(int(text), most)


# Of an order that waits for nothing, takes no profit and stops no loss.
NO_CONDITIONS: Json = {
    **dict.fromkeys(
        (
            "slLimitPrice", "tpLimitPrice", "tpTriggerBy", "slTriggerBy", "triggerBy", "orderIv", "placeType",
            "smpOrderId", "lastPriceOnCreated", "extraFees",
        ),
        "",
    ),
    "createType": "CreateByUser", "smpType": "None", "smpGroup": 0, "triggerDirection": 0, "cumFeeDetail": {},
    "slippageToleranceType": "UNKNOWN", "slippageTolerance": "",
}  # fmt: skip
# Of a fill: Bybit has these for options, and leaves them empty elsewhere.
OF_OPTIONS = dict.fromkeys(("underlyingPrice", "indexPrice", "markPrice", "tradeIv", "markIv", "execPnl"), "")


def order_data(order: Order, fee: Decimal, category: str) -> Json:
    """As `order/realtime` and the `order` topic tell it."""
    by_value = order.quote_amount is not None
    force = "PostOnly" if order.post_only else order.time_in_force.value.upper()
    return {
        "category": category, "symbol": f"{order.market.base}{order.market.quote}",
        "orderId": str(order.order_id), "orderLinkId": order.given_id, "blockTradeId": "",
        "side": order.side.value.title(), "positionIdx": INDEX_OF[order.position_side],
        "orderStatus": state_of(order),
        "cancelType": "UNKNOWN", "timeInForce": force,
        "rejectReason": REASONS.get(order.ended, "EC_NoError") if order.ended else "EC_NoError",
        "isLeverage": "0",
        "price": plain(order.price or ZERO),
        "qty": plain((order.quote_amount if by_value else order.amount) or ZERO),
        "avgPrice": plain(order.average_price) if order.average_price else "",
        "leavesQty": plain(order.remaining if order.status.live else ZERO),
        "leavesValue": plain(order.remaining * (order.price or ZERO)) if order.status.live else "0",
        "cumExecQty": plain(order.filled), "cumExecValue": plain(order.filled_quote),
        "cumExecFee": plain(fee),
        "orderType": order.type.value.title(), "stopOrderType": "", "triggerPrice": "", "takeProfit": "",
        "stopLoss": "", "reduceOnly": order.reduce_only, "closeOnTrigger": False,
        "marketUnit": "quoteCoin" if by_value else "baseCoin" if order.type is OrderType.MARKET else "",
        **({"tpslMode": "UNKNOWN"} if order.market.perpetual else {}),  # told of contracts alone
        "createdTime": str(ms(order.created_at)), "updatedTime": str(ms(order.updated_at)), **NO_CONDITIONS,
    }  # fmt: skip


def execution(fill: Fill, order: Order, category: str) -> Json:
    """As `execution/list` and the `execution` topic tell it."""
    rate = fill.market.maker_fee if fill.maker else fill.market.taker_fee
    return {
        "category": category, "symbol": f"{fill.market.base}{fill.market.quote}",
        "execId": str(fill.trade_id), "execPrice": plain(fill.price), "execQty": plain(fill.amount),
        "execType": "Trade", "execValue": plain(fill.quote_amount), "execFee": plain(fill.fee),
        "feeRate": plain(rate), "feeCurrency": fill.fee_asset, "isMaker": fill.maker,
        "orderId": str(fill.order_id), "orderLinkId": fill.given_id,
        "orderPrice": plain(order.price or ZERO), "orderQty": plain(order.amount),
        "orderType": order.type.value.title(), "leavesQty": plain(order.remaining),
        "side": fill.side.value.title(),
        "execTime": str(ms(fill.at)), "seq": fill.trade_id, "isLeverage": "0", "stopOrderType": "",
        **OF_OPTIONS, "blockTradeId": "", "createType": "CreateByUser", "closedSize": "", "extraFees": "",
        "marketUnit": "",
    }  # fmt: skip


def public_trade(trade: Trade) -> Json:
    return {
        "execId": str(trade.trade_id), "symbol": f"{trade.market.base}{trade.market.quote}",
        "price": plain(trade.price), "size": plain(trade.amount), "side": trade.taker_side.value.title(),
        "time": str(ms(trade.at)), "isBlockTrade": False,
    }  # fmt: skip
