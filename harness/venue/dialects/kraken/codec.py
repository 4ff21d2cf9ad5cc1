"""Kraken's names for things: assets, pairs, numbers, ids, errors, and the orders that clients ask for.

Sources: docs.kraken.com/exchange/api-reference/spot-rest (AssetPairs, AddOrder) and
docs.kraken.com/exchange/guides/general/errors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from pydantic import JsonValue

from harness.venue.dialects.decimals import decimals_of, fixed
from harness.venue.dialects.messages import Refused, Reply
from harness.venue.market import FeeIn, Market
from harness.venue.model import NewOrder, Order, OrderType, Refusal, Side, TimeInForce

PLAIN_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
CLIENT_ID = re.compile(r"[A-Za-z0-9-]{1,36}")
# The classic names have X for a coin and Z for money before them; newer assets have none.
OLD_NAMES = {"BTC": ("XXBT", "XBT"), "ETH": ("XETH", "ETH"), "USD": ("ZUSD", "USD"), "EUR": ("ZEUR", "EUR")}

# Kraken takes a post-only order that would match and cancels it at once; the venue has no such order, so it
# is refused with what the WebSocket API says then.
REFUSALS: dict[Refusal, str] = {
    Refusal.UNKNOWN_MARKET: "EQuery:Unknown asset pair",
    Refusal.MARKET_HALTED: "EService:Market in cancel_only mode",
    Refusal.BAD_COMBINATION: "EGeneral:Invalid arguments",
    Refusal.PRICE_INCREMENT: "EOrder:Invalid price",
    Refusal.PRICE_RANGE: "EOrder:Invalid price",
    Refusal.PRICE_BAND: "EOrder:Invalid price",
    Refusal.AMOUNT_INCREMENT: "EGeneral:Invalid arguments:volume",
    Refusal.AMOUNT_TOO_SMALL: "EOrder:Order minimum not met",
    Refusal.AMOUNT_TOO_LARGE: "EGeneral:Invalid arguments:volume",
    Refusal.NOTIONAL_TOO_SMALL: "EOrder:Cost minimum not met",
    Refusal.NOTIONAL_TOO_LARGE: "EGeneral:Invalid arguments:volume",
    Refusal.TOO_MANY_OPEN_ORDERS: "EOrder:Orders limit exceeded",
    Refusal.INSUFFICIENT_BALANCE: "EOrder:Insufficient funds",
    Refusal.POST_ONLY_WOULD_TAKE: "EOrder:Post only order",
    Refusal.DUPLICATE_CLIENT_ORDER_ID: "EGeneral:Invalid arguments:cl_ord_id",
    Refusal.EXPIRES_IN_THE_PAST: "EGeneral:Invalid arguments:expiretm",
    Refusal.UNKNOWN_ORDER: "EOrder:Unknown order",
    Refusal.ORDER_NOT_OPEN: "EOrder:Unknown order",
}


def error(text: str) -> Reply:
    """Kraken says its errors with HTTP status 200."""
    return Reply(200, {}, {"error": [text]})


def refused(text: str) -> Refused:
    return Refused(error(text))


def asset_name(asset: str) -> str:
    """As balances and asset pairs have it: `XXBT`."""
    return OLD_NAMES.get(asset, (asset, asset))[0]


def short_name(asset: str) -> str:
    """As the names of pairs have it: `XBT`."""
    return OLD_NAMES.get(asset, (asset, asset))[1]


def pair_name(market: Market) -> str:
    """The key of the pair: two classic names in full, else the short ones."""
    base, quote = asset_name(market.base), asset_name(market.quote)
    classic = market.base in OLD_NAMES and market.quote in OLD_NAMES
    return base + quote if classic else alternative_name(market)


def alternative_name(market: Market) -> str:
    return short_name(market.base) + short_name(market.quote)


def stream_name(market: Market) -> str:
    """Version 1 of the streams: `XBT/USDT`."""
    return f"{short_name(market.base)}/{short_name(market.quote)}"


def modern_name(market: Market) -> str:
    """Version 2 of the streams: `BTC/USDT`."""
    return f"{market.base}/{market.quote}"


_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SPACE = 36**16
_SPREAD = 4_918_723_070_491_744_169_623_553
_GATHER = pow(_SPREAD, -1, _SPACE)


def exchange_id(kind: str, number: int) -> str:
    """`kind` is O for an order, T for a trade."""
    rest, digits = number * _SPREAD % _SPACE, ""
    while len(digits) < 16:
        rest, digit = divmod(rest, 36)
        digits = _DIGITS[digit] + digits
    return f"{kind}{digits[:5]}-{digits[5:10]}-{digits[10:]}"


def number_of(kind: str, text: str) -> int | None:
    """The number that `exchange_id` made the text of."""
    if not re.fullmatch(kind + r"[0-9A-Z]{5}-[0-9A-Z]{5}-[0-9A-Z]{6}", text):
        return None
    return int(text[1:].replace("-", ""), 36) * _GATHER % _SPACE


# orders have a counter behind `#`. A `cl_ord_id` is marked, for it may look like a `userref`.

_MARK = "cl_ord_id="


def user_reference(order_client_id: str) -> int:
    """Its `userref`, 0 for none."""
    number = order_client_id.partition("#")[0]
    return int(number) if re.fullmatch(r"-?[0-9]{1,10}", number) else 0


def client_id(order_client_id: str) -> str | None:
    return order_client_id.removeprefix(_MARK) if order_client_id.startswith(_MARK) else None


def marked(cl_ord_id: str) -> str:
    """What the venue knows an order by that the client calls so."""
    return _MARK + cl_ord_id


def price_text(market: Market, price: Decimal) -> str:
    """Five decimals, or as many as the pair has."""
    return fixed(price, max(5, decimals_of(market.tick_size)))


def volume_text(volume: Decimal) -> str:
    return fixed(volume, 8)


def money_text(value: Decimal) -> str:
    """Costs and fees: at least five decimals."""
    return fixed(value, max(5, decimals_of(value)))


def new_order(said: Mapping[str, str], market: Market, now: float) -> NewOrder:
    """The order that the parameters of `AddOrder` ask for; raises `Refused`."""
    side, kind = said.get("type"), said.get("ordertype")
    flags = {flag for flag in said.get("oflags", "").split(",") if flag}
    force = said.get("timeinforce", "GTC").lower()
    if side not in ("buy", "sell") or kind not in ("limit", "market"):
        raise refused(
            "EGeneral:Invalid arguments:type" if side is None else "EGeneral:Invalid arguments:ordertype"
        )
    if force not in set(TimeInForce):
        raise refused("EGeneral:Invalid arguments:timeinforce")
    if flags - {"post", "fcib", "fciq", "nompp", "viqc"} or {"fcib", "fciq"} <= flags:
        raise refused("EGeneral:Invalid arguments:oflags")
    volume = decimal(said, "volume")
    by_value = "viqc" in flags
    return NewOrder(
        market=market,
        side=Side(side),
        type=OrderType(kind),
        amount=None if by_value else volume,
        price=decimal(said, "price") if kind == "limit" else None,
        quote_amount=volume if by_value else None,
        time_in_force=TimeInForce(force),
        post_only="post" in flags,
        client_order_id=_client_order_id(said),
        expires_at=_expiry(said, now) if force == "gtd" else None,
        fee_in=FeeIn.BASE if "fcib" in flags else None,
    )


def decimal(said: Mapping[str, str], name: str) -> Decimal:
    text = said.get(name, "")
    if not PLAIN_NUMBER.fullmatch(text):
        raise refused(f"EGeneral:Invalid arguments:{name}")
    return Decimal(text)


def _client_order_id(said: Mapping[str, str]) -> str | None:
    reference, own = said.get("userref", ""), said.get("cl_ord_id", "")
    if reference and own:
        raise refused("EGeneral:Invalid arguments:userref and cl_ord_id are mutually exclusive")
    if reference and not (re.fullmatch(r"-?[0-9]{1,10}", reference) and abs(int(reference)) < 1 << 31):
        raise refused("EGeneral:Invalid arguments:userref")
    if own and not CLIENT_ID.fullmatch(own):
        raise refused("EGeneral:Invalid arguments:cl_ord_id")
    if own:
        return marked(own)
    return reference if user_reference(reference) else None


def _expiry(said: Mapping[str, str], now: float) -> float:
    """`+n` seconds from now, or a Unix time."""
    text = said.get("expiretm", "")
    if not re.fullmatch(r"\+?[0-9]{1,12}", text):
        raise refused("EGeneral:Invalid arguments:expiretm")
    return now + int(text) if text.startswith("+") else float(text)


def description(order: Order) -> str:
    """`buy 1.25000000 XBTUSDT @ limit 27500.00000`."""
    amount = order.quote_amount if order.quote_amount is not None else order.amount
    price = f" {price_text(order.market, order.price)}" if order.price is not None else ""
    pair = alternative_name(order.market)
    return f"{order.side.value} {volume_text(amount)} {pair} @ {order.type.value}{price}"


def listed(value: JsonValue) -> list[str]:
    """A parameter that is a list, or one text with commas."""
    items = value if isinstance(value, list) else str(value or "").split(",")
    return [str(item) for item in items if str(item)]
