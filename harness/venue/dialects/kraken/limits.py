"""Kraken's limits: the call counter, the trading engine's counter of a pair, nonces and tokens for streams.

Sources: docs.kraken.com/exchange/guides/rest/ratelimits, docs.kraken.com/exchange/guides/general/ratelimits,
tier Pro; docs.kraken.com/exchange/api-reference/spot-rest (GetWebSocketsToken). Of public routes the
documentation says only that a request a second is always within the limits.
"""

from __future__ import annotations

import secrets
from collections.abc import Hashable

from harness.venue.dialects.rates import DecayingCounters
from harness.venue.model import Account, Order

CALLS, CALLS_DECAY = 20, 1.0
PUBLIC_CALLS, PUBLIC_DECAY = 20, 1.0
TRADING, TRADING_DECAY = 180, 3.75
# What a cancel costs, by how many seconds the order was younger than.
CANCEL_COSTS = ((5, 8), (10, 6), (15, 5), (45, 4), (90, 2), (300, 1))
PLACE_COST = 1
TOKEN_LIFE = 900.0  # seconds in which a token must be used


class Limits:
    """Counts what clients use."""

    def __init__(self) -> None:
        self._calls = DecayingCounters(CALLS, CALLS_DECAY)
        self._public = DecayingCounters(PUBLIC_CALLS, PUBLIC_DECAY)
        self._trading = DecayingCounters(TRADING, TRADING_DECAY)

    def called(self, who: Hashable, units: int, now: float, *, private: bool) -> bool:
        """Whether the call is within the limits of a key (private) or an address."""
        return not (self._calls if private else self._public).use(who, units, now).over

    def placed(self, who: Hashable, now: float) -> bool:
        """`who` is an account on a pair."""
        return not self._trading.use(who, PLACE_COST, now).over

    def canceled(self, who: Hashable, order: Order, now: float) -> bool:
        return not self._trading.use(who, cancel_cost(now - order.created_at), now).over


def cancel_cost(age: float) -> int:
    """By the age of the order in seconds."""
    return next((cost for below, cost in CANCEL_COSTS if age < below), 0)


class Tokens:
    """Keys for private streams: used within a quarter of an hour, then good as long as a connection lives."""

    def __init__(self) -> None:
        self._issued: dict[str, tuple[Account, float]] = {}
        self._in_use: dict[str, int] = {}

    def issue(self, account: Account, now: float) -> str:
        token = secrets.token_urlsafe(32)
        self._issued[token] = (account, now)
        return token

    def owner(self, token: str, now: float) -> Account | None:
        """Whose it is, None when it has run out or never was."""
        account, issued = self._issued.get(token, (None, 0.0))
        fresh = now - issued <= TOKEN_LIFE or self._in_use.get(token, 0) > 0
        return account if fresh else None

    def used(self, token: str) -> None:
        """A connection has begun to use it."""
        self._in_use[token] = self._in_use.get(token, 0) + 1

    def left(self, token: str) -> None:
        self._in_use[token] = self._in_use.get(token, 0) - 1

    def revoke(self, account: Account) -> None:
        self._issued = {token: held for token, held in self._issued.items() if held[0] != account}
