"""What a REST request asks for, in the venue's words, and the scope that its reply is told from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, TypeVar

from harness.venue.described.model import Description, Rows
from harness.venue.described.templates import Missing, Scope
from harness.venue.described.values import Fact, Unreadable
from harness.venue.described.venue_facts import VenueFacts
from harness.venue.market import Market
from harness.venue.model import (
    Account,
    NewOrder,
    Order,
    OrderType,
    PositionSide,
    Refusal,
    Side,
    TimeInForce,
    VenueRefusal,
)  # fmt: skip
from harness.venue.operations.lookup import Named, cancel, find, number_or_name
from harness.venue.operations.paging import Page, page
from harness.venue.operations.refusals import RequestError, RequestRefused
from harness.venue.positions import MarginMode, Position, PositionMode

Row = TypeVar("Row")
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
    stated = asked.decimal("order.asked")
    amount = asked.decimal("order.amount") if signed is None else abs(signed)
    by_value = kind is OrderType.MARKET and side is Side.BUY and rules.market_buy_in == "quote"
    quote = asked.decimal("order.quote_amount")
    if stated is not None:
        amount, quote = (None, stated) if by_value else (stated, quote)
    if kind is OrderType.LIMIT and asked.decimal("order.price") is None:
        raise Missing("price", "order.price")
    if amount is None and quote is None:
        raise Missing("amount", "order.amount")
    if rules.zero_price_is_market and asked.decimal("order.price") == 0:
        kind = OrderType.MARKET
    named = asked.text("order.time_in_force")
    if kind is OrderType.MARKET and rules.market_time_in_force and named not in rules.market_time_in_force:
        raise Unreadable(f"a market order with the time in force {named or 'of its default'}")
    usual = TimeInForce.IOC if kind is OrderType.MARKET else TimeInForce.GTC
    force = usual if kind is OrderType.MARKET else TimeInForce(named or usual)
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
        expires_at=expires if isinstance(expires, float) else None,
        reduce_only=found.get("order.reduce_only") is True,
        position_side=PositionSide(asked.text("order.position_side") or "both"),
    )


class Answering:
    """Does what a request asks for and gives what its reply can tell."""

    def __init__(self, description: Description, facts: VenueFacts, depth: int) -> None:
        self._description = description
        self._facts = facts
        self._venue = facts.venue
        self._depth = depth
        self._actions: dict[str, Callable[[Asked], Scope]] = {
            "place_order": self._place, "amend_order": self._amend, "cancel_order": self._cancel,
            "cancel_all": self._cancel_all, "set_leverage": self._set_leverage,
            "position_mode": self._position_mode, "margin_mode": self._margin_mode,
        }  # fmt: skip

    def answer(self, asked: Asked) -> Scope:
        """Raises VenueRefusal or Unreadable."""
        scope = self._scope(asked)
        act = self._actions.get(asked.operation)
        if act is not None:
            return act(asked).within(scope)
        if asked.operation == "order_status" and asked.named:
            order = find(self._venue, asked.who, asked.named)
            if asked.rows.of == "open" and not order.status.live:
                raise VenueRefusal(Refusal.UNKNOWN_ORDER)
            return self._one(asked, order).within(scope)
        return scope

    def _place(self, asked: Asked) -> Scope:
        wanted = self.hedged(asked, new_order(asked, self._description))
        leverage = asked.decimal("order.leverage")
        if leverage is not None and wanted.market.perpetual:
            self._venue.set_leverage(asked.who, wanted.market, leverage)
        return self._one(asked, self._venue.place(asked.who, wanted))

    def _one(self, asked: Asked, order: Order) -> Scope:
        """One order, also where a reply has it as the only row of a list."""
        told = self._facts.order(asked.who, order)
        return Scope(told.objects, {**told.rows, "order": lambda: [told]})

    def hedged(self, asked: Asked, order: NewOrder) -> NewOrder:
        """The order with its side, where the exchange does not let it be named."""
        named = self._description.orders.hedge_side == "told"
        if (
            named
            or not order.market.perpetual
            or self._venue.position_mode(asked.who) is PositionMode.ONE_WAY
        ):
            return order
        opens_long = (order.side is Side.BUY) != order.reduce_only
        return replace(
            order, position_side=PositionSide.LONG if opens_long else PositionSide.SHORT, reduce_only=False
        )

    def _amend(self, asked: Asked) -> Scope:
        order = find(self._venue, asked.who, asked.named)
        changed = self._venue.amend(
            asked.who,
            order.order_id,
            price=asked.decimal("order.price"),
            amount=asked.decimal("order.amount"),
        )
        return self._one(asked, changed)

    def _cancel(self, asked: Asked) -> Scope:
        if not asked.named:
            raise Unreadable("no id of an order")
        return self._one(asked, cancel(self._venue, asked.who, asked.named))

    def _cancel_all(self, asked: Asked) -> Scope:
        """All that are open, or those that are named; `failed` has the named ones that could not be."""
        named = asked.text("order.order_ids")
        if named is not None:
            return self._cancel_these(asked.who, named.split(","))
        numbers = [order.order_id for order in self._venue.open_orders(asked.who, asked.market)]
        gone = [self._venue.cancel(asked.who, number) for number in numbers]
        return Scope({}, {"order": lambda: [self._facts.order(asked.who, order) for order in gone]})

    def _cancel_these(self, account: Account, names: Sequence[str]) -> Scope:
        gone, failed = [], []
        for name in names:
            number = number_or_name(name).order_id
            order = Scope({"order": lambda name=name: {"order_id": name}})  # type: ignore[misc]
            try:
                gone.append(self._facts.order(account, self._venue.cancel(account, number or 0)))
            except VenueRefusal as error:
                if error.code is Refusal.ORDER_NOT_OPEN:
                    order = self._facts.order(account, self._venue.order(account, number))
                failed.append(order)
        return Scope({}, {"order": lambda: gone, "failed": lambda: failed})

    def refused_order(self, asked: Asked | None, why: Refusal) -> Scope:
        """What the refusal of a request can tell of the order that it names: nothing of an unknown one."""
        if asked is None or asked.account is None or not asked.named or why is not Refusal.ORDER_NOT_OPEN:
            return Scope({"order": dict})
        return self._facts.order(asked.account, find(self._venue, asked.account, asked.named))

    def _set_leverage(self, asked: Asked) -> Scope:
        value = asked.decimal("position.leverage")
        for market in self._venue.markets if asked.market is None else (asked.market,):
            if value is not None:
                self._venue.set_leverage(asked.who, market, value)
        return Scope({"position": lambda: {"leverage": self._leverage(asked)}})

    def _leverage(self, asked: Asked) -> Fact:
        return None if asked.market is None else self._venue.leverage(asked.who, asked.market)

    def _position_mode(self, asked: Asked) -> Scope:
        mode = asked.text("account.position_mode")
        if mode is not None:
            self._venue.set_position_mode(asked.who, PositionMode(mode))
        return Scope()

    def _margin_mode(self, asked: Asked) -> Scope:
        mode = asked.text("account.margin_mode") or asked.text("position.margin_mode")
        if mode is not None and asked.market is not None:
            self._venue.set_margin_mode(asked.who, asked.market, MarginMode(mode))
        return Scope()

    def _scope(self, asked: Asked) -> Scope:
        """Everything that a reply may tell of, made when it is asked for."""
        facts, venue, chosen = self._facts, self._venue, asked.market
        markets = venue.markets if chosen is None else (chosen,)
        assets = dict.fromkeys(asset for each in venue.markets for asset in (each.base, each.quote))
        wanted = asked.text("asset.name") or asked.text("balance.asset")

        def named(asset: str) -> bool:
            return wanted is None or facts.asset(asset) == wanted

        if wanted is not None and asked.account is None and not any(map(named, assets)):
            raise RequestRefused(RequestError.UNKNOWN_ASSET, wanted)
        rows: dict[str, Callable[[], Iterable[Scope]]] = {
            "market": lambda: map(facts.market, markets),
            "ticker": lambda: map(facts.market, markets),
            "funding": lambda: map(facts.market, markets),
            "asset": lambda: [_asset(facts.asset(each)) for each in assets if named(each)],
        }
        if chosen is not None:
            rows["trade"] = lambda: map(
                facts.trade, self._cut(asked, venue.trades(chosen), lambda t: t.at, lambda t: t.trade_id)
            )
        if asked.account is not None:
            rows |= self._rows_of_account(asked, asked.account, named)
        scope = Scope({} if wanted is None else {"asset": lambda: {"name": wanted}}, rows)
        if asked.account is not None:
            scope = scope.within(self._only_margin(asked.account)).within(facts.account(asked.account))
        if chosen is None and asked.operation == "fees":
            return scope.within(facts.market(venue.markets[0])).within(facts.now())
        if chosen is None:
            return scope.within(facts.now())
        return scope.within(self._book(asked, chosen)).within(facts.market(chosen)).within(facts.now())

    def _only_margin(self, account: Account) -> Scope:
        """The account's margin, where all is settled in one asset."""
        settled = {each.settle_asset for each in self._venue.markets if each.perpetual}
        return self._facts.margin(account, *settled) if len(settled) == 1 else Scope()

    def _rows_of_account(
        self, asked: Asked, account: Account, named: Callable[[str], bool]
    ) -> dict[str, Callable[[], Iterable[Scope]]]:
        facts, venue, market = self._facts, self._venue, asked.market
        settled = dict.fromkeys(each.settle_asset for each in venue.markets if each.perpetual)
        order_id = self._order_of_fills(asked, account)
        return {
            "balance": lambda: [facts.balance(each) for each in venue.balances(account) if named(each.asset)],
            "margin": lambda: [facts.margin(account, each) for each in settled if named(each)],
            "order": lambda: [facts.order(account, each) for each in self._orders(asked, account)],
            "group": lambda: self._groups(asked, account),
            "fill": lambda: [
                facts.fill(account, each)
                for each in self._cut(
                    asked, venue.fills(account, market, order_id()), lambda f: f.at, lambda f: f.trade_id
                )
            ],
            "position": lambda: [
                facts.position(each)
                for each in self._positions(asked, account)
                if market in (None, each.market)
            ],
            "payment": lambda: [
                facts.payment(each)
                for each in self._cut(
                    asked, venue.funding_payments(account, market), lambda p: p.at, lambda p: p.payment_id
                )
            ],
        }

    def _positions(self, asked: Asked, account: Account) -> list[Position]:
        held = list(self._venue.positions(account))
        if not asked.rows.flat:
            return held
        taken = {each.market for each in held}
        flat = [market for market in self._venue.markets if market not in taken]
        return [*held, *(self._venue.position(account, market) for market in flat)]

    def _order_of_fills(self, asked: Asked, account: Account) -> Callable[[], int | None]:
        def number() -> int | None:
            named = asked.named
            if named.order_id is not None or not named:
                return named.order_id
            return find(self._venue, account, named).order_id

        return number

    def _orders(self, asked: Asked, account: Account) -> list[Order]:
        state = asked.text("page.state") or ("open" if asked.operation == "open_orders" else asked.rows.of)
        if state == "open":
            found = self._venue.open_orders(account, asked.market)
        else:
            found = self._venue.orders(account, asked.market)
        if state == "ended":
            found = tuple(order for order in found if not order.status.live)
        return self._cut(asked, found, lambda order: order.created_at, lambda order: order.order_id)

    def _groups(self, asked: Asked, account: Account) -> list[Scope]:
        """The orders of each market that has some."""
        orders, found = self._orders(asked, account), []
        for market in dict.fromkeys(order.market for order in orders):
            told = [self._facts.order(account, order) for order in orders if order.market == market]
            found.append(_group(told).within(self._facts.market(market)))
        return found

    def _cut(
        self, asked: Asked, rows: Sequence[Row], at: Callable[[Row], float], id_of: Callable[[Row], int]
    ) -> list[Row]:
        newest = asked.rows.order == "newest first"
        usual, most = asked.rows.usual, asked.rows.most
        return page(rows, asked.page, at=at, id_of=id_of, newest_first=newest, usual=usual, most=most)

    def _book(self, asked: Asked, market: Market) -> Scope:
        limit = asked.page.limit or asked.rows.usual or self._depth
        book = self._venue.book(market, min(limit, asked.rows.most or self._depth))
        facts = {"sequence": book.sequence, "last": book.sequence, "first": book.sequence, "at": book.at}
        return self._facts.book(facts, book.bids, book.asks)


def _group(orders: list[Scope]) -> Scope:
    return Scope({"group": lambda: {"count": len(orders)}}, {"order": lambda: orders})


def _asset(name: str) -> Scope:
    return Scope({"asset": lambda: {"name": name}})
