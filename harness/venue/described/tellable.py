"""The scope that a reply is told from: the rows and facts that its template may name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from harness.venue.described.requested import Asked
from harness.venue.described.templates import Scope
from harness.venue.described.venue_facts import VenueFacts
from harness.venue.market import Market
from harness.venue.model import Account, Order, OrderStatus
from harness.venue.operations.lookup import find
from harness.venue.operations.paging import page
from harness.venue.operations.refusals import RequestError, RequestRefused
from harness.venue.positions import Position

Row = TypeVar("Row")


class Tellable:
    """What the venue has to tell in answer to a request, made when a reply asks for it."""

    def __init__(self, facts: VenueFacts, depth: int) -> None:
        self._facts = facts
        self._venue = facts.venue
        self._depth = depth

    def scope(self, asked: Asked) -> Scope:
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
            "asset": lambda: [facts.asset_of(each) for each in assets if named(each)],
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
        found = tuple(order for order in found if among(state, order))
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


def among(rows: str, order: Order) -> bool:
    """Whether an order is one of those that a description's rows hold."""
    match rows:
        case "open":
            return order.status.live
        case "filled":
            return order.status is OrderStatus.FILLED
    return rows != "ended" or not order.status.live


def _group(orders: list[Scope]) -> Scope:
    return Scope({"group": lambda: {"count": len(orders)}}, {"order": lambda: orders})
