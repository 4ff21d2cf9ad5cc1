"""What KuCoin's streams push for each event of the venue: the `data` of their messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from pydantic import JsonValue

from harness.venue.dialects.decimals import plain
from harness.venue.dialects.kucoin.messages import account_id, decimal_text, order_id_text
from harness.venue.dialects.wire import Json, ms, ns
from harness.venue.events import BalanceChanged, BookChanged, OrderChange, OrderChanged, TradePrinted
from harness.venue.ledger import Bucket, LedgerRow
from harness.venue.model import ZERO, Fill, Order, OrderType, Side, TimeInForce

RELATIONS = {"order": "trade.hold", "trade": "trade.setted", "release": "trade.hold"}


def book_change(event: BookChanged) -> Json:
    """`/market/level2`: one level, with the sequence that `level2_100` counts in."""
    change: list[JsonValue] = [[plain(event.price), plain(event.amount), str(event.sequence)]]
    none: list[JsonValue] = []
    asks, bids = (none, change) if event.side is Side.BUY else (change, none)
    return {
        "changes": {"asks": asks, "bids": bids}, "symbol": event.market.name,
        "sequenceStart": event.sequence, "sequenceEnd": event.sequence, "time": ms(event.at),
    }  # fmt: skip


def trade_print(event: TradePrinted) -> Json:
    """`/market/match`."""
    trade = event.trade
    return {
        "sequence": str(trade.trade_id), "type": "match", "symbol": trade.market.name,
        "side": trade.taker_side.value, "price": plain(trade.price), "size": plain(trade.amount),
        "tradeId": str(trade.trade_id), "takerOrderId": order_id_text(trade.taker_order_id),
        "makerOrderId": order_id_text(trade.maker_order_id), "time": str(ns(trade.at)),
    }  # fmt: skip


def order_change(event: OrderChanged) -> Iterator[Json]:
    """`/spotMarket/tradeOrders`; a last fill is followed by a message of its own that says so."""
    order = event.order
    if event.fill is not None:
        yield _order(order, "match", "open" if event.fill.maker else "match", event.at) | _match(event.fill)
        if not order.status.live:
            yield _order(order, "filled", "done", event.at)
    elif event.change is not OrderChange.NEW:
        yield _order(order, "canceled", "done", event.at)
    elif order.type is OrderType.LIMIT and order.time_in_force is TimeInForce.GTC:
        # What can never rest in the book is not said to be there.
        yield _order(order, "open", "open", event.at)


def _order(order: Order, kind: str, status: str, at: float) -> Json:
    """An order that was placed in the browser has no `clientOid` at all."""
    client: Json = {"clientOid": order.given_id} if order.given_id else {}
    return {
        **client,
        "symbol": order.market.name, "orderType": order.type.value, "side": order.side.value,
        "orderId": order_id_text(order.order_id), "type": kind, "orderTime": ms(order.created_at),
        "size": plain(order.amount), "filledSize": plain(order.filled), "price": decimal_text(order.price),
        "remainSize": "0" if status == "done" else plain(order.remaining),
        "status": status, "ts": ns(at),
    }  # fmt: skip


def _match(fill: Fill) -> Json:
    liquidity = "maker" if fill.maker else "taker"
    return {
        "matchPrice": plain(fill.price), "matchSize": plain(fill.amount), "tradeId": str(fill.trade_id),
        "liquidity": liquidity, "feeType": f"{liquidity}Fee",
    }  # fmt: skip


def balance_change(event: BalanceChanged, rows: Sequence[LedgerRow]) -> Iterator[Json]:
    """`/account/balance`, a message for each asset; `rows` are the account's, oldest first."""
    cause = (event.reason, event.order_id, event.trade_id, event.at)
    caused = [row for row in rows if (row.reason, row.order_id, row.trade_id, row.at) == cause]
    context: Json = {}
    if event.trade_id is not None:
        context["tradeId"] = str(event.trade_id)
    if event.order_id is not None:
        context["orderId"] = order_id_text(event.order_id)
    for balance in event.balances:
        of_asset = [row for row in caused if row.asset == balance.asset]
        newest = of_asset[-1].transaction if of_asset else 0
        of_asset = [row for row in of_asset if row.transaction == newest]
        yield {
            "accountId": account_id(event.account, balance.asset), "currency": balance.asset,
            "total": plain(balance.total), "available": plain(balance.free), "hold": plain(balance.locked),
            "availableChange": _sum(of_asset, Bucket.FREE), "holdChange": _sum(of_asset, Bucket.LOCKED),
            "relationEvent": RELATIONS.get(event.reason, "trade.other"),
            "relationEventId": str(newest), "relationContext": context,
            "time": str(ms(event.at)),
        }  # fmt: skip


def deposit(account: str, asset: str, total: Decimal, amount: Decimal, at: float) -> Json:
    """The same of the main account, from which nothing is traded."""
    return {
        "accountId": account_id(f"{account} main", asset), "currency": asset,
        "total": plain(total), "available": plain(total), "hold": "0",
        "availableChange": plain(amount), "holdChange": "0",
        "relationEvent": "main.deposit", "relationEventId": str(ns(at)), "relationContext": {},
        "time": str(ms(at)),
    }  # fmt: skip


def _sum(rows: Iterable[LedgerRow], bucket: Bucket) -> str:
    return plain(sum((row.delta for row in rows if row.bucket is bucket), ZERO))
