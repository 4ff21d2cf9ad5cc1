"""What an account may ask: balances, fees, orders, fills, and a token for its streams."""

from __future__ import annotations

from decimal import Decimal

from harness.venue.dialects.kucoin import messages
from harness.venue.dialects.kucoin.market_routes import MarketRoutes
from harness.venue.dialects.kucoin.messages import order_id_text
from harness.venue.dialects.kucoin.parameters import Span, new_order, order_id, page
from harness.venue.dialects.kucoin.replies import (
    PARAMETER,
    REFUSALS,
    bad_parameter,
    refusal,
    refused_by_venue,
    success,
)
from harness.venue.dialects.messages import Reply
from harness.venue.dialects.routing import Call, rest
from harness.venue.dialects.wire import Json, ms
from harness.venue.market import Market
from harness.venue.model import Account, Fill, NewOrder, Order, Refusal, VenueRefusal
from harness.venue.session import Venue


class AccountRoutes(MarketRoutes):
    """The signed part of the REST API.

    `main_accounts` are what lies in main accounts, by the account's name and asset.
    """

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self.main_accounts: dict[str, dict[str, Decimal]] = {}

    @rest("GET", "/api/v1/accounts", operation="balances", weight=5, private=True)
    def accounts(self, call: Call) -> Reply:
        """Those of the trade account and of the main account, which holds what was put there."""
        asset, kind = call.params.get("currency"), call.params.get("type")
        name = call.account.name
        told = [messages.balance(name, balance) for balance in self.venue.balances(call.account)]
        told += [messages.in_main_account(name, *held) for held in self.main_accounts.get(name, {}).items()]
        wanted = [each for each in told if kind in (None, each["type"]) and asset in (None, each["currency"])]
        return success([*wanted])

    @rest("GET", "/api/v1/hf/accounts/opened", operation="balances", weight=30, private=True)
    def high_frequency_opened(self, call: Call) -> Reply:
        return success(False)

    @rest("GET", "/api/ua/v1/account/mode", operation="balances", weight=10, private=True)
    def account_mode(self, call: Call) -> Reply:
        return success({"selfAccountMode": "CLASSIC"})

    @rest("GET", "/api/v3/margin/symbols", operation="symbols", weight=3, private=True)
    def margin_symbols(self, call: Call) -> Reply:
        return success({"timestamp": ms(self.venue.clock.now()), "items": []})

    @rest("GET", "/api/v1/isolated/symbols", operation="symbols", weight=3, private=True)
    def isolated_symbols(self, call: Call) -> Reply:
        return success([])

    @rest("GET", "/api/v1/trade-fees", operation="fees", weight=3, private=True)
    def trade_fees(self, call: Call) -> Reply:
        names = call.params.get("symbols", "").split(",")
        if len(names) > 10:
            raise refusal(PARAMETER, "symbols: at most 10")
        return success([self._fees(self.market_named(name)) for name in names])

    def _fees(self, market: Market) -> Json:
        fees = messages.stats(self.venue, market)
        return {name: fees[name] for name in ("symbol", "takerFeeRate", "makerFeeRate")}

    @rest("POST", "/api/v1/orders", operation="place_order", weight=2, private=True)
    def place(self, call: Call) -> Reply:
        wanted = new_order(call.request.json(), self.market_named)
        with self.venue.lock:
            self._check_client_id(call.account, wanted)
            try:
                placed = self.venue.place(call.account, wanted)
            except VenueRefusal as refused:
                raise refused_by_venue(refused) from refused
        return success({"orderId": order_id_text(placed.order_id)})

    def _check_client_id(self, account: Account, wanted: NewOrder) -> None:
        """A `clientOid` is for one order ever, ended or not."""
        try:
            self.venue.order(account, client_order_id=wanted.client_order_id)
        except VenueRefusal:
            return
        raise refusal(*REFUSALS[Refusal.DUPLICATE_CLIENT_ORDER_ID])

    @rest("DELETE", "/api/v1/orders/{order_id}", operation="cancel_order", weight=3, private=True)
    def cancel(self, call: Call) -> Reply:
        gone = self._cancel(call.account, order_id=order_id(call.path["order_id"]))
        return success({"cancelledOrderIds": [order_id_text(gone.order_id)]})

    @rest(
        "DELETE", "/api/v1/order/client-order/{client_id}", operation="cancel_order", weight=5, private=True
    )
    def cancel_by_client_id(self, call: Call) -> Reply:
        gone = self._cancel(call.account, client_order_id=call.path["client_id"])
        return success({"cancelledOrderId": order_id_text(gone.order_id), "clientOid": gone.client_order_id})

    @rest("DELETE", "/api/v1/orders", operation="cancel_all", weight=20, private=True)
    def cancel_all(self, call: Call) -> Reply:
        with self.venue.lock:
            ids = [order.order_id for order in self.venue.open_orders(call.account, self._wanted(call))]
            for number in ids:
                self._cancel(call.account, order_id=number)
        return success({"cancelledOrderIds": [order_id_text(number) for number in ids]})

    def _cancel(
        self, account: Account, order_id: int | None = None, client_order_id: str | None = None
    ) -> Order:
        try:
            return self.venue.cancel(account, order_id, client_order_id)
        except VenueRefusal as refused:
            raise refusal(*REFUSALS[Refusal.ORDER_NOT_OPEN]) from refused

    @rest("GET", "/api/v1/orders/{order_id}", operation="order_status", weight=2, private=True)
    def order(self, call: Call) -> Reply:
        found = self._find(call.account, order_id=order_id(call.path["order_id"]))
        return success(self._order(call.account, found))

    @rest("GET", "/api/v1/order/client-order/{client_id}", operation="order_status", weight=3, private=True)
    def order_by_client_id(self, call: Call) -> Reply:
        """Only while it is open."""
        found = self._find(call.account, client_order_id=call.path["client_id"])
        if not found.status.live:
            raise refusal(*REFUSALS[Refusal.UNKNOWN_ORDER])
        return success(self._order(call.account, found))

    def _find(
        self, account: Account, order_id: int | None = None, client_order_id: str | None = None
    ) -> Order:
        try:
            return self.venue.order(account, order_id, client_order_id)
        except VenueRefusal as refused:
            raise refused_by_venue(refused) from refused

    @rest("GET", "/api/v1/orders", operation="open_orders", weight=2, private=True)
    def orders(self, call: Call) -> Reply:
        """Those still open with `status=active`, else those of the span that ended."""
        status, market, account = call.params.get("status", "done"), self._wanted(call), call.account
        if status == "active":
            found = list(self.venue.open_orders(account, market))
        elif status == "done":
            span = Span.of(call, self.venue.clock.now())
            ended = (order for order in self.venue.orders(account, market) if not order.status.live)
            found = [order for order in ended if span.holds(order.created_at)]
        else:
            raise bad_parameter("status")
        side = call.params.get("side")
        found = [order for order in reversed(found) if side in (None, order.side.value)]
        return success(page(call, found, lambda order: self._order(account, order)))

    @rest("GET", "/api/v1/fills", operation="order_trades", weight=10, private=True)
    def fills(self, call: Call) -> Reply:
        """An order's, or the span's, newest first."""
        account, wanted = call.account, call.params.get("orderId")
        if wanted:
            fills = list(self.venue.fills(account, order_id=order_id(wanted)))
        else:
            span, side = Span.of(call, self.venue.clock.now()), call.params.get("side")
            of_market = self.venue.fills(account, self._wanted(call))
            fills = [f for f in of_market if span.holds(f.at) and side in (None, f.side.value)]
        return success(page(call, fills[::-1], lambda fill: self._fill(account, fill)))

    def _order(self, account: Account, order: Order) -> Json:
        return messages.order(order, self.venue.fills(account, order_id=order.order_id))

    def _fill(self, account: Account, fill: Fill) -> Json:
        trade = next(t for t in reversed(self.venue.trades(fill.market)) if t.trade_id == fill.trade_id)
        counter = trade.taker_order_id if fill.maker else trade.maker_order_id
        return messages.fill(fill, self.venue.order_of(account, fill), counter)

    def _wanted(self, call: Call) -> Market | None:
        """The market that a list is limited to."""
        name = call.params.get("symbol")
        return self.market_named(name) if name else None

    @rest("POST", "/api/v1/bullet-private", operation="user_stream_open", weight=10, private=True)
    def bullet_private(self, call: Call) -> Reply:
        return self.bullet(call.account)
