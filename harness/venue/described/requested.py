"""What a REST request asks for, in the venue's words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from harness.venue.described.model import Description, Rows
from harness.venue.described.order_rules import Orders
from harness.venue.described.templates import Missing
from harness.venue.described.values import Fact, Unreadable
from harness.venue.market import Market
from harness.venue.model import (
    Account,
    NewOrder,
    OrderType,
    PositionSide,
    Refusal,
    Side,
    TimeInForce,
    VenueRefusal,
)
from harness.venue.operations.lookup import Named, number_or_name
from harness.venue.operations.paging import Page

Found = Mapping[str, Fact]


@dataclass(frozen=True)
class Asked:
    """A request that was understood: `found` is what it carries, `market` the one that it names."""

    operation: str
    account: Account | None
    market: Market | None
    found: Found
    rows: Rows

    @property
    def who(self) -> Account:
        if self.account is None:
            raise LookupError(f"{self.operation} is described as public, and tells of an account")
        return self.account

    @property
    def named(self) -> Named:
        """The order that the request names."""
        any_id, number, name = (
            self.found.get(f"order.{key}") for key in ("any_id", "order_id", "client_order_id")
        )
        if any_id is not None:
            return number_or_name(str(any_id))
        if isinstance(number, int):
            return Named(number)
        return Named(None, None if name is None else str(name))

    @property
    def page(self) -> Page:
        said = {
            name: self.found.get(f"page.{name}") for name in ("limit", "since", "until", "offset", "number")
        }
        given: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
        after = self.found.get("page.from_id")
        return Page(after=after if isinstance(after, int) else None, **given)

    def text(self, name: str) -> str | None:
        value = self.found.get(name)
        return None if value is None else str(value)

    def decimal(self, name: str) -> Decimal | None:
        value = self.found.get(name)
        return value if isinstance(value, Decimal) else None


def new_order(asked: Asked, description: Description) -> NewOrder:
    """The order that was asked for; raises Unreadable or VenueRefusal."""
    if asked.market is None:
        raise VenueRefusal(Refusal.UNKNOWN_MARKET)
    rules, found = description.orders, asked.found
    signed = asked.decimal("order.signed_amount")
    kind = OrderType(asked.text("order.type") or "limit")
    side = Side(asked.text("order.side") or ("sell" if signed is not None and signed < 0 else "buy"))
    name = asked.text("order.client_order_id")
    if name and rules.client_order_id and not re.fullmatch(rules.client_order_id, name):
        raise Unreadable(name)
    by_value = kind is OrderType.MARKET and side is Side.BUY and rules.market_buy_in == "quote"
    amount, quote = _amounts(asked, by_value=by_value)
    if kind is OrderType.LIMIT and asked.decimal("order.price") is None:
        raise Missing("price", "order.price")
    if amount is None and quote is None:
        raise Missing("amount", "order.amount")
    if rules.zero_price_is_market and asked.decimal("order.price") == 0:
        kind = OrderType.MARKET
    force = _time_in_force(asked, kind, rules)
    reduces = found.get("order.reduce_only") is True
    if reduces and not rules.reduce_only_rests and force is TimeInForce.GTC:
        raise Unreadable("a reduce-only order that may rest")
    expires = found.get("order.expires_at")
    return NewOrder(
        market=asked.market,
        side=side,
        type=kind,
        amount=amount,
        price=asked.decimal("order.price") if kind is OrderType.LIMIT else None,
        quote_amount=quote,
        time_in_force=force,
        post_only=found.get("order.post_only") is True,
        client_order_id=name or None,
        name_may_repeat=rules.repeated_client_order_ids == "taken",
        expires_at=expires if isinstance(expires, float) else None,
        reduce_only=reduces,
        position_side=PositionSide(asked.text("order.position_side") or "both"),
    )


def _amounts(asked: Asked, *, by_value: bool) -> tuple[Decimal | None, Decimal | None]:
    """(in base, in quote); `by_value`: an amount that says not of what it is, is of quote."""
    signed, stated = asked.decimal("order.signed_amount"), asked.decimal("order.asked")
    amount = asked.decimal("order.amount") if signed is None else abs(signed)
    quote = asked.decimal("order.quote_amount")
    if stated is None:
        return amount, quote
    return (None, stated) if by_value else (stated, quote)


def _time_in_force(asked: Asked, kind: OrderType, rules: Orders) -> TimeInForce:
    named = asked.text("order.time_in_force")
    if kind is OrderType.LIMIT:
        return TimeInForce(named or TimeInForce.GTC)
    if rules.market_time_in_force and named not in rules.market_time_in_force:
        raise Unreadable(f"a market order with the time in force {named or 'of its default'}")
    return TimeInForce.IOC
