"""Values that mean one thing wherever they turn up: unmistakable ids, prices and amounts, in sets to compare.

The sets differ in every value, and within a set no value is another's sum, product or difference: what holds
one of them says which fact it holds. Times are Unix seconds, amounts decimal texts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
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
    index_price: str
    mark_price: str
    funding_rate: str
    payment: str
    time: int

    @property
    def next_funding(self) -> int:
        return self.time + 28_800

    @property
    def paid_at(self) -> int:
        return self.time + 7_200

    @property
    def pair(self) -> str:
        return f"{self.base}-{self.quote}"


# Ids of digits alone, for exchanges whose ids are numbers; the assets' names are the kit's and another pair.
SETS = (
    Sentinels(
        "a", "COINALPHA", "HBOT", "71300001", "82400002", "93500003",
        "9871.3", "17.19", "9643.7", "5.23", "3.31", "9217.9",
        "9431.7", "9433.1", "0.000317", "2.39", 1640780000,
    ),
    Sentinels(
        "b", "GRAVEL", "TINDER", "71600011", "82700012", "93800013",
        "8543.9", "23.71", "8329.1", "7.93", "2.87", "8101.7",
        "8611.3", "8613.9", "0.000461", "1.83", 1640980000,
    ),
)  # fmt: skip


def sets_of(base: str, quote: str, *, perpetual: bool) -> tuple[Sentinels, ...]:
    """The sets, the first with that pair: tests may write their own out.

    Of perpetuals both have its quote: connectors tell one kind of contract from another by it.
    """
    first, *others = SETS
    own = replace(first, base=base or first.base, quote=quote or first.quote)
    return (own, *(replace(each, quote=own.quote) if perpetual else each for each in others))


# What a session is opened with and whose it is, in replies that no test shows.
SESSION = {
    "session.key": "sesame71500005", "session.lifetime": "3600", "account.number": "71900007",
    "market.number": "71200",
}  # fmt: skip


def facts(
    sentinels: Sentinels, side: str = "", order_type: str = "", status: str = "", symbol: str = ""
) -> dict[str, str]:
    """Every fact that a reply about an order of this set can hold, by its name in a description.

    `status` is open, partially_filled, filled or canceled; `symbol` the exchange's own name of the pair.
    """
    known = {
        "market.symbol": symbol,
        "market.base": sentinels.base,
        "market.quote": sentinels.quote,
        "market.number": SESSION["market.number"],
        "session.key": SESSION["session.key"],
        "ticker.last": sentinels.last_price,
        "funding.index_price": sentinels.index_price,
        "funding.mark_price": sentinels.mark_price,
        "funding.rate": sentinels.funding_rate,
        "funding.next_at": str(sentinels.next_funding),
        "payment.amount": sentinels.payment,
        "payment.rate": sentinels.funding_rate,
        "payment.at": str(sentinels.paid_at),
    }
    if side:
        known |= _of_order(sentinels, status)
        known["order.signed_amount"] = f"{'-' if side == 'SELL' else ''}{sentinels.amount}"
        known |= {"order.side": side.lower(), "order.type": order_type.lower(), "order.status": status}
    return {name: value for name, value in known.items() if value}


def usual(sentinels: Sentinels) -> dict[str, str]:
    """What an exchange with this set's pair answers where no test shows a reply."""
    return {
        **facts(sentinels, "BUY", "LIMIT", "open", sentinels.pair),
        "market.tick_size": "0.01", "market.lot_size": "0.01",
        "market.tick_decimals": "2", "market.lot_decimals": "2", "market.min_amount": "0.01",
        "market.min_notional": "1",
        "market.settle": sentinels.quote, "balance.asset": sentinels.quote, "balance.total": "2000000",
        "balance.free": "2000000", "balance.locked": "0",
    }  # fmt: skip


def _of_order(sentinels: Sentinels, status: str) -> dict[str, str]:
    price, amount = Decimal(sentinels.price), Decimal(sentinels.amount)
    fill_price, filled = _fill(sentinels, status)
    known = {
        "order.order_id": sentinels.order_id,
        "order.client_order_id": sentinels.client_order_id,
        "order.price": sentinels.price,
        "order.amount": sentinels.amount,
        "order.notional": _text(price * amount),
        "order.filled": _text(filled),
        "order.remaining": _text(amount - filled),
        "order.filled_quote": _text(fill_price * filled),
        "order.average_price": _text(fill_price),
        "order.created_at": str(sentinels.time),
    }
    if filled:
        known |= {
            "fill.trade_id": sentinels.trade_id,
            "fill.price": _text(fill_price),
            "fill.amount": _text(filled),
            "fill.quote_amount": _text(fill_price * filled),
            "fill.fee": sentinels.fee,
        }
    return known


def _fill(sentinels: Sentinels, status: str) -> tuple[Decimal, Decimal]:
    """Price and amount of what was filled in that state; upstream's kit fills whole orders at their price."""
    if status == "partially_filled":
        return Decimal(sentinels.fill_price), Decimal(sentinels.fill_amount)
    if status == "filled":
        return Decimal(sentinels.price), Decimal(sentinels.amount)
    return Decimal(0), Decimal(0)


def _text(number: Decimal) -> str:
    return format(number.normalize(), "f")


def same_address(asked: str, mocked: str) -> bool:
    """Whether a path that was asked for is one that tests mock, but for the account's number in it.

    Tests may mock a path as the source names it (`/contracts/{symbol}`).
    """
    number = SESSION["account.number"]
    if "{" in mocked:
        parts = map(re.escape, re.split(r"\{\w*\}", mocked))
        return re.fullmatch("[^/]+".join(parts), asked) is not None
    if asked == mocked or number not in asked:
        return asked == mocked
    return re.fullmatch(re.escape(asked).replace(number, r"\w+"), mocked) is not None
