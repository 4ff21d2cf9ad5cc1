"""What Hyperliquid's API has in common for spot and perpetuals: `/info` asks, `/exchange` acts, `/ws` tells.

Source: hyperliquid.gitbook.io/hyperliquid-docs (for-developers/api: info-endpoint, exchange-endpoint,
rate-limits-and-user-limits, nonces-and-api-wallets), read against what ccxt's `hyperliquid` and Hummingbot's
connectors call. Candles, trigger orders, vaults, agents, and what moves money between accounts are not
served. What is asked stands in a `type`, so each of them is a route below its endpoint.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cached_property
from typing import ClassVar

from pydantic import JsonValue

from harness.venue.dialects.base import Call, Dialect, Refused, Reply, Request, Route, rest, stream
from harness.venue.dialects.day import day
from harness.venue.dialects.hyperliquid.signatures import ADDRESS, Nonces, address_of, private_key, signer
from harness.venue.dialects.hyperliquid.streams import Session
from harness.venue.dialects.hyperliquid.words import (
    CLOID,
    MISSING,
    Mistake,
    basic_order,
    err,
    fill_data,
    full_order,
    hash_of,
    levels,
    malformed,
    new_order,
    number,
    ok,
    public_trade,
    with_status,
    worded,
)
from harness.venue.dialects.rates import FixedWindows
from harness.venue.dialects.wire import Json, ms, parsed
from harness.venue.market import Market
from harness.venue.model import ZERO, Account, Fill, Order, OrderStatus, Side, TimeInForce, VenueRefusal
from harness.venue.positions import FundingPayment
from harness.venue.session import Venue

HOST, INTERFACE_HOST = "api.hyperliquid.xyz", "api-ui.hyperliquid.xyz"
ENDPOINTS = ("/info", "/exchange")
DEPTH = 20  # levels of a side, always
WEIGHT, MINUTE = 1200, 60  # an address of the internet's
ACTIONS = 10_000  # of an account, and one more for each USDC traded
NEWEST = 2000  # fills or orders in a reply


class HyperliquidApi(Dialect):
    """One kind of market. An account is known by its wallet's address once it was given its key."""

    rest_hosts: ClassVar[tuple[str, ...]] = (HOST, INTERFACE_HOST)
    stream_hosts: ClassVar[tuple[str, ...]] = (HOST, INTERFACE_HOST)

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self.sessions: list[Session] = []
        self._wallets: dict[str, Account] = {}
        self._weights = FixedWindows(WEIGHT, MINUTE)
        self._nonces = Nonces()
        self._actions: dict[str, int] = {}

    # -- what the base asks for

    def wallet(self, account: Account) -> tuple[str, str]:
        """The account's address and private key; from now on that address is known."""
        key = private_key(account.api_secret)
        address = address_of(key)
        self._wallets[address] = account
        return address, key

    def credentials(self, account: Account) -> dict[str, str]:
        address, key = self.wallet(account)
        return {f"{self.name}_address": address, f"{self.name}_secret_key": key}

    def hidden(self, account: Account) -> frozenset[str]:
        return frozenset({self.wallet(account)[1]})

    def ccxt_credentials(self, account: Account) -> dict[str, str]:
        address, key = self.wallet(account)
        return {"walletAddress": address, "privateKey": key}

    def ccxt_options(self) -> dict[str, JsonValue]:
        """A builder of ccxt's is paid nothing, so that nobody has to approve of its fee."""
        kind = "swap" if self.markets[0].perpetual else "spot"
        return {
            "defaultType": kind,
            "fetchMarkets": {"types": [kind]},
            "approvedBuilderFee": True,
            "builderFee": False,
        }

    def find(self, request: Request) -> tuple[Route, dict[str, str]] | None:
        """By the `type` of what is asked, or of the action."""
        if request.path not in ENDPOINTS or request.host not in self.rest_hosts:
            return None
        said = parsed(request.body)
        asked = said.get("action") if request.path == "/exchange" else said
        kind = asked.get("type") if isinstance(asked, dict) else None
        path = f"{request.path}/{kind}"
        return next(((r, {}) for r in self.routes if (r.method, r.path) == (request.method, path)), None)

    def unknown_route(self, request: Request) -> Reply:
        if request.path in ENDPOINTS and request.method == "POST":
            return malformed().reply
        return Reply(404, {}, b"")

    def authenticate(self, request: Request, route: Route) -> Account:
        """The account of the wallet that signed the action, with a nonce that is recent and new."""
        said = parsed(request.body)
        nonce, vault, expires = said.get("nonce"), said.get("vaultAddress"), said.get("expiresAfter")
        if not isinstance(nonce, int) or not isinstance(expires, int | None):
            raise malformed()
        if vault is not None and not (isinstance(vault, str) and re.fullmatch("(0x)?[0-9a-fA-F]{40}", vault)):
            raise malformed()
        try:
            address = signer(said.get("action"), nonce, vault, expires, said.get("signature"))
        except ValueError as error:
            raise malformed() from error
        account = self.account_at(address)
        if account is None or not self.venue.balances(account):
            raise err(f"User or API Wallet {address} does not exist.")
        if vault is not None:
            raise err(f"Vault not registered: {vault}")
        now = ms(self.received_at(request))
        if expires is not None and expires < now:
            raise err(f"Action expired: {expires}")
        fault = self._nonces.fault(address, nonce, now)
        if fault is not None:
            raise err(fault)
        self._count_action(account)
        return account

    def account_at(self, address: JsonValue) -> Account | None:
        """Whose wallet that is; None where nobody's, or of an account that was revoked."""
        account = self._wallets.get(address.lower()) if isinstance(address, str) else None
        return account if account and self.venue.account_of_key(account.api_key) else None

    def _count_action(self, account: Account) -> None:
        used = self._actions.get(account.name, 0)
        traded = sum((fill.quote_amount for fill in self.venue.fills(account)), ZERO)
        if used >= ACTIONS + traded:
            raise err(
                f"Too many cumulative requests sent ({used} > {ACTIONS + int(traded)}) for cumulative volume "
                f"traded ${traded:.2f}. Place taker orders to free up 1 request per USDC traded."
            )
        self._actions[account.name] = used + 1

    def weigh(self, request: Request, route: Route) -> int:
        """A batch of orders or cancellations costs one more for every forty of them."""
        action = parsed(request.body).get("action")
        batch = (action.get("orders") or action.get("cancels")) if isinstance(action, dict) else None
        return route.weight + (len(batch) // 40 if isinstance(batch, list) else 0)

    def admit(self, request: Request, route: Route) -> None:
        use = self._weights.use(request.client, self.weigh(request, route), self.received_at(request))
        if use.over:
            raise Refused(self.too_many_requests(1))

    def too_many_requests(self, retry_after: int) -> Reply:
        return Reply(429, {}, None)

    def expire_user_streams(self, account: Account) -> None:
        """Subscriptions never run out here; the server hangs up, as it does when it is restarted."""
        for session in self.sessions:
            session.expired = session.expired or session.account == account

    # -- markets

    @cached_property
    def listed(self) -> tuple[Market, ...]:
        """In the order of the exchange's universe."""
        return self.venue.markets

    @property
    def first_asset(self) -> int:
        """The number of the first market as an asset of orders."""
        return 0

    def asset(self, market: Market) -> int:
        return self.first_asset + self.listed.index(market)

    def market_at(self, asset: JsonValue) -> Market:
        """Raises `Refused` for an asset that there is not."""
        if not isinstance(asset, int) or isinstance(asset, bool):
            raise malformed()
        index = asset - self.first_asset
        if not 0 <= index < len(self.listed):
            raise err(f"Invalid asset: {asset}")
        return self.listed[index]

    def _market(self, call: Call) -> Market:
        market = self.market_of(str(self.said(call).get("coin")))
        if market is None:
            raise Refused(Reply(500, {}, None))
        return market

    def said(self, call: Call) -> Json:
        return parsed(call.request.body)

    def middle(self, market: Market) -> str | None:
        """Between the best prices; None while a side is empty."""
        book = self.venue.book(market, 1)
        return number((book.bids[0].price + book.asks[0].price) / 2) if book.bids and book.asks else None

    def context(self, market: Market) -> Json:
        """What changes of a market (`…AssetCtxs`, `activeAssetCtx`)."""
        today = day(self.venue, market)
        return {
            "dayNtlVlm": number(today.value), "dayBaseVlm": number(today.volume),
            "prevDayPx": number(today.open), "midPx": self.middle(market),
            "markPx": number(self.mark(market)),
        }  # fmt: skip

    def mark(self, market: Market) -> Decimal:
        raise NotImplementedError

    @rest("POST", "/info/exchangeStatus", operation="server_time", weight=2)
    def exchange_status(self, call: Call) -> JsonValue:
        return {"time": ms(self.venue.clock.now()), "specialStatuses": None}

    @rest("POST", "/info/allMids", operation="tickers", weight=2)
    def all_mids(self, call: Call) -> JsonValue:
        return self.mids()

    def mids(self) -> Json:
        told = {self.symbol(market): self.middle(market) for market in self.listed}
        return {coin: middle for coin, middle in told.items() if middle is not None}

    @rest("POST", "/info/l2Book", operation="order_book", weight=2)
    def order_book(self, call: Call) -> JsonValue:
        return self.book(self._market(call))

    def book(self, market: Market) -> Json:
        view = self.venue.book(market, DEPTH)
        now = ms(self.venue.clock.now())
        return {"coin": self.symbol(market), "time": now, "levels": [levels(view.bids), levels(view.asks)]}

    @rest("POST", "/info/recentTrades", operation="trades", weight=20)
    def recent_trades(self, call: Call) -> JsonValue:
        """Newest first."""
        market = self._market(call)
        return [
            public_trade(trade, self.symbol(market))
            for trade in self.venue.trades(market)[: -NEWEST - 1 : -1]
        ]

    # -- the account: questions are not signed, anybody may ask about any address

    def _asked(self, call: Call) -> Account | None:
        address = self.said(call).get("user")
        if not (isinstance(address, str) and ADDRESS.fullmatch(address)):
            raise malformed()
        return self.account_at(address)

    @rest("POST", "/info/spotClearinghouseState", operation="balances", weight=2)
    def spot_state(self, call: Call) -> JsonValue:
        account = self._asked(call)
        return self.balances(account) if account else {"balances": []}

    def balances(self, account: Account) -> Json:
        told: list[JsonValue] = [
            {
                "coin": held.asset, "token": self.token(held.asset), "total": number(held.total),
                "hold": number(held.locked), "entryNtl": "0.0",
            }
            for held in self.venue.balances(account)
        ]  # fmt: skip
        return {"balances": told}

    def token(self, asset: str) -> int:
        return list(self.tokens).index(asset)

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """USDC is the first; what an account holds besides is of a market."""
        return tuple(dict.fromkeys(["USDC", *(asset for m in self.listed for asset in (m.base, m.quote))]))

    @rest("POST", "/info/userAbstraction", operation="balances", weight=20)
    def abstraction(self, call: Call) -> JsonValue:
        return "disabled"

    @rest("POST", "/info/extraAgents", operation="balances", weight=20)
    def agents(self, call: Call) -> JsonValue:
        return []

    @rest("POST", "/info/maxBuilderFee", operation="fees", weight=20)
    def builder_fee(self, call: Call) -> JsonValue:
        """Nobody has approved of one."""
        return 0

    @rest("POST", "/info/userFees", operation="fees", weight=20)
    def user_fees(self, call: Call) -> JsonValue:
        market = self.listed[0]
        cross, add = number(market.taker_fee), number(market.maker_fee)
        names = ("userSpotCrossRate", "userSpotAddRate", "userCrossRate", "userAddRate")
        return {
            "dailyUserVlm": [],
            "activeReferralDiscount": "0.0",
            **dict(zip(names, (cross, add) * 2, strict=True)),
        }

    @rest("POST", "/info/userRateLimit", operation="fees", weight=20)
    def rate_limit(self, call: Call) -> JsonValue:
        account = self._asked(call)
        fills = self.venue.fills(account) if account else ()
        traded = sum((fill.quote_amount for fill in fills), ZERO)
        used = self._actions.get(account.name, 0) if account else 0
        return {"cumVlm": number(traded), "nRequestsUsed": used, "nRequestsCap": ACTIONS + int(traded)}

    # -- orders

    @rest("POST", "/exchange/order", operation="place_order", private=True)
    def place(self, call: Call) -> JsonValue:
        """Each order of a batch for itself."""
        action = self._action(call)
        builder = action.get("builder")
        if isinstance(builder, dict) and builder.get("f") != 0:
            raise err("Builder fee has not been approved.")
        return ok("order", [self._placed(call.account, wanted) for wanted in self._batch(action, "orders")])

    def _action(self, call: Call) -> Json:
        action = self.said(call).get("action")
        return action if isinstance(action, dict) else {}

    def _batch(self, action: Json, name: str) -> list[JsonValue]:
        batch = action.get(name)
        if not isinstance(batch, list) or not batch:
            raise malformed()
        return batch

    def _placed(self, account: Account, wanted: JsonValue) -> Json:
        try:
            asked = new_order(wanted, self.market_at)
        except Mistake as mistake:
            return {"error": str(mistake)}
        asset = self.asset(asked.market)
        try:
            order = self.venue.place(account, asked)
        except VenueRefusal as error:
            return {"error": worded(error, asset)}
        if order.status.live:
            return {"resting": self._numbered(order)}
        if not order.filled:
            return {"error": f"Order could not immediately match against any resting orders. asset={asset}"}
        average = number(round(order.average_price or ZERO, 8))
        return {"filled": {"totalSz": number(order.filled), "avgPx": average, **self._numbered(order)}}

    def _numbered(self, order: Order) -> Json:
        return {
            "oid": order.order_id,
            **({"cloid": c} if CLOID.fullmatch(c := order.client_order_id) else {}),
        }

    @rest("POST", "/exchange/cancel", operation="cancel_order", private=True)
    @rest("POST", "/exchange/cancelByCloid", operation="cancel_order", private=True)
    def cancel(self, call: Call) -> JsonValue:
        action = self._action(call)
        kind = str(action.get("type"))
        names = ("a", "o") if kind == "cancel" else ("asset", "cloid")
        return ok(
            "cancel", [self._cancelled(call.account, each, *names) for each in self._batch(action, "cancels")]
        )

    def _cancelled(self, account: Account, said: JsonValue, asset: str, name: str) -> JsonValue:
        if not isinstance(said, dict):
            raise malformed()
        market = self.market_at(said.get(asset))
        try:
            order = self.venue.order(account, *self._key(said.get(name)))
            if order.market != market:
                return {"error": f"{MISSING} asset={self.asset(market)}"}
            self.venue.cancel(account, order.order_id)
        except VenueRefusal:
            return {"error": f"{MISSING} asset={self.asset(market)}"}
        return "success"

    def _key(self, said: JsonValue) -> tuple[int | None, str | None]:
        """An order's number, or the client's."""
        if isinstance(said, int) and not isinstance(said, bool):
            return said, None
        if isinstance(said, str) and CLOID.fullmatch(said):
            return None, said
        raise malformed()

    @rest("POST", "/exchange/noop", operation="ping", private=True)
    @rest("POST", "/exchange/setReferrer", operation="ping", private=True)
    def nothing(self, call: Call) -> JsonValue:
        return ok("default")

    @rest("POST", "/info/orderStatus", operation="order_status", weight=2)
    def order_status(self, call: Call) -> JsonValue:
        account, key = self._asked(call), self._key(self.said(call).get("oid"))
        try:
            order = self.venue.order(account, *key) if account else None
        except VenueRefusal:
            order = None
        if order is None or self._never_was(order):
            return {"status": "unknownOid"}
        return {"status": "order", "order": with_status(order, full_order(order, self.symbol(order.market)))}

    def _never_was(self, order: Order) -> bool:
        """It was refused, in the exchange's words, because nothing matched it at once."""
        return (
            order.status is OrderStatus.EXPIRED
            and order.time_in_force is TimeInForce.IOC
            and not order.filled
        )

    @rest("POST", "/info/openOrders", operation="open_orders", weight=20)
    def open_orders(self, call: Call) -> JsonValue:
        return [basic_order(order, self.symbol(order.market)) for order in self._live(call)]

    @rest("POST", "/info/frontendOpenOrders", operation="open_orders", weight=20)
    def frontend_open_orders(self, call: Call) -> JsonValue:
        return [full_order(order, self.symbol(order.market)) for order in self._live(call)]

    def _live(self, call: Call) -> list[Order]:
        account = self._asked(call)
        return list(self.venue.open_orders(account))[::-1] if account else []

    @rest("POST", "/info/historicalOrders", operation="open_orders", weight=20)
    def history(self, call: Call) -> JsonValue:
        """Each as it is now, newest first."""
        account = self._asked(call)
        orders = [o for o in (self.venue.orders(account) if account else ()) if not self._never_was(o)]
        return [with_status(o, full_order(o, self.symbol(o.market))) for o in orders[: -NEWEST - 1 : -1]]

    @rest("POST", "/info/userFills", operation="order_trades", weight=20)
    def user_fills(self, call: Call) -> JsonValue:
        """Newest first."""
        account = self._asked(call)
        told: list[JsonValue] = [*self.fills(account)] if account else []
        return told[: -NEWEST - 1 : -1]

    @rest("POST", "/info/userFillsByTime", operation="order_trades", weight=20)
    def user_fills_by_time(self, call: Call) -> JsonValue:
        """Oldest first, within both times (milliseconds)."""
        account, said = self._asked(call), self.said(call)
        start, end = said.get("startTime"), said.get("endTime")
        if not isinstance(start, int) or not isinstance(end, int | None):
            raise malformed()
        last = ms(self.venue.clock.now()) if end is None else end
        fills = self.fills(account) if account else []
        chosen: list[JsonValue] = [told for told in fills if start <= int(str(told["time"])) <= last]
        return chosen[:NEWEST]

    def fills(self, account: Account) -> list[Json]:
        """All of an account's, oldest first."""
        with self.venue.lock:
            after = {market: self.held(account, market) for market in self.listed}
            told = []
            for fill in reversed(self.venue.fills(account)):
                before = after[fill.market] - change(fill)
                after[fill.market] = before
                told.append(fill_data(fill, self.symbol(fill.market), before))
        return told[::-1]

    def held(self, account: Account, market: Market) -> Decimal:
        """The position in a market: on spot, the balance."""
        raise NotImplementedError

    # -- streams

    def state(self, kind: str, account: Account) -> Json | None:
        """What `spotState` or `clearinghouseState` tells of an account; None where there is no such thing."""
        return self.balances(account) if kind == "spotState" else None

    def funding(self, payment: FundingPayment) -> Json:
        """As `userFunding` tells it: `usdc` below zero was paid."""
        delta: Json = {
            "type": "funding", "coin": self.symbol(payment.market), "usdc": number(payment.amount),
            "szi": number(payment.size), "fundingRate": number(payment.rate), "nSamples": None,
        }  # fmt: skip
        return {"time": ms(payment.at), "hash": hash_of(payment.payment_id, "funding"), "delta": delta}

    @stream("/ws")
    def websocket(self, call: Call) -> Session:
        session = Session(self, call.request, self.sessions.remove)
        self.sessions.append(session)
        return session


def change(fill: Fill) -> Decimal:
    """What it did to the base that is held."""
    amount = fill.amount if fill.side is Side.BUY else -fill.amount
    return amount - fill.fee if fill.fee_asset == fill.market.base else amount
