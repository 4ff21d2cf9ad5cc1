"""Beaxy's words of 2020: symbols, orders, events, accounts, STOMP frames.

Source: beaxyapiv2trading.docs.apiary.io and beaxyapiv2.docs.apiary.io (2020), and messages of the live
exchange that upstream's tag v0.40.0 keeps for its own tests (field names, order of events, commission in
the quote asset with a minus sign). Numbers of the public API are JSON numbers, those of the trading API
texts. How an order that cannot be placed is refused is told nowhere: a 400 with a reason stands for it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

from pydantic import JsonValue

from harness.venue.dialects.decimals import decimals_of, plain
from harness.venue.dialects.messages import Refused, Reply
from harness.venue.dialects.wire import Json, ms
from harness.venue.events import OrderChange, OrderChanged
from harness.venue.market import Market
from harness.venue.model import Balance, Fill, NewOrder, Order, OrderStatus, OrderType, Side

STATUSES = MappingProxyType(
    {
        OrderStatus.OPEN: "new",
        OrderStatus.PARTIALLY_FILLED: "partially_filled",
        OrderStatus.FILLED: "completely_filled",
        OrderStatus.CANCELED: "canceled",
        OrderStatus.EXPIRED: "expired",
    }
)
EVENTS = MappingProxyType(
    {OrderChange.NEW: "submitted", OrderChange.FILL: "trade", OrderChange.CANCELED: "cancel",
     OrderChange.EXPIRED: "expired", OrderChange.AMENDED: "replaced"}
)  # fmt: skip
_NAMESPACE = uuid.UUID("5d3a3c2e-6a55-4c1b-9d66-0f6d1f1e8a11")


def refused(status: int, reason: str) -> Refused:
    return Refused(Reply(status, {}, {"reason": reason}))


def order_number(order_id: int) -> str:
    """Orders are named by UUIDs in capitals."""
    return str(uuid.uuid5(_NAMESPACE, str(order_id))).upper()


def number(value: Decimal) -> float:
    return float(value)


def symbol_said(market: Market, name: str, *, halted: bool) -> Json:
    maker, taker = number(market.maker_fee * 100), number(market.taker_fee * 100)
    return {
        "symbol": name, "name": name, "minimumQuantity": number(market.min_amount),
        "maximumQuantity": number(market.max_amount), "quantityIncrement": number(market.lot_size),
        "quantityPrecision": decimals_of(market.lot_size), "tickSize": number(market.tick_size),
        "baseCurrency": market.base, "termCurrency": market.quote,
        "pricePrecision": decimals_of(market.tick_size), "buyerTakerCommissionProgressive": taker,
        "buyerMakerCommissionProgressive": maker, "sellerTakerCommissionProgressive": taker,
        "sellerMakerCommissionProgressive": maker, "type": "crypto", "suspendedForTrading": halted,
    }  # fmt: skip


def security_said(market: Market, name: str) -> Json:
    """The same in the trading API's words."""
    maker, taker = plain(market.maker_fee), plain(market.taker_fee)
    return {
        "id": name, "name": name, "base_currency": market.base, "term_currency": market.quote,
        "type": "fx_spot", "minimum_quantity": plain(market.min_amount),
        "maximum_quantity": plain(market.max_amount), "quantity_increment": plain(market.lot_size),
        "tick_size": plain(market.tick_size), "price_precision": decimals_of(market.tick_size),
        "quantity_precision": decimals_of(market.lot_size), "buyer_taker_commission_progressive": taker,
        "buyer_maker_commission_progressive": maker, "seller_taker_commission_progressive": taker,
        "seller_maker_commission_progressive": maker,
    }  # fmt: skip


def account_said(balance: Balance) -> Json:
    return {
        "id": str(uuid.uuid5(_NAMESPACE, balance.asset)).upper(), "currency_id": balance.asset,
        "status": "active", "balance": plain(balance.total), "available_for_trading": plain(balance.free),
        "available_for_withdrawal": plain(balance.free), "measurement_currency_id": None,
        "enter_average_price": None, "current_price": None, "unrealized_pnl": None, "realized_pnl": None,
        "total_statistics": None, "properties": None,
    }  # fmt: skip


@dataclass(frozen=True)
class Asked:
    order: NewOrder
    text: str


def asked(said: Mapping[str, JsonValue], market_of: Callable[[str], Market | None]) -> Asked:
    """The order that a body of `POST /api/v1/orders` asks for; raises Refused."""
    market, kind, side = market_of(str(said.get("security_id"))), said.get("type"), said.get("side")
    if market is None or kind not in ("limit", "market") or side not in ("buy", "sell"):
        raise refused(400, "Unknown security, type or side")
    price = _decimal(said, "price") if kind == "limit" else None
    order = NewOrder(
        market, Side(str(side)), OrderType(str(kind)), amount=_decimal(said, "quantity"), price=price
    )
    return Asked(order, str(said.get("text") or ""))


def _decimal(said: Mapping[str, JsonValue], name: str) -> Decimal:
    try:
        value = Decimal(str(said.get(name)))
    except InvalidOperation:
        raise refused(400, f"{name} is not a number") from None
    if not value.is_finite() or value <= 0:
        raise refused(400, f"{name} is not positive")
    return value


def order_said(order: Order, name: str, text: str) -> Json:
    """An order in replies and messages; `text` is what the client wrote into it."""
    numbered = order_number(order.order_id)
    price = None if order.price is None else plain(order.price)
    return {
        "id": numbered, "client_order_id": numbered, "text": text, "security_id": name, "destination": "MAXI",
        "source": "CWUI", "currency": order.market.base, "side": order.side.value, "type": order.type.value,
        "time_in_force": "gtc" if order.type is OrderType.LIMIT else "ioc", "quantity": plain(order.amount),
        "price": price, "limit_price": price, "stop_price": None, "leverage": None, "properties": None,
        "cumulative_quantity": plain(order.filled), "remaining_quantity": plain(order.remaining),
        "average_price": plain(order.average_price) if order.average_price else "0",
        "status": STATUSES[order.status], "reason": None, "timestamp": ms(order.updated_at),
        "receipt_time": ms(order.created_at), "submission_time": None, "expire_time": None,
        "close_time": 0 if order.status.live else ms(order.updated_at),
    }  # fmt: skip


def event_said(event: OrderChanged, name: str, text: str, sequence: int) -> Json:
    """What happened to an order. A commission is paid, so it is negative."""
    order, fill = event.order, event.fill
    numbered = order_number(order.order_id)
    trade = _trade(fill) if fill is not None else dict.fromkeys(_trade_fields)
    return {
        **trade, "type": EVENTS[event.change], "id": f"{order.market.base}-{sequence}",
        "event_id": str(sequence), "sequence_number": sequence, "order_id": numbered,
        "client_order_id": numbered, "original_client_order_id": None, "order_side": order.side.value,
        "order_type": order.type.value, "order_status": STATUSES[order.status], "security_id": name,
        "text": text, "quantity": plain(order.amount), "cumulative_quantity": plain(order.filled),
        "remaining_quantity": plain(order.remaining),
        "average_price": plain(order.average_price) if order.average_price else "0", "destination": "MAXI",
        "currency": order.market.base, "timestamp": ms(event.at), "reason": None,
    }  # fmt: skip


_trade_fields = ("trade_quantity", "trade_price", "commission", "commission_currency", "is_agressor")


def _trade(fill: Fill) -> Json:
    return {
        "trade_quantity": plain(fill.amount), "trade_price": plain(fill.price),
        "commission": plain(-fill.fee), "commission_currency": fill.fee_asset, "is_agressor": not fill.maker,
    }  # fmt: skip


@dataclass(frozen=True)
class Stomp:
    """A frame of stomp.github.io/stomp-specification-1.2.html."""

    command: str
    headers: Mapping[str, str]
    body: str = ""

    def text(self) -> str:
        listed = "".join(f"{name}:{value}\n" for name, value in self.headers.items())
        return f"{self.command}\n{listed}\n{self.body}\0"

    @classmethod
    def parse(cls, message: str | bytes) -> Stomp:
        text = message.decode("utf-8", "replace") if isinstance(message, bytes) else message
        head, _, body = text.lstrip("\n").partition("\n\n")
        command, *lines = head.split("\n")
        pairs = (line.rstrip("\r").partition(":") for line in lines)
        return cls(command.strip(), {name: value for name, _, value in pairs if name}, body.rstrip("\0\n"))
