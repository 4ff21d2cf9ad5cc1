"""What Bybit's API v5 has in common for spot and linear perpetuals.

Source: bybit-exchange.github.io/docs/v5/ (guide: authentication; market; order; account; rate-limit), read
against what ccxt's `bybit` and Hummingbot's connectors call. A unified account; candles, borrowing and
conditional orders are not served.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import ClassVar
from urllib.parse import unquote

from pydantic import JsonValue

from harness.venue.dialects.bybit.account_routes import AccountRoutes
from harness.venue.dialects.bybit.codec import PARAMETER, failure, refused
from harness.venue.dialects.bybit.streams import PrivateSession, PublicSession
from harness.venue.dialects.messages import Refused, Reply, Request
from harness.venue.dialects.rates import FixedWindows
from harness.venue.dialects.routing import Call, Route, stream
from harness.venue.dialects.signing import hmac_hex, same
from harness.venue.dialects.wire import ms, parsed
from harness.venue.model import Account
from harness.venue.operations.sessions import PrivateSessions
from harness.venue.session import Venue

HOST, STREAM_HOST = "api.bybit.com", "stream.bybit.com"
# Requests a second of an account, by operation (rate-limit); the address's limit is 600 in 5 seconds.
LIMITS = {"place_order": 20, "cancel_order": 20, "order_status": 50, "balances": 50, "order_trades": 50}
USUAL_LIMIT = 50
ADDRESS_LIMIT, ADDRESS_SECONDS = 600, 5


class BybitV5(AccountRoutes):
    """One category of products."""

    rest_hosts: ClassVar[tuple[str, ...]] = (HOST,)
    stream_hosts: ClassVar[tuple[str, ...]] = (STREAM_HOST,)
    books_begin_whole: ClassVar[bool] = True

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self._address = FixedWindows(ADDRESS_LIMIT, ADDRESS_SECONDS)
        self._windows: dict[str, FixedWindows] = {}
        self.sessions = PrivateSessions()

    def turns_down(self, status: int, reply: bytes) -> bool:
        return super().turns_down(status, reply) or parsed(reply).get("retCode") != 0

    def authenticate(self, request: Request, route: Route) -> Account:
        """Headers X-BAPI-*: the signature is over time stamp, key, window, and query or body."""
        key, sign, stamp = (
            request.header(f"X-BAPI-{name}") or "" for name in ("API-KEY", "SIGN", "TIMESTAMP")
        )
        window = request.header("X-BAPI-RECV-WINDOW") or "5000"
        account = self.venue.account_of_key(key)
        if account is None:
            raise refused(10003, "API key is invalid.")
        if not (re.fullmatch(r"[0-9]{13}", stamp) and re.fullmatch(r"[0-9]{1,6}", window)):
            raise refused(PARAMETER, "Request parameter error: timestamp or recv_window")
        now, slack = ms(self.received_at(request)), ms(self.slack)
        if not now - int(window) - slack <= int(stamp) <= now + 1000 + slack:
            raise refused(
                10002, f"invalid request, please check your server timestamp or recv_window param. "
                f"req_timestamp[{stamp}],server_timestamp[{now}],recv_window[{window}]",
            )  # fmt: skip
        query = request.query_string
        signed = {request.text} if request.method == "POST" else {query, unquote(query)}
        texts = (f"{stamp}{key}{window}{payload}" for payload in signed)
        if not any(same(hmac_hex(account.api_secret, text), sign) for text in texts):
            raise refused(10004, "error sign! please check your signature generation algorithm.")
        return account

    def admit(self, request: Request, route: Route) -> None:
        now = self.received_at(request)
        if self._address.use(request.client, 1, now).over:
            raise Refused(failure(403, "access too frequent", 403))
        limit = LIMITS.get(route.operation, USUAL_LIMIT)
        window = self._windows.setdefault(route.path, FixedWindows(limit, 1))
        if route.private and window.use(request.client, 1, now).over:
            raise Refused(self.too_many_requests(1))

    def finish(self, request: Request, route: Route, reply: Reply) -> Reply:
        now = self.received_at(request)
        body = reply.body
        if isinstance(body, dict):
            reply = replace(reply, body={**body, "time": ms(now)})
        window = self._windows.get(route.path)
        if window is None or not route.private:
            return reply
        left = max(window.limit - window.used(request.client, now), 0)
        own = {
            "X-Bapi-Limit": str(window.limit),
            "X-Bapi-Limit-Status": str(left),
            "X-Bapi-Limit-Reset-Timestamp": str((int(now) + 1) * 1000),
        }
        return replace(reply, headers={**own, **reply.headers})

    def too_many_requests(self, retry_after: int) -> Reply:
        return failure(10006, "Too many visits. Exceeded the API Rate Limit.")

    def under_maintenance(self) -> Reply:
        return failure(10016, "Service not available.", 503)

    def ccxt_options(self) -> dict[str, JsonValue]:
        return {**super().ccxt_options(), "fetchOrder": {"acknowledged": True}}

    def unknown_route(self, request: Request) -> Reply:
        return Reply(404, {}, b"")

    def expire_user_streams(self, account: Account) -> None:
        self.sessions.expire(account)

    @stream("/v5/public/{category}")
    def public_stream(self, call: Call) -> PublicSession | Reply:
        return self.public_session() if call.path["category"] == self.category else Reply(404)

    @stream("/v5/private")
    def private_stream(self, call: Call) -> PrivateSession:
        session = self.private_session()
        self.sessions.add(session)
        return session

    def public_session(self) -> PublicSession:
        return PublicSession(self)

    def private_session(self) -> PrivateSession:
        return PrivateSession(self, self.sessions.remove)
