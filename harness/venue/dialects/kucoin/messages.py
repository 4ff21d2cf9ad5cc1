"""The venue's things in KuCoin's words. Times in milliseconds unless a name ends in `_ns`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from decimal import Decimal

from harness.venue.dialects.day import day
from harness.venue.dialects.decimals import plain
from harness.venue.dialects.wire import Json, ms, ns
from harness.venue.market import Market
from harness.venue.model import ZERO, Balance, Fill, Order, OrderStatus, Trade
from harness.venue.session import Venue


def order_id_text(order_id: int) -> str:
    """KuCoin's order ids are 24 hexadecimal digits."""
    return f"{order_id:024x}"


def account_id(account: str, asset: str) -> str:
    return hashlib.sha256(f"{account} {asset}".encode()).hexdigest()[:24]


def symbol(market: Market, *, halted: bool) -> Json:
    """An entry of `/api/v2/symbols`."""
    return {
        "symbol": market.name, "name": market.name, "market": market.quote,
        "baseCurrency": market.base, "quoteCurrency": market.quote, "feeCurrency": market.quote,
        "baseMinSize": plain(market.min_amount), "quoteMinSize": plain(market.min_notional),
        "baseMaxSize": plain(market.max_amount), "quoteMaxSize": plain(market.max_amount * market.max_price),
        "baseIncrement": plain(market.lot_size), "quoteIncrement": plain(market.quote_quantum),
        "priceIncrement": plain(market.tick_size), "priceLimitRate": "0.1",
        "minFunds": plain(market.min_notional), "isMarginEnabled": False, "enableTrading": not halted,
        "feeCategory": 1, "makerFeeCoefficient": "1.00", "takerFeeCoefficient": "1.00", "st": False,
    }  # fmt: skip


def currency(asset: str, precision: int) -> Json:
    return {
        "currency": asset, "name": asset, "fullName": asset, "precision": precision, "confirms": None,
        "contractAddress": None, "isMarginEnabled": False, "isDebitEnabled": False, "chains": [],
    }  # fmt: skip


def stats(venue: Venue, market: Market) -> Json:
    """The last day's trades and the best prices, as `/api/v1/market/stats` has them."""
    today = day(venue, market)
    return {
        "symbol": market.name, "buy": plain(today.bid.price) if today.bid.price else None,
        "sell": plain(today.ask.price) if today.ask.price else None, "last": plain(today.last),
        "changePrice": plain(today.change), "changeRate": plain(round(today.change_rate, 4)),
        "high": plain(today.high), "low": plain(today.low),
        "vol": plain(today.volume), "volValue": plain(today.value),
        "averagePrice": plain(round(today.average, 12)) if today.volume else None,
        "takerFeeRate": plain(market.taker_fee), "makerFeeRate": plain(market.maker_fee),
        "takerCoefficient": "1", "makerCoefficient": "1",
    }  # fmt: skip


def best(venue: Venue, market: Market) -> Json:
    """`/api/v1/market/orderbook/level1`; zeros where a side is empty."""
    today = day(venue, market)
    return {
        "time": ms(today.at), "sequence": str(today.sequence), "price": plain(today.last),
        "size": plain(today.trades[-1].amount if today.trades else ZERO),
        "bestBid": plain(today.bid.price), "bestBidSize": plain(today.bid.amount),
        "bestAsk": plain(today.ask.price), "bestAskSize": plain(today.ask.amount),
    }  # fmt: skip


def public_trade(trade: Trade) -> Json:
    return {
        "sequence": str(trade.trade_id), "price": plain(trade.price), "size": plain(trade.amount),
        "side": trade.taker_side.value, "time": ns(trade.at),
    }  # fmt: skip


def balance(account: str, of: Balance) -> Json:
    return {
        "id": account_id(account, of.asset), "currency": of.asset, "type": "trade",
        "balance": plain(of.total), "available": plain(of.free), "holds": plain(of.locked),
    }  # fmt: skip


def in_main_account(account: str, asset: str, amount: Decimal) -> Json:
    return {
        "id": account_id(f"{account} main", asset), "currency": asset, "type": "main",
        "balance": plain(amount), "available": plain(amount), "holds": "0",
    }  # fmt: skip


def order(of: Order, fills: Iterable[Fill]) -> Json:
    fees = [fill.fee for fill in fills]
    market = of.market
    return {
        "id": order_id_text(of.order_id), "symbol": market.name, "opType": "DEAL", "type": of.type.value,
        "side": of.side.value, "price": plain(of.price or ZERO), "size": plain(of.amount),
        "funds": plain(of.quote_amount or ZERO), "dealFunds": plain(of.filled_quote),
        "dealSize": plain(of.filled), "fee": plain(sum(fees, ZERO)),
        "feeCurrency": market.quote, "stp": "", "stop": "",
        "stopTriggered": False, "stopPrice": "0", "timeInForce": of.time_in_force.value.upper(),
        "postOnly": of.post_only, "hidden": False, "iceberg": False, "visibleSize": "0", "cancelAfter": 0,
        "channel": "API", "clientOid": of.given_id, "remark": None, "tags": None,
        "isActive": of.status.live, "tradeType": "TRADE", "createdAt": ms(of.created_at),
        "cancelExist": of.status in (OrderStatus.CANCELED, OrderStatus.EXPIRED),
    }  # fmt: skip


def fill(of: Fill, owner: Order, counter_order_id: int) -> Json:
    rate = of.market.maker_fee if of.maker else of.market.taker_fee
    return {
        "symbol": of.market.name, "tradeId": str(of.trade_id), "orderId": order_id_text(of.order_id),
        "counterOrderId": order_id_text(counter_order_id), "side": of.side.value,
        "liquidity": "maker" if of.maker else "taker", "forceTaker": False, "price": plain(of.price),
        "size": plain(of.amount), "funds": plain(of.quote_amount), "fee": plain(of.fee),
        "feeRate": plain(rate), "feeCurrency": of.fee_asset, "stop": "", "type": owner.type.value,
        "createdAt": ms(of.at), "tradeType": "TRADE",
    }  # fmt: skip


def decimal_text(value: Decimal | None) -> str:
    """Empty where there is none, as the price of a market order."""
    return "" if value is None else plain(value)
