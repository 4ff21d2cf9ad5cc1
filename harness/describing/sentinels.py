"""Values that mean one thing wherever they turn up: unmistakable ids, prices and amounts, in sets to compare.

The sets differ in every value, and within a set no value is another's sum, product or difference: a reply that
holds one of them says which fact it holds. Times are Unix seconds, amounts decimal texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Sentinels:
    """One set. A fill of an order is `fill_amount` at `fill_price`, and costs `fee`."""

    name: str
    base: str
    quote: str
    client_order_id: str
    order_id: str
    trade_id: str
    price: str
    amount: str
    fill_price: str
    fill_amount: str
    fee: str
    last_price: str
    time: int

    @property
    def pair(self) -> str:
        return f"{self.base}-{self.quote}"

    def order(self, side: str, order_type: str) -> dict[str, str]:
        """The facts of an order that is told apart by this set, as a program inside is given them."""
        return {**asdict(self), "side": side, "type": order_type}


# Ids of digits alone, for exchanges whose ids are numbers; the assets' names are the kit's and another pair.
SETS = (
    Sentinels(
        "a", "COINALPHA", "HBOT", "71300001", "82400002", "93500003",
        "9871.3", "17.19", "9643.7", "5.23", "3.31", "9217.9", 1640780000,
    ),
    Sentinels(
        "b", "GRAVEL", "TINDER", "71600011", "82700012", "93800013",
        "8543.9", "23.71", "8329.1", "7.93", "2.87", "8101.7", 1640980000,
    ),
)  # fmt: skip


def facts(
    sentinels: Sentinels, side: str = "", order_type: str = "", state: str = "", symbol: str = ""
) -> Mapping[str, str]:
    """Every fact that a reply about an order of this set can hold, by name, decimals as texts.

    `state` is open, partially_filled, filled or canceled; `symbol` the exchange's own name of the pair.
    """
    price, amount = Decimal(sentinels.price), Decimal(sentinels.amount)
    fill_price, fill_amount = _fill(sentinels, state)
    known = {
        "base": sentinels.base,
        "quote": sentinels.quote,
        "pair": sentinels.pair,
        "symbol": symbol,
        "last_price": sentinels.last_price,
    }
    if side:
        known |= {
            "client_order_id": sentinels.client_order_id,
            "order_id": sentinels.order_id,
            "trade_id": sentinels.trade_id,
            "side": side.lower(),
            "type": order_type.lower(),
            "state": state,
            "price": sentinels.price,
            "amount": sentinels.amount,
            "quote_amount": _text(price * amount),
            "fill_price": _text(fill_price),
            "fill_amount": _text(fill_amount),
            "fill_quote": _text(fill_price * fill_amount),
            "remaining": _text(amount - fill_amount),
            "remaining_quote": _text((amount - fill_amount) * price),
            "fee": sentinels.fee,
            "fee_negative": f"-{sentinels.fee}",
            "order_time": str(sentinels.time),
        }
    return {name: value for name, value in known.items() if value}


def _fill(sentinels: Sentinels, state: str) -> tuple[Decimal, Decimal]:
    """Price and amount of what was filled in that state; upstream's kit fills whole orders at their price."""
    if state == "partially_filled":
        return Decimal(sentinels.fill_price), Decimal(sentinels.fill_amount)
    if state == "filled":
        return Decimal(sentinels.price), Decimal(sentinels.amount)
    return Decimal(0), Decimal(0)


def _text(number: Decimal) -> str:
    return format(number.normalize(), "f")
