"""What every dialect is made of: requests in, replies and frames out, no sockets.

A dialect declares its routes with `@rest` and its WebSocket paths with `@stream`, each under a standard
operation, so that checks, faults and limits need not know the exchange. The gateway calls `handle` and
`open_stream` from one thread; a session's methods are called from that thread only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

from pydantic import JsonValue

from harness.venue.dialects.messages import Refused, Reply, Request
from harness.venue.dialects.routing import Call, Found, Match, Route, first
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.market import SAMPLE_MARKETS, Market
from harness.venue.model import KEY_LENGTHS, Account, Fill
from harness.venue.session import Venue


class Dialect:
    """An exchange's REST and WebSocket wire format over a venue."""

    name: ClassVar[str]
    # The framework generation whose connectors speak it; others are not tried on it, nor it on them.
    framework: ClassVar[str] = "v2"
    # The connector that speaks it, where the dialect is called otherwise.
    connector: ClassVar[str] = ""
    # Paths of a base class's that this exchange has not, or had not yet.
    without: ClassVar[frozenset[str]] = frozenset()
    ccxt_id: ClassVar[str | None] = None
    rest_hosts: ClassVar[tuple[str, ...]] = ()
    stream_hosts: ClassVar[tuple[str, ...]] = ()
    ports: ClassVar[tuple[int, ...]] = (443,)
    # Where the exchange demands a secret as it is (`header ok-access-passphrase`, `frame`), by the
    # connector's field; anywhere else, and by default everywhere, a secret must not appear.
    secrets_sent: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    key_lengths: ClassVar[tuple[int, int, int]] = KEY_LENGTHS  # of a key, its secret and its passphrase
    markets: ClassVar[tuple[Market, ...]] = SAMPLE_MARKETS
    order_ids_from: ClassVar[int] = 0  # added to each, where an exchange numbers its orders so high
    tells_lots: ClassVar[bool] = True  # its list of markets has the steps of their amounts
    trades_by_market: ClassVar[bool] = False  # the id of a trade is unique in its market alone
    fees_in_other_assets: ClassVar[bool] = False  # an account may pay them in one that is not of the market
    # Whether orders of one account may be kept from trading with each other, by whatever rule.
    prevents_self_trades: ClassVar[bool] = True
    # Seconds between two fundings, where the exchange's markets differ; else it is as the market has it.
    funding_intervals: ClassVar[tuple[float, ...]] = ()
    book_depth: ClassVar[int] = 1000  # levels of a side that a client can have at most
    takes_leverage: ClassVar[bool] = True  # an account's user can choose it
    reduce_only_rests: ClassVar[bool] = True  # an order that only reduces may rest in the book
    in_dollars: ClassVar[bool] = False  # it has markets that are quoted in US dollars
    books_begin_whole: ClassVar[bool] = False  # every subscription to a book is told all of it first
    # Assets that ccxt calls otherwise than the venue, by the venue's name.
    ccxt_assets: ClassVar[Mapping[str, str]] = {}
    # What the exchange has beyond the operations and a client would miss here; `docs/dialects.md` lists it.
    not_covered: ClassVar[tuple[str, ...]] = ()
    verifies_signatures: ClassVar[bool] = (
        True  # else whatever is signed is let in, and nothing follows from it
    )
    replays: ClassVar[bool] = False  # its market data were recorded at the real exchange
    begins_at: ClassVar[float | None] = None  # virtual Unix seconds; None: now
    routes: ClassVar[tuple[Route, ...]] = ()
    streams: ClassVar[tuple[Route, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        members = [value for base in reversed(cls.__mro__) for value in vars(base).values()]
        cls.routes, cls.streams = (
            tuple(r for member in members for r in getattr(member, kind, ()) if r.path not in cls.without)
            for kind in ("_routes", "_streams")
        )

    def __init__(self, venue: Venue) -> None:
        self.venue = venue

    def symbol(self, market: Market) -> str:
        """The exchange's own name of a market."""
        raise NotImplementedError

    def also_named(self, market: Market) -> tuple[str, ...]:
        """What else a client may name a market by, such as its number."""
        return ()

    def trade_id(self, fill: Fill) -> str:
        """What the exchange calls a fill, where that is not the venue's own number."""
        return str(fill.trade_id)

    def authenticate(self, request: Request, route: Route) -> Account:
        """Who signed the request; raises `Refused` with the exchange's own error."""
        raise NotImplementedError

    def credentials(self, account: Account) -> dict[str, str]:
        """The connector's configuration fields that hold the account's keys."""
        raise NotImplementedError

    def hidden(self, account: Account) -> frozenset[str]:
        """The values of `credentials` that are only signed or encrypted with, and appear nowhere."""
        return frozenset({account.api_secret, account.passphrase})

    def ccxt_credentials(self, account: Account) -> dict[str, str]:
        """ccxt's `apiKey`, `secret` and, where used, `password`."""
        return {"apiKey": account.api_key, "secret": account.api_secret}

    def ccxt_options(self) -> dict[str, JsonValue]:
        """ccxt's options that make it ask for these markets and no others."""
        if self.markets[0].perpetual:
            swap: JsonValue = {"types": ["linear"]}
            return {"defaultType": "swap", "defaultSubType": "linear", "fetchMarkets": swap}
        return {"defaultType": "spot", "fetchMarkets": {"types": ["spot"]}}

    @classmethod
    def unconfirmed(cls, facts: Iterable[str]) -> tuple[str, ...]:
        """Where it tells these facts (`fill.price` …) though nobody but the fork vouches for that.

        A written dialect is vouched for by ccxt and the merged connector.
        """
        return ()

    def unknown_route(self, request: Request) -> Reply:
        return Reply(404, {}, {"error": "not found"})

    def weigh(self, request: Request, route: Route) -> int:
        """The route's weight, unless the exchange makes it depend on the parameters."""
        return route.weight

    def admit(self, request: Request, route: Route) -> None:
        """Count the request against the exchange's limits; raises `Refused` when over."""

    def finish(self, request: Request, route: Route, reply: Reply) -> Reply:
        """Add what every reply carries (limit headers …)."""
        return reply

    def under_maintenance(self) -> Reply:
        """What the exchange answers to anything while it is being maintained."""
        return Reply(503, {}, b"Service Unavailable")

    def too_many_requests(self, retry_after: int) -> Reply:
        """What the exchange answers to a client over its limits; `retry_after` in whole seconds."""
        return Reply(429, {"Retry-After": str(retry_after)}, None)

    @property
    def renews_listen_keys(self) -> bool:
        """Whether private streams are opened with keys that end where nobody renews them."""
        return any(route.operation == "user_stream_renew" for route in self.routes)

    def expire_user_streams(self, account: Account) -> None:
        """End the account's private streams as the exchange does when their key runs out."""

    def deposit_elsewhere(self, account: Account, asset: str, amount: Decimal) -> bool:
        """Put money into another account of the same user, from which nothing is traded.

        Whether the account's private streams tell of that.
        """
        return False

    def serves(self, host: str, port: int) -> bool:
        return host in (*self.rest_hosts, *self.stream_hosts) and port in self.ports

    def find(self, request: Request) -> Found | None:
        """The route of a request and its path parts."""
        table = self.routes if request.host in self.rest_hosts else ()
        return first(table, request)

    def find_stream(self, request: Request) -> Found | None:
        table = self.streams if request.host in self.stream_hosts else ()
        return first(table, request)

    def match(self, request: Request) -> Match:
        """What the tables say of a REST request or a WebSocket upgrade."""
        rest = self.find(request)
        stream = self.find_stream(request)
        found = rest or stream
        return Match(
            operation=None if found is None else found[0].operation,
            weight=0 if rest is None else self.weigh(request, rest[0]),
            rest=rest,
            stream=stream,
        )

    def handle(self, request: Request) -> Reply:
        """Answer a REST request as the exchange would."""
        return self.reply_to(request, self.match(request))

    def reply_to(self, request: Request, match: Match) -> Reply:
        if match.rest is None:
            return self.unknown_route(request)
        route, path = match.rest
        try:
            self.admit(request, route)
            signer = self.authenticate(request, route) if route.private else None
            reply = self.serve(Call(request, route, path, signer))
        except Refused as refused:
            reply = refused.reply
        return self.finish(request, route, reply)

    def turns_down(self, status: int, reply: bytes) -> bool:
        """Whether a reply says that the client asked for what it cannot have."""
        return 400 <= status < 500

    def serve(self, call: Call) -> Reply:
        """What the route answers to a request that was admitted. Raises Refused."""
        answer = getattr(self, call.route.handler)(call)
        return answer if isinstance(answer, Reply) else Reply(200, {}, answer)

    def open_stream(self, request: Request) -> StreamSession | Reply:
        """Accept a WebSocket upgrade, or answer it with an HTTP error."""
        return self.upgrade(request, self.match(request))

    def upgrade(self, request: Request, match: Match) -> StreamSession | Reply:
        if match.stream is None:
            return self.unknown_route(request)
        route, path = match.stream
        try:
            session: StreamSession | Reply = getattr(self, route.handler)(Call(request, route, path, None))
        except Refused as refused:
            return refused.reply
        return session

    @cached_property
    def _places(self) -> dict[str, int]:
        """Where in the venue's list each symbol's market stands, whatever its rules are by now."""
        return {self.symbol(market): place for place, market in enumerate(self.venue.markets)}

    def received_at(self, request: Request) -> float:
        return request.at or self.venue.clock.now()

    @property
    def slack(self) -> float:
        """Virtual seconds to add to an exchange's tolerance of old time stamps.

        A scaled clock makes half a second that this machine needs to schedule a process look `scale` times
        as long, which no exchange ever sees; at scale 1 nothing is added. A client that measured the
        exchange's time at a faster pace goes by what it measured.
        """
        fastest: float = getattr(self.venue.clock, "fastest", 1.0)
        return max(fastest - 1.0, 0.0) * 0.5

    def market_of(self, symbol: str) -> Market | None:
        """The market that the exchange calls `symbol`, with the rules that it has now."""
        place = self._places.get(symbol)
        return None if place is None else self.venue.markets[place]

    def market_named(self, symbol: str) -> Market:
        """The same; raises `Refused` with the exchange's own error where there is none."""
        market = self.market_of(symbol)
        if market is None:
            raise self.unknown_market()
        return market

    def unknown_market(self) -> Refused:
        """What the exchange says of a symbol that it does not list."""
        raise NotImplementedError
