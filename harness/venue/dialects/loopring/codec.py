"""Loopring's words: tokens, amounts, orders, refusals.

Source: docs.loopring.io/en (REST API v2: "Submit Order", "Get Order", "Get Tokens", "Error Codes"; WebSocket
API), and what the connector of upstream's tag v0.40.0 sends and reads: amounts are whole numbers of a token's
smallest unit, a fee is in the token that the order receives. Where no page tells a code, the nearest is
taken: see `REFUSALS`.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType

from pydantic import JsonValue

from harness.venue.dialects.decimals import plain
from harness.venue.dialects.loopring.signatures import FIELD, Signature, order_hash
from harness.venue.dialects.messages import Refused, Reply
from harness.venue.dialects.wire import Json, ms
from harness.venue.market import Market
from harness.venue.model import Fill, Level, NewOrder, Order, OrderStatus, OrderType, Refusal, Side, Trade

MOST_FEE_BIPS = 63
SIGNATURE_FIELDS = ("signatureRx", "signatureRy", "signatureS")
STATUSES = MappingProxyType(
    {
        OrderStatus.OPEN: "processing",
        OrderStatus.PARTIALLY_FILLED: "processing",
        OrderStatus.FILLED: "processed",
        OrderStatus.CANCELED: "cancelled",
        OrderStatus.EXPIRED: "expired",
    }
)
BAD_PARAMETER, BAD_ORDER_ID, NO_ORDER = (
    (100001, "Invalid argument"),
    (102004, "Invalid order id"),
    (107003, "Order not found"),
)
NO_KEY, BAD_KEY, BAD_SIGNATURE = (
    (104001, "Empty ApiKey"),
    (104002, "Invalid ApiKey"),
    (104005, "Invalid signature"),
)
BAD_ACCOUNT, BAD_FEE = (104003, "Invalid account id"), (102011, "Invalid maxFeeBips")
REFUSALS: Mapping[Refusal, tuple[int, str]] = MappingProxyType(
    {
        Refusal.UNKNOWN_MARKET: (102002, "Unsupported market"),
        Refusal.MARKET_HALTED: (102002, "Unsupported market"),
        Refusal.INSUFFICIENT_BALANCE: (102027, "Insufficient balance"),
        Refusal.AMOUNT_TOO_SMALL: (102024, "Order amount is too small"),
        Refusal.NOTIONAL_TOO_SMALL: (102024, "Order amount is too small"),
        Refusal.AMOUNT_TOO_LARGE: (102025, "Order amount is too large"),
        Refusal.NOTIONAL_TOO_LARGE: (102025, "Order amount is too large"),
        Refusal.DUPLICATE_CLIENT_ORDER_ID: (102120, "Duplicate clientOrderId"),
        Refusal.UNKNOWN_ORDER: NO_ORDER,
        Refusal.ORDER_NOT_OPEN: NO_ORDER,
    }
)


@dataclass(frozen=True)
class Token:
    """`decimals` of its smallest unit, `precision` of amounts in orders; least and most in whole tokens."""

    number: int
    symbol: str
    decimals: int
    precision: int
    least: Decimal
    most: Decimal

    def units(self, amount: Decimal) -> str:
        return plain(amount.scaleb(self.decimals))

    def amount(self, units: int) -> Decimal:
        return Decimal(units).scaleb(-self.decimals)

    def said(self) -> Json:
        return {
            "type": "ETH" if self.symbol == "ETH" else "ERC20", "tokenId": self.number, "symbol": self.symbol,
            "name": self.symbol, "address": f"0x{self.number:040x}", "decimals": self.decimals,
            "precision": self.precision, "minOrderAmount": self.units(self.least),
            "maxOrderAmount": self.units(self.most), "enabled": True,
        }  # fmt: skip


def _token(number: int, symbol: str, decimals: int, precision: int, least: str, most: str) -> Token:
    return Token(number, symbol, decimals, precision, Decimal(least), Decimal(most))


TOKENS: Mapping[str, Token] = MappingProxyType(
    {
        token.symbol: token
        for token in (
            _token(0, "ETH", 18, 4, "0.01", "1000"),
            _token(2, "LRC", 18, 1, "5", "5000000"),
            _token(3, "USDT", 6, 2, "1", "200000"),
            _token(4, "WBTC", 8, 5, "0.0005", "50"),
        )
    }
)


def token(asset: str) -> Token:
    """An asset that Loopring had not is told as ETH is, by a number of its own."""
    known = TOKENS.get(asset)
    return known or replace(TOKENS["ETH"], symbol=asset, number=100 + zlib.crc32(asset.encode()) % 900)


def tokens(markets: Iterable[Market]) -> dict[str, Token]:
    """Those of the list, and of these markets."""
    assets = (asset for market in markets for asset in (market.base, market.quote))
    return {**TOKENS, **{asset: token(asset) for asset in assets}}


def success(data: JsonValue) -> Json:
    return {"resultInfo": {"code": 0, "message": "SUCCESS"}, "data": data}


def refused(error: tuple[int, str]) -> Refused:
    """Loopring answers 200 and says in the body what is wrong."""
    return Refused(Reply(200, {}, {"resultInfo": {"code": error[0], "message": error[1]}}))


@dataclass(frozen=True)
class Asked:
    """An order as it was posted: its protocol order id, the token it sells, its hash and its signature."""

    order: NewOrder
    number: int
    sells: int
    hash: int
    signature: Signature


FIELDS = (
    "exchangeId", "orderId", "accountId", "tokenSId", "tokenBId", "amountS", "amountB", "allOrNone",
    "validSince", "validUntil", "maxFeeBips", "buy", "label",
)  # fmt: skip


def asked(
    said: Mapping[str, str], listed: Iterable[Token], market_of: Callable[[str, str], Market | None]
) -> Asked:
    """The order that a request posts, in `listed` tokens; raises Refused.

    A price is what the two amounts make, in the market's decimals: the quote amount was cut to whole units.
    """
    numbers = {name: _number(said, name) for name in FIELDS}
    signature = [_number(said, name) for name in SIGNATURE_FIELDS]
    symbols = {each.number: each for each in listed}
    sold, bought = symbols.get(numbers["tokenSId"]), symbols.get(numbers["tokenBId"])
    if sold is None or bought is None or numbers["allOrNone"] or not numbers["amountS"] * numbers["amountB"]:
        raise refused(BAD_PARAMETER)
    if not 1 <= numbers["maxFeeBips"] <= MOST_FEE_BIPS:
        raise refused(BAD_FEE)
    buys = bool(numbers["buy"])
    base, quote = (bought, sold) if buys else (sold, bought)
    market = market_of(base.symbol, quote.symbol)
    if market is None:
        raise refused(REFUSALS[Refusal.UNKNOWN_MARKET])
    paid = base.amount(numbers["amountB" if buys else "amountS"])
    cost = quote.amount(numbers["amountS" if buys else "amountB"])
    order = NewOrder(
        market,
        Side.BUY if buys else Side.SELL,
        OrderType.LIMIT,
        amount=paid,
        price=(cost / paid).quantize(market.tick_size, ROUND_HALF_UP),
        client_order_id=said.get("clientOrderId") or None,
    )
    of_fields = order_hash(numbers[name] for name in FIELDS)
    return Asked(
        order,
        numbers["orderId"],
        sold.number,
        of_fields,
        Signature((signature[0], signature[1]), signature[2]),
    )


def _number(said: Mapping[str, str], name: str) -> int:
    text = said.get(name, "")
    if text in ("true", "false"):
        return int(text == "true")
    if not (text.isascii() and text.isdigit() and len(text) <= 80 and int(text) < FIELD * 8):
        raise refused(BAD_PARAMETER)
    return int(text)


def order_said(order: Order, number: str, fees: Iterable[Fill], valid_since: int) -> Json:
    """An order in REST replies and notifications; `number` is its hash."""
    base, quote = token(order.market.base), token(order.market.quote)
    price = order.price or Decimal(0)
    received = base if order.side is Side.BUY else quote
    fee = sum((fill.fee for fill in fees), Decimal(0))
    volume = (order.amount * price).quantize(Decimal(1).scaleb(-quote.decimals))
    return {
        "hash": number, "clientOrderId": order.client_order_id, "size": base.units(order.amount),
        "volume": quote.units(volume), "price": plain(price), "filledSize": base.units(order.filled),
        "filledVolume": quote.units(order.filled_quote), "filledFee": received.units(fee),
        "status": STATUSES[order.status],
        "validSince": valid_since, "validUntil": valid_since + 30 * 86400, "timestamp": ms(order.created_at),
        "side": order.side.value, "market": order.market.name,
    }  # fmt: skip


def slots(side: Iterable[Level], market: Market) -> list[JsonValue]:
    """`[price, size, volume, orders]`; the venue does not count orders."""
    return [slot(level.price, level.amount, market) for level in side]


def slot(price: Decimal, amount: Decimal, market: Market) -> JsonValue:
    base, quote = token(market.base), token(market.quote)
    volume = (price * amount).quantize(Decimal(1).scaleb(-quote.decimals))
    return [plain(price), base.units(amount), quote.units(volume), "1" if amount else "0"]


def trade_said(trade: Trade) -> JsonValue:
    """`[milliseconds, record, side, size, price]`."""
    size = token(trade.market.base).units(trade.amount)
    return [str(ms(trade.at)), str(trade.trade_id), trade.taker_side.value.upper(), size, plain(trade.price)]
