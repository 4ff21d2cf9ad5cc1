"""What Binance's spot and futures APIs have in common: keys, signatures, limits, listen keys, parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar

from pydantic import JsonValue

from harness.venue.dialects.base import Dialect
from harness.venue.dialects.binance import parameters
from harness.venue.dialects.binance.errors import error
from harness.venue.dialects.binance.limits import SPOT, Limits, Rules
from harness.venue.dialects.binance.messages import symbol_of
from harness.venue.dialects.binance.parameters import integer, limit, required
from harness.venue.dialects.binance.security import account_of, check_request
from harness.venue.dialects.listen_keys import ListenKeys
from harness.venue.dialects.messages import Refused, Reply, Request
from harness.venue.dialects.routing import Call, Route
from harness.venue.dialects.wire import Json, ms
from harness.venue.market import Market
from harness.venue.model import Account, Fill, Order, Trade, VenueRefusal
from harness.venue.session import Venue

LISTEN_KEY_SECONDS = 3600.0
KEY_ONLY = frozenset({"user_stream_open", "user_stream_renew", "user_stream_close"})
NO_LISTEN_KEY = (-1125, "This listenKey does not exist.")


class BinanceApi(Dialect):
    """A base for either."""

    limits_rules: ClassVar[Rules] = SPOT

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self.limits = Limits(self.limits_rules)
        self.listen_keys = ListenKeys(LISTEN_KEY_SECONDS)
        self._generations: dict[str, int] = {}

    def symbol(self, market: Market) -> str:
        return symbol_of(market)

    def authenticate(self, request: Request, route: Route) -> Account:
        account = account_of(self.venue, request.header("X-MBX-APIKEY"))
        if route.operation not in KEY_ONLY:
            check_request(request, account, ms(self.received_at(request)), ms(self.slack))
        return account

    def admit(self, request: Request, route: Route) -> None:
        self.limits.admit(request.client, self.weigh(request, route), self.received_at(request))

    def finish(self, request: Request, route: Route, reply: Reply) -> Reply:
        own = self.limits.headers(request.client, self.received_at(request))
        return replace(reply, headers={**own, **reply.headers})

    def unknown_route(self, request: Request) -> Reply:
        return Reply(404, {"Content-Type": "text/html"}, b"<html><body><h2>404 Not found</h2></body></html>")

    def expire_user_streams(self, account: Account) -> None:
        self.listen_keys.expire(account)
        self._generations[account.name] = self.generation(account) + 1

    def generation(self, account: Account) -> int:
        """Goes up when the account's user data streams are ended."""
        return self._generations.get(account.name, 0)

    def key_owner(self, key: str) -> Account | None:
        """Whose private stream a listen key opens, as long as it lives."""
        return self.listen_keys.account_of(key, self.venue.clock.now())

    def _market(self, call: Call) -> Market:
        return self.market_named(required(call.params, "symbol"))

    def unknown_market(self) -> Refused:
        return error(-1121, "Invalid symbol.")

    def _open_orders(self, call: Call) -> tuple[Order, ...]:
        """The account's open orders, of the market that is named or of all."""
        return self.venue.open_orders(call.account, self._market(call) if "symbol" in call.params else None)

    def _newest_orders(self, call: Call) -> tuple[Order, ...]:
        """The last orders of the account in the market that is named, as many as are asked for."""
        return self.venue.orders(call.account, self._market(call))[-limit(call.params, 500, 1000) :]

    def _own_order(
        self,
        call: Call,
        market: Market,
        order_id: int | None,
        client_id: str | None,
        unknown: tuple[int, str],
    ) -> Order:
        """The account's order in a market by either id; raises `unknown` where there is none."""
        try:
            order = self.venue.order(call.account, order_id, client_id)
        except VenueRefusal:
            raise error(*unknown) from None
        if order.market != market:
            raise error(*unknown)
        return order

    def _fills(self, call: Call, longest: int | None = None) -> Sequence[Fill]:
        """The fills that a list of an account's trades is asked for: the newest, or those from a start on.

        `longest`: milliseconds that may lie between start and end.
        """
        params, market = call.params, self._market(call)
        since, until = integer(params, "startTime"), integer(params, "endTime")
        first, most = integer(params, "fromId"), limit(params, 500, 1000)
        if longest is not None and since is not None and until is not None and until - since > longest:
            raise error(-1127, "More than 24 hours between startTime and endTime.")
        fills = [
            fill
            for fill in self.venue.fills(call.account, market, integer(params, "orderId"))
            if (since is None or ms(fill.at) >= since)
            and (until is None or ms(fill.at) <= until)
            and (first is None or fill.trade_id >= first)
        ]
        newest = since is None and first is None
        return fills[-most:] if newest else fills[:most]

    def _chosen(self, call: Call) -> tuple[Market, ...]:
        """The markets that `symbol` or `symbols` name, or all."""
        if "symbol" in call.params:
            return (self._market(call),)
        if "symbols" not in call.params:
            return self.venue.markets
        return tuple(map(self.market_named, parameters.names(call.params["symbols"])))

    def _tickers(self, call: Call, make: Callable[[Venue, Market], Json]) -> JsonValue:
        if "symbol" in call.params:
            return make(self.venue, self._market(call))
        return [make(self.venue, market) for market in self._chosen(call)]

    def _recent(self, call: Call) -> tuple[Trade, ...]:
        params, most = call.params, limit(call.params, 500, 1000)
        first, since = integer(params, "fromId"), integer(params, "startTime")
        trades = self.venue.trades(self._market(call))
        if first is None and since is None:
            return trades[-most:]
        later = [t for t in trades if t.trade_id >= (first or 0) and ms(t.at) >= (since or 0)]
        return tuple(later[:most])
