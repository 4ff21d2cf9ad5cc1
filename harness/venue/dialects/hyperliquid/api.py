"""One kind of market, with its streams: what spot and perpetuals have in common."""

from __future__ import annotations

from typing import ClassVar

from harness.venue.dialects.hyperliquid.codec import hash_of, number
from harness.venue.dialects.hyperliquid.order_routes import OrderRoutes
from harness.venue.dialects.hyperliquid.streams import Session
from harness.venue.dialects.routing import Call, stream
from harness.venue.dialects.wire import Json, ms
from harness.venue.model import Account
from harness.venue.operations.sessions import PrivateSessions
from harness.venue.positions import FundingPayment
from harness.venue.session import Venue


class HyperliquidApi(OrderRoutes):
    """REST and streams are at the same host."""

    # A `tid` is unique together with coin and block time only (WsTrade, websocket/subscriptions).
    trades_by_market: ClassVar[bool] = True

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self.sessions = PrivateSessions()

    def expire_user_streams(self, account: Account) -> None:
        """Subscriptions never run out here; the server hangs up, as it does when it is restarted."""
        self.sessions.expire(account)

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
        self.sessions.add(session)
        return session
