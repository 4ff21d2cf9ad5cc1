"""The `Kraken` dialect: who may ask, and how often.

Sources: docs.kraken.com/exchange/api-reference/spot-rest and docs.kraken.com/exchange/guides/rest, read
against what ccxt's `kraken` and Hummingbot's `kraken` connector call. Candles, margin, funding, staking,
conditional orders, amendments and batches of new orders are not served.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar

from harness.venue.dialects.decimals import decimals_of
from harness.venue.dialects.kraken.account_routes import AccountRoutes
from harness.venue.dialects.kraken.codec import alternative_name, error, exchange_id, refused
from harness.venue.dialects.kraken.limits import Limits, Tokens
from harness.venue.dialects.kraken.market_routes import parameters
from harness.venue.dialects.kraken.streams import KrakenSession, OldSession
from harness.venue.dialects.kraken.streams_v2 import NewSession
from harness.venue.dialects.messages import Refused, Reply, Request
from harness.venue.dialects.nonces import AscendingNonces
from harness.venue.dialects.routing import Call, Route, stream
from harness.venue.dialects.signing import hmac_base64, same
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.dialects.wire import parsed
from harness.venue.market import SAMPLE_MARKETS, FeeIn, Market
from harness.venue.model import Account, Fill
from harness.venue.operations.sessions import PrivateSessions
from harness.venue.session import Venue

HOST, PUBLIC_STREAM_HOST, PRIVATE_STREAM_HOST = "api.kraken.com", "ws.kraken.com", "ws-auth.kraken.com"
# A key's "nonce window", a setting of the user's: the connector tells its users that it needs ten.
NONCE_WINDOW = 10
# Both names are classic, so that replies have XETHXXBT for what requests call ETHXBT.
CLASSIC = replace(
    SAMPLE_MARKETS[1],
    quote="BTC",
    tick_size=Decimal("0.00001"),
    min_notional=Decimal("0.00002"),
    reference_price=Decimal("0.046875"),
)


class Kraken(AccountRoutes):
    """REST at api.kraken.com, streams at ws.kraken.com and ws-auth.kraken.com, each in two versions."""

    name: ClassVar[str] = "kraken"
    not_covered: ClassVar[tuple[str, ...]] = (
        "orders over WebSocket",
        "the ticker of WebSocket v1",
        "changing and batching orders",
    )
    ccxt_id: ClassVar[str | None] = "kraken"
    rest_hosts: ClassVar[tuple[str, ...]] = (HOST,)
    stream_hosts: ClassVar[tuple[str, ...]] = (PUBLIC_STREAM_HOST, PRIVATE_STREAM_HOST)
    # The secret is base64: any letters and digits are, by fours.
    key_lengths: ClassVar[tuple[int, int, int]] = (56, 88, 16)
    # Kraken counts decimals, so its lots are powers of ten; fees are in quote unless an order says otherwise.
    markets: ClassVar[tuple[Market, ...]] = tuple(
        replace(market, lot_size=Decimal(1).scaleb(-decimals_of(market.lot_size)), fee_in=FeeIn.QUOTE)
        for market in (*SAMPLE_MARKETS, CLASSIC)
    )

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self.tokens = Tokens()
        self._limits = Limits()
        self._nonces = AscendingNonces(NONCE_WINDOW)
        self._sessions = PrivateSessions()

    def turns_down(self, status: int, reply: bytes) -> bool:
        return super().turns_down(status, reply) or bool(parsed(reply).get("error"))

    def symbol(self, market: Market) -> str:
        return alternative_name(market)

    def credentials(self, account: Account) -> dict[str, str]:
        return {
            "kraken_api_key": account.api_key,
            "kraken_secret_key": account.api_secret,
            "kraken_api_tier": "Pro",
        }

    def trade_id(self, fill: Fill) -> str:
        return exchange_id("T", fill.trade_id)

    def authenticate(self, request: Request, route: Route) -> Account:
        """HMAC-SHA512 with the decoded secret over the path and SHA-256 of nonce and body."""
        account = self.venue.account_of_key(request.header("API-Key") or "")
        if account is None:
            raise refused("EAPI:Invalid key")
        nonce = parameters(request).get("nonce", "")
        if not re.fullmatch(r"[0-9]{1,20}", nonce):
            raise refused("EAPI:Invalid nonce")
        digest = hashlib.sha256(nonce.encode() + request.body).digest()
        secret = base64.b64decode(account.api_secret)
        ours = hmac_base64(secret, request.path.encode() + digest, "sha512")
        if not same(ours, request.header("API-Sign") or ""):
            raise refused("EAPI:Invalid signature")
        # The connector and the oracle have keys of their own, as it were.
        if not self._nonces.take((account.api_key, request.client), int(nonce)):
            raise refused("EAPI:Invalid nonce")
        return account

    def admit(self, request: Request, route: Route) -> None:
        """The trading engine counts orders and cancels itself."""
        if route.operation in ("place_order", "cancel_order"):
            return
        who = (request.client, request.header("API-Key") if route.private else None)
        if not self._limits.called(who, route.weight, self.received_at(request), private=route.private):
            raise Refused(self.too_many_requests(1))

    def too_many_requests(self, retry_after: int) -> Reply:
        return error("EAPI:Rate limit exceeded")

    def under_maintenance(self) -> Reply:
        return error("EService:Unavailable")

    def unknown_route(self, request: Request) -> Reply:
        return error("EGeneral:Unknown method")

    def expire_user_streams(self, account: Account) -> None:
        self.tokens.revoke(account)
        self._sessions.expire(account)

    @stream("/")
    def old_stream(self, call: Call) -> StreamSession:
        return self._opened(OldSession(self, private=call.request.host == PRIVATE_STREAM_HOST))

    @stream("/v2")
    def new_stream(self, call: Call) -> StreamSession:
        return self._opened(NewSession(self, private=call.request.host == PRIVATE_STREAM_HOST))

    def _opened(self, session: KrakenSession) -> KrakenSession:
        self._sessions.add(session)
        return session

    def forget(self, session: KrakenSession) -> None:
        """The connection is gone."""
        self._sessions.remove(session)
