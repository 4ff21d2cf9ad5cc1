"""What Hyperliquid's API has in common for spot and perpetuals: `/info` asks, `/exchange` acts, `/ws` tells.

Source: hyperliquid.gitbook.io/hyperliquid-docs (for-developers/api: info-endpoint, exchange-endpoint,
rate-limits-and-user-limits, nonces-and-api-wallets), read against what ccxt's `hyperliquid` and Hummingbot's
connectors call. Candles, trigger orders, vaults, agents, and what moves money between accounts are not
served. What is asked stands in a `type`, so each of them is a route below its endpoint.
"""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import JsonValue

from harness.venue.dialects.base import Dialect
from harness.venue.dialects.hyperliquid.codec import err, malformed
from harness.venue.dialects.hyperliquid.signatures import ADDRESS, Nonces, private_key, signer
from harness.venue.dialects.messages import Refused, Reply, Request
from harness.venue.dialects.rates import FixedWindows
from harness.venue.dialects.routing import Call, Found, Route
from harness.venue.dialects.wallets import address_of
from harness.venue.dialects.wire import Json, ms, parsed
from harness.venue.model import ZERO, Account
from harness.venue.session import Venue

HOST, INTERFACE_HOST = "api.hyperliquid.xyz", "api-ui.hyperliquid.xyz"
ENDPOINTS = ("/info", "/exchange")
WEIGHT, MINUTE = 1200, 60  # an address of the internet's
ACTIONS = 10_000  # of an account, and one more for each USDC traded


class Access(Dialect):
    """One kind of market. An account is known by its wallet's address once it was given its key."""

    book_depth: ClassVar[int] = 20
    books_begin_whole: ClassVar[bool] = True
    rest_hosts: ClassVar[tuple[str, ...]] = (HOST, INTERFACE_HOST)
    stream_hosts: ClassVar[tuple[str, ...]] = (HOST, INTERFACE_HOST)

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self._wallets: dict[str, Account] = {}
        self._weights = FixedWindows(WEIGHT, MINUTE)
        self._nonces = Nonces()
        self._actions: dict[str, int] = {}

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

    def find(self, request: Request) -> Found | None:
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

    def said(self, call: Call) -> Json:
        return parsed(call.request.body)

    def _asked(self, call: Call) -> Account | None:
        address = self.said(call).get("user")
        if not (isinstance(address, str) and ADDRESS.fullmatch(address)):
            raise malformed()
        return self.account_at(address)
