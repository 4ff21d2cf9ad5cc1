"""The `Okx` dialect: who may ask, and how often.

Source: www.okx.com/docs-v5/en/ (REST authentication, Trading Account, Order Book Trading, Public Data), read
against what ccxt's `okx` and Hummingbot's `okx` connector call. A cash account; candles, margin, derivatives
and algo orders are not served.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import ClassVar
from urllib.parse import unquote

from harness.venue.dialects.messages import Refused, Reply, Request
from harness.venue.dialects.okx.account_routes import AccountRoutes
from harness.venue.dialects.okx.codec import refused
from harness.venue.dialects.okx.market_routes import API
from harness.venue.dialects.okx.streams import PrivateSession, PublicSession
from harness.venue.dialects.rates import FixedWindows
from harness.venue.dialects.routing import Call, Route, stream
from harness.venue.dialects.signing import hmac_base64, same
from harness.venue.dialects.wire import parsed
from harness.venue.market import SAMPLE_MARKETS, Market, SelfTrade
from harness.venue.model import ZERO, Account
from harness.venue.operations.sessions import PrivateSessions
from harness.venue.session import Venue

HOST, STREAM_HOST = "www.okx.com", "ws.okx.com"
STAMP_TOLERANCE = 30.0  # seconds
SIGNED_WITH = ("KEY", "SIGN", "TIMESTAMP", "PASSPHRASE")
# Requests in two seconds, by route (www.okx.com/docs-v5/en/, "Rate Limit" of each endpoint).
LIMITS = {
    f"{API}/trade/order": 60, f"{API}/trade/cancel-order": 60, f"{API}/trade/fills": 60,
    f"{API}/trade/orders-pending": 60, f"{API}/market/books": 40, f"{API}/market/trades": 100,
    f"{API}/account/balance": 10, f"{API}/public/time": 10,
}  # fmt: skip
USUAL_LIMIT, WINDOW = 20, 2


class Okx(AccountRoutes):
    """REST at www.okx.com, streams at ws.okx.com:8443."""

    name: ClassVar[str] = "okx"
    not_covered: ClassVar[tuple[str, ...]] = ("derivatives and accounts with margin",)
    ccxt_id: ClassVar[str | None] = "okx"
    rest_hosts: ClassVar[tuple[str, ...]] = (HOST,)
    stream_hosts: ClassVar[tuple[str, ...]] = (STREAM_HOST,)
    ports: ClassVar[tuple[int, ...]] = (443, 8443)
    books_begin_whole: ClassVar[bool] = True
    secrets_sent: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "okx_passphrase": ("header ok-access-passphrase", "frame"),
    }
    key_lengths: ClassVar[tuple[int, int, int]] = (36, 32, 16)
    # As long as those in github.com/burakoner/OKX.Api/issues/13: a float does not hold them.
    order_ids_from: ClassVar[int] = 588_591_686_000_000_000
    # OKX names no smallest notional, and cancels a post-only order that would take.
    markets: ClassVar[tuple[Market, ...]] = tuple(
        replace(market, min_notional=ZERO, post_only_expires=True, self_trade=SelfTrade.EXPIRE_MAKER)
        for market in SAMPLE_MARKETS
    )

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self._windows: dict[str, FixedWindows] = {}
        self._sessions = PrivateSessions()

    def turns_down(self, status: int, reply: bytes) -> bool:
        return super().turns_down(status, reply) or parsed(reply).get("code") != "0"

    def credentials(self, account: Account) -> dict[str, str]:
        return {
            "okx_api_key": account.api_key,
            "okx_secret_key": account.api_secret,
            "okx_passphrase": account.passphrase,
            "okx_registration_sub_domain": "www",
        }

    def ccxt_credentials(self, account: Account) -> dict[str, str]:
        return {**super().ccxt_credentials(account), "password": account.passphrase}

    def authenticate(self, request: Request, route: Route) -> Account:
        """Four headers; the signature is over time stamp, method, path with query, and body.

        A body has to be said to be JSON (docs-v5, "Making Requests", and 50006 in "Error Code").
        """
        if request.unlike_json:
            raise refused("50006", 'Invalid Content-Type, please use the "application/json" format', 400)
        key, sign, stamp, passphrase = (request.header(f"OK-ACCESS-{part}") or "" for part in SIGNED_WITH)
        if not (key and sign and stamp and passphrase):
            raise refused("50103", 'Request header "OK-ACCESS-KEY" cannot be empty', 401)
        account = self.venue.account_of_key(key)
        if account is None:
            raise refused("50111", "Invalid OK-ACCESS-KEY", 401)
        if not self._is_near(stamp, self.received_at(request)):
            raise refused("50102", "Timestamp request expired", 401)
        if not same(account.passphrase, passphrase):
            raise refused("50105", "Request header OK-ACCESS-PASSPHRASE incorrect", 401)
        query = f"?{request.query_string}" if request.query_string else ""
        texts = (f"{stamp}{request.method}{request.path}{q}{request.text}" for q in {query, unquote(query)})
        if not any(same(hmac_base64(account.api_secret, text), sign) for text in texts):
            raise refused("50113", "Invalid Sign", 401)
        return account

    def _is_near(self, stamp: str, now: float) -> bool:
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", stamp):
            return False
        try:
            at = datetime.fromisoformat(stamp).timestamp()
        except ValueError:
            return False
        return abs(at - now) <= STAMP_TOLERANCE + self.slack

    def admit(self, request: Request, route: Route) -> None:
        window = self._windows.setdefault(
            f"{route.method} {route.path}", FixedWindows(LIMITS.get(route.path, USUAL_LIMIT), WINDOW)
        )
        if window.use(request.client, 1, self.received_at(request)).over:
            raise Refused(self.too_many_requests(WINDOW))

    def too_many_requests(self, retry_after: int) -> Reply:
        return Reply(429, {}, {"code": "50011", "msg": "Too Many Requests", "data": []})

    def under_maintenance(self) -> Reply:
        return Reply(503, {}, {"code": "50001", "msg": "Service temporarily unavailable", "data": []})

    def unknown_route(self, request: Request) -> Reply:
        return Reply(404, {}, {"code": "404", "msg": "Not Found", "data": []})

    def expire_user_streams(self, account: Account) -> None:
        self._sessions.expire(account)

    @stream("/ws/v5/public")
    def public_stream(self, call: Call) -> PublicSession:
        return PublicSession(self)

    @stream("/ws/v5/private")
    def private_stream(self, call: Call) -> PrivateSession:
        session = PrivateSession(self, self._sessions.remove)
        self._sessions.add(session)
        return session
