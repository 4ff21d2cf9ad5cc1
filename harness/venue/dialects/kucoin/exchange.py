"""The `Kucoin` dialect: who may ask, how much, and how a stream is opened.

Source: KuCoin's API documentation, www.kucoin.com/docs and /docs-new (spot trading of a classic account),
read against what ccxt's `kucoin` and Hummingbot's `kucoin` connector call.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar

from harness.venue.dialects.kucoin.account_routes import AccountRoutes
from harness.venue.dialects.kucoin.limits import Quotas
from harness.venue.dialects.kucoin.pushes import deposit
from harness.venue.dialects.kucoin.replies import OK, failure
from harness.venue.dialects.kucoin.security import signer
from harness.venue.dialects.kucoin.streams import KucoinSession
from harness.venue.dialects.messages import Reply, Request
from harness.venue.dialects.routing import Call, Route, stream
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.dialects.wire import parsed
from harness.venue.market import SAMPLE_MARKETS, FeeIn, Market
from harness.venue.model import ZERO, Account
from harness.venue.operations.sessions import PrivateSessions
from harness.venue.session import Venue


class Kucoin(AccountRoutes):
    """REST at api.kucoin.com; streams at the host that `bullet-public` and `bullet-private` name.

    KuCoin charges fees in the quote asset: the `feeCurrency` of its symbols.
    """

    name: ClassVar[str] = "kucoin"
    fees_in_other_assets: ClassVar[bool] = True  # KCS
    not_covered: ClassVar[tuple[str, ...]] = ("high-frequency and margin accounts",)
    ccxt_id: ClassVar[str | None] = "kucoin"
    rest_hosts: ClassVar[tuple[str, ...]] = ("api.kucoin.com",)
    stream_hosts: ClassVar[tuple[str, ...]] = ("ws-api-spot.kucoin.com",)
    key_lengths: ClassVar[tuple[int, int, int]] = (24, 36, 16)
    markets: ClassVar[tuple[Market, ...]] = tuple(
        replace(market, fee_in=FeeIn.QUOTE) for market in SAMPLE_MARKETS
    )

    # Seconds. A client has to ping within the interval; the server waits for a second one.
    longest_silence: ClassVar[float] = 2 * (18 + 10)
    session_kind: ClassVar[type[KucoinSession]] = KucoinSession

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self._tokens: dict[str, Account | None] = {}
        self._sessions = PrivateSessions()
        self._quotas = Quotas()

    @property
    def tokens(self) -> dict[str, Account | None]:
        return self._tokens

    def turns_down(self, status: int, reply: bytes) -> bool:
        return super().turns_down(status, reply) or parsed(reply).get("code") != OK

    def credentials(self, account: Account) -> dict[str, str]:
        return {
            "kucoin_api_key": account.api_key,
            "kucoin_secret_key": account.api_secret,
            "kucoin_passphrase": account.passphrase,
        }

    def ccxt_credentials(self, account: Account) -> dict[str, str]:
        return {**super().ccxt_credentials(account), "password": account.passphrase}

    def authenticate(self, request: Request, route: Route) -> Account:
        return signer(self.venue, request, self.received_at(request), self.slack)

    def admit(self, request: Request, route: Route) -> None:
        self._quotas.spend(request.client, route, self.received_at(request))

    def finish(self, request: Request, route: Route, reply: Reply) -> Reply:
        own = self._quotas.headers(request.client, route, self.received_at(request))
        return replace(reply, headers={**own, **reply.headers})

    def unknown_route(self, request: Request) -> Reply:
        return failure("404000", "Url Not Found", 404)

    def expire_user_streams(self, account: Account) -> None:
        self._tokens = {token: owner for token, owner in self._tokens.items() if owner != account}
        self._sessions.expire(account)

    def deposit_elsewhere(self, account: Account, asset: str, amount: Decimal) -> bool:
        """Into the main account: `/account/balance` tells of it as `main.deposit`."""
        held = self.main_accounts.setdefault(account.name, {})
        held[asset] = held.get(asset, ZERO) + amount
        told = deposit(account.name, asset, held[asset], amount, self.venue.clock.now())
        for session in self._sessions:
            if isinstance(session, KucoinSession) and session.account == account:
                session.tell_elsewhere(told)
        return True

    @stream("/")
    def connect(self, call: Call) -> StreamSession | Reply:
        token = call.params.get("token", "")
        if token not in self._tokens:
            return failure("401", "token is invalid", 401)
        connect_id = call.params.get("connectId") or secrets.token_hex(8)
        session = self.session_kind(
            self.venue, self._tokens[token], connect_id, self._forget, self.longest_silence
        )
        self._sessions.add(session)
        return session

    def _forget(self, session: KucoinSession) -> None:
        self._sessions.remove(session)
