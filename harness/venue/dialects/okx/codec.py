"""OKX's names for things: errors, states, numbers, orders, fills, balances and markets, to JSON and back.

Source: www.okx.com/docs-v5/en/ ("Error Code", "Order Book Trading").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from pydantic import JsonValue

from harness.venue.dialects.day import Day
from harness.venue.dialects.decimals import plain
from harness.venue.dialects.messages import Refused, Reply
from harness.venue.dialects.wire import Json, ms
from harness.venue.market import Market
from harness.venue.model import (
    ZERO,
    Balance,
    Fill,
    Level,
    NewOrder,
    Order,
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
LISTED = "1548133413000"  # milliseconds: when trading began, for every instrument
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
        "ordId": str(fill.order_id), "clOrdId": fill.given_id, "billId": str(fill.trade_id), "tag": "",
        "fillPx": plain(fill.price), "fillSz": plain(fill.amount), "side": fill.side.value, "posSide": "net",
        "execType": "M" if fill.maker else "T", "feeCcy": fill.fee_asset, "fee": plain(-fill.fee),
        "ts": str(ms(fill.at)), "fillTime": str(ms(fill.at)), "fillPnl": "0", **OF_DERIVATIVES,
    }  # fmt: skip


def order_data(order: Order, fills: Sequence[Fill]) -> Json:
    """As `trade/order` and the `orders` channel tell it, with all its `fills` so far."""
    last = fills[-1] if fills else None
    by_value = order.quote_amount is not None
    kind = order.type.value if order.type is OrderType.MARKET else order.time_in_force.value
    return {
        "instType": "SPOT", "instId": order.market.name, "ordId": str(order.order_id),
        "clOrdId": order.given_id, "tag": "", "ccy": "", "tdMode": "cash",
        "side": order.side.value, "posSide": "net",
        "ordType": "post_only" if order.post_only else kind.replace("gtc", "limit"),
        "px": plain(order.price) if order.price is not None else "",
        "sz": plain((order.quote_amount if by_value else order.amount) or ZERO),
        "tgtCcy": "quote_ccy" if by_value else "base_ccy" if order.type is OrderType.MARKET else "",
        "accFillSz": plain(order.filled),
        "avgPx": plain(order.average_price) if order.average_price else "",
        "state": STATES[order.status], "lever": "", "pnl": "0", "category": "normal",
        "cancelSource": SOURCES.get(order.ended, "0") if order.ended else "",
        "reduceOnly": "false",
        "fee": plain(-sum((fill.fee for fill in fills), ZERO)),
        "feeCcy": order.market.base if order.side is Side.BUY else order.market.quote,
        "rebate": "0", "rebateCcy": order.market.quote,
        "fillPx": plain(last.price) if last else "", "fillSz": plain(last.amount) if last else "0",
        "fillTime": str(ms(last.at)) if last else "", "tradeId": str(last.trade_id) if last else "",
        "cTime": str(ms(order.created_at)), "uTime": str(ms(order.updated_at)), **OF_ALGORITHMS,
    }  # fmt: skip


def instrument(market: Market, *, halted: bool) -> Json:
    return {
        "instType": "SPOT", "instId": market.name, "baseCcy": market.base, "quoteCcy": market.quote,
        "settleCcy": "", "uly": "", "instFamily": "", "ctVal": "", "ctMult": "", "ctValCcy": "",
        "tickSz": plain(market.tick_size), "lotSz": plain(market.lot_size),
        "minSz": plain(market.min_amount), "maxLmtSz": plain(market.max_amount),
        "maxMktSz": plain(market.max_amount), "lever": "1", "category": "1", "alias": "", "expTime": "",
        "listTime": LISTED, "stk": "", "optType": "",
        "state": "suspend" if halted else "live",
    }  # fmt: skip


def nameless(like: Json, number: int) -> Json:
    """An instrument that is announced and has no names of currencies yet (Hummingbot's issue 7728)."""
    names: Json = {"baseCcy": "", "quoteCcy": "", "state": "preopen"}
    return {**like, **names, "instId": f"PRE{number}-{like['quoteCcy']}"}


def ticker(market: Market, today: Day) -> Json:
    last_size = today.trades[-1].amount if today.trades else ZERO
    return {
        "instType": "SPOT", "instId": market.name, "last": plain(today.last), "lastSz": plain(last_size),
        "askPx": plain(today.ask.price), "askSz": plain(today.ask.amount),
        "bidPx": plain(today.bid.price), "bidSz": plain(today.bid.amount), "open24h": plain(today.open),
        "high24h": plain(today.high), "low24h": plain(today.low), "volCcy24h": plain(today.value),
        "vol24h": plain(today.volume), "sodUtc0": plain(today.open), "sodUtc8": plain(today.open),
        "ts": str(ms(today.at)),
    }  # fmt: skip


# An account without margin, with one position a market.
CONFIG: Json = {
    "uid": "1", "mainUid": "1", "acctLv": "1", "posMode": "net_mode", "perm": "trade",
    "acctStpMode": "cancel_maker", "autoLoan": False, "ctIsoMode": "automatic", "greeksType": "PA",
    "enableSpotBorrow": False, "feeType": "0", "ip": "", "type": "0", "kycLv": "3", "label": "",
    "level": "Lv1", "levelTmp": "", "liquidationGear": "-1", "mgnIsoMode": "automatic", "opAuth": "0",
    "roleType": "0", "spotBorrowAutoRepay": False, "spotOffsetType": "", "spotRoleType": "0",
    "spotTraderInsts": [], "traderInsts": [], "settleCcy": "", "settleCcyList": [],
}  # fmt: skip
