"""OKX's names for things: errors, states, numbers, and the orders that clients ask for.

Source: www.okx.com/docs-v5/en/ ("Error Code", "Order Book Trading").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal

from pydantic import JsonValue

from harness.venue.dialects.base import Refused, Reply
from harness.venue.dialects.decimals import plain
from harness.venue.dialects.wire import Json, ms
from harness.venue.market import Market
from harness.venue.model import (
    Balance,
    Fill,
    Level,
    NewOrder,
    OrderEnd,
    OrderStatus,
    OrderType,
    Refusal,
    Side,
    TimeInForce,
    Trade,
)  # fmt: skip

PLAIN_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
CLIENT_ID = re.compile(r"[A-Za-z0-9]{1,32}")
ORDER_TYPES = ("limit", "market", "post_only", "fok", "ioc")

# OKX takes a post-only order that would match and cancels it at once; the venue has no such order, so it is
# refused with the code for a cancelled one.
REFUSALS: dict[Refusal, tuple[str, str]] = {
    Refusal.UNKNOWN_MARKET: ("51001", "Instrument ID doesn't exist"),
    Refusal.MARKET_HALTED: ("51027", "Trading is suspended for this instrument"),
    Refusal.BAD_COMBINATION: ("51000", "Parameter error"),
    Refusal.PRICE_INCREMENT: ("51000", "Parameter px error"),
    Refusal.PRICE_RANGE: ("51006", "Order price is not within the price limit"),
    Refusal.AMOUNT_INCREMENT: ("51121", "Order quantity must be a multiple of the lot size"),
    Refusal.AMOUNT_TOO_SMALL: ("51020", "Your order should meet or exceed the minimum order amount"),
    Refusal.AMOUNT_TOO_LARGE: ("51202", "Market order amount exceeds the maximum amount"),
    Refusal.NOTIONAL_TOO_SMALL: ("51020", "Your order should meet or exceed the minimum order amount"),
    Refusal.INSUFFICIENT_BALANCE: ("51008", "Order failed. Insufficient balance in account"),
    Refusal.DUPLICATE_CLIENT_ORDER_ID: ("51016", "Client order ID already exists"),
    Refusal.PRICE_BAND: ("51006", "Order price is not within the price limit"),
    Refusal.NOTIONAL_TOO_LARGE: ("51202", "Market order amount exceeds the maximum amount"),
    Refusal.TOO_MANY_OPEN_ORDERS: ("51039", "The number of open orders exceeds the limit"),
    Refusal.EXPIRES_IN_THE_PAST: ("51000", "Parameter error"),
    Refusal.UNKNOWN_ORDER: ("51603", "Order does not exist"),
    Refusal.ORDER_NOT_OPEN: ("51400", "Cancellation failed as the order is filled, canceled or unknown"),
}  # fmt: skip
STATES = {
    OrderStatus.OPEN: "live",
    OrderStatus.PARTIALLY_FILLED: "partially_filled",
    OrderStatus.FILLED: "filled",
    OrderStatus.CANCELED: "canceled",
    OrderStatus.EXPIRED: "canceled",
}
SOURCES = {OrderEnd.ASKED: "1", OrderEnd.POST_ONLY: "31"}  # who canceled it; "0" is the system


def success(data: JsonValue) -> Reply:
    return Reply(200, {}, {"code": "0", "msg": "", "data": data})


def refused(code: str, message: str, status: int = 200) -> Refused:
    """The request as a whole is refused."""
    return Refused(Reply(status, {}, {"code": code, "msg": message, "data": []}))


class ItemRefused(Exception):  # noqa: N818 - an answer, not a failure of ours
    """One of the orders or cancels asked for is refused; the others are not."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


def new_order(said: Json, market_of: Callable[[str], Market | None]) -> NewOrder:
    """The order that an item of `trade/order` asks for.

    A market buy's `sz` is quote unless `tgtCcy` says base. Raises `ItemRefused`.
    """
    client_id, kind, side = str(said.get("clOrdId") or ""), said.get("ordType"), said.get("side")
    if said.get("tdMode") != "cash":
        raise ItemRefused("51000", "Parameter tdMode error")
    if side not in ("buy", "sell") or kind not in ORDER_TYPES:
        raise ItemRefused("51000", "Parameter side or ordType error")
    if client_id and not CLIENT_ID.fullmatch(client_id):
        raise ItemRefused("51000", "Parameter clOrdId error")
    market = market_of(str(said.get("instId", "")))
    if market is None:
        raise ItemRefused(*REFUSALS[Refusal.UNKNOWN_MARKET])
    size = _decimal(said, "sz")
    by_value = kind == "market" and side == "buy" and said.get("tgtCcy", "quote_ccy") == "quote_ccy"
    return NewOrder(
        market=market,
        side=Side(side),
        type=OrderType.MARKET if kind == "market" else OrderType.LIMIT,
        amount=None if by_value else size,
        price=None if kind == "market" else _decimal(said, "px"),
        quote_amount=size if by_value else None,
        time_in_force=TimeInForce(kind) if kind in ("fok", "ioc") else TimeInForce.GTC,
        post_only=kind == "post_only",
        client_order_id=client_id or None,
    )


def _decimal(said: Json, name: str) -> Decimal:
    value = str(said.get(name, ""))
    if not PLAIN_NUMBER.fullmatch(value):
        raise ItemRefused("51000", f"Parameter {name} error")
    return Decimal(value)


def levels(side: Iterable[Level]) -> list[JsonValue]:
    """`[price, size, "0", orders]`; the venue does not count orders."""
    return [[plain(level.price), plain(level.amount), "0", "1"] for level in side]


def public_trade(trade: Trade) -> Json:
    return {
        "instId": trade.market.name, "tradeId": str(trade.trade_id), "px": plain(trade.price),
        "sz": plain(trade.amount), "side": trade.taker_side.value, "ts": str(ms(trade.at)),
    }  # fmt: skip


def detail(balance: Balance, now: str, price: Decimal) -> Json:
    """One asset of a cash account, worth `price` USD a piece: what only margin has is empty, or zero.

    `availEq` is empty there, as in the sample of such an account in ccxt's okx module.
    """
    worth = plain(balance.total * price)
    return {
        "ccy": balance.asset, "eq": plain(balance.total), "cashBal": plain(balance.total),
        "availEq": "", "availBal": plain(balance.free), "frozenBal": plain(balance.locked),
        "ordFrozen": plain(balance.locked), "uTime": now, "eqUsd": worth, "disEq": worth, "isoEq": "0",
        "upl": "0", "isoUpl": "0", "liab": "", "crossLiab": "", "isoLiab": "", "uplLiab": "", "interest": "",
        "maxLoan": "", "mgnRatio": "", "notionalLever": "0", "twap": "0", "stgyEq": "0", "spotInUseAmt": "",
    }  # fmt: skip


# Of a fill: OKX has these for options and futures, and leaves them empty on spot.
OF_DERIVATIVES = dict.fromkeys(
    ("fillPxVol", "fillPxUsd", "fillMarkVol", "fillFwdPx", "fillMarkPx", "fillIdxPx"), ""
)
# Of an order that is part of no algorithm and takes no profit.
OF_ALGORITHMS: Json = {
    **dict.fromkeys(
        (
            "tpTriggerPx", "tpTriggerPxType", "tpOrdPx", "slTriggerPx", "slTriggerPxType", "slOrdPx",
            "algoId", "algoClOrdId", "attachAlgoClOrdId", "cancelSourceReason", "pxType", "pxUsd", "pxVol",
            "quickMgnType", "source", "stpId",
        ),
        "",
    ),
    "attachAlgoOrds": [], "linkedAlgoOrd": {"algoId": ""}, "isTpLimit": "false", "stpMode": "cancel_maker",
}  # fmt: skip


def fill_data(fill: Fill) -> Json:
    """OKX writes a fee that is paid as a negative number."""
    return {
        "instType": "SPOT", "instId": fill.market.name, "tradeId": str(fill.trade_id),
        "ordId": str(fill.order_id), "clOrdId": fill.client_order_id, "billId": str(fill.trade_id), "tag": "",
        "fillPx": plain(fill.price), "fillSz": plain(fill.amount), "side": fill.side.value, "posSide": "net",
        "execType": "M" if fill.maker else "T", "feeCcy": fill.fee_asset, "fee": plain(-fill.fee),
        "ts": str(ms(fill.at)), "fillTime": str(ms(fill.at)), "fillPnl": "0", **OF_DERIVATIVES,
    }  # fmt: skip
