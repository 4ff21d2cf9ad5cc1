"""What every dialect is made of: requests in, replies and frames out, no sockets.

A dialect declares its routes with `@rest` and its WebSocket paths with `@stream`, each under a standard
operation, so that checks, faults and limits need not know the exchange. The gateway calls `handle` and
`open_stream` from one thread; a session's methods are called from that thread only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, TypeVar
from urllib.parse import parse_qsl, urlencode

from pydantic import JsonValue

from harness.venue.events import Event
from harness.venue.market import SAMPLE_MARKETS, Market
from harness.venue.model import KEY_LENGTHS, Account, Fill
from harness.venue.session import Venue

OPERATIONS = frozenset(
    {
        "ping", "server_time", "symbols", "ticker", "tickers", "order_book", "trades", "candles",
        "balances", "fees", "place_order", "amend_order", "cancel_order", "cancel_all", "order_status",
        "open_orders", "order_trades", "positions", "set_leverage", "margin_mode", "position_mode",
        "mark_price", "funding_rate", "funding_payments", "user_stream_open", "user_stream_renew",
        "user_stream_close", "stream_token", "stream:subscribe", "stream:login", "stream:book",
        "stream:trades", "stream:ticker", "stream:mark_price", "stream:orders", "stream:fills",
        "stream:balances", "stream:positions", "stream:ping",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Request:
    """An HTTP request as it came. `query` is decoded, in order; `raw_query` is as sent, for signatures.

    `at` is virtual Unix seconds; `path` is without the query. `client` tells apart whose limits it uses up:
    the connector and the oracle come from different addresses, as it were.
    """

    method: str
    host: str
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    at: float = 0.0
    raw_query: str = ""
    client: str = "connector"

    def header(self, name: str) -> str | None:
        """A header's value, whatever its letter case."""
        wanted = name.lower()
        return next((value for key, value in self.headers.items() if key.lower() == wanted), None)

    @property
    def unlike_json(self) -> bool:
        """Whether it has a body that it does not say to be JSON."""
        kind = (self.header("Content-Type") or "").partition(";")[0].strip().lower()
        return bool(self.body) and kind != "application/json"

    @property
    def query_string(self) -> str:
        """The query as sent, or encoded anew when the gateway did not keep it."""
        return self.raw_query or urlencode(self.query)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", errors="replace")

    def json(self) -> JsonValue:
        """The body as JSON, None when it is not."""
        try:
            value: JsonValue = json.loads(self.body)
        except ValueError:
            return None
        return value

    @cached_property
    def form(self) -> list[tuple[str, str]]:
        """The body as `application/x-www-form-urlencoded`."""
        return parse_qsl(self.text, keep_blank_values=True)


@dataclass(frozen=True)
class Reply:
    """An HTTP reply. A `body` that is not bytes is sent as JSON."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | JsonValue = None

    def content(self) -> bytes:
        """The body as sent."""
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, separators=(",", ":")).encode()

    def all_headers(self) -> dict[str, str]:
        """Headers with a content type, as sent."""
        kind = "text/plain" if isinstance(self.body, bytes) else "application/json;charset=UTF-8"
        return {"Content-Type": kind, **self.headers}


@dataclass(frozen=True)
class Frame:
    """A WebSocket message to the client.

    `binary` is what is sent when the exchange packs its messages (gzip …); `text` is what it says then.
    """

    operation: str
    text: str
    binary: bytes | None = None

    @classmethod
    def of(cls, operation: str, data: JsonValue) -> Frame:
        return cls(operation, json.dumps(data, separators=(",", ":")))


@dataclass(frozen=True)
class Close:
    """The exchange ends the connection with this WebSocket close code."""

    code: int
    reason: str = ""


@dataclass(frozen=True)
class Ping:
    """A ping frame of the WebSocket protocol."""

    payload: bytes = b""


Outgoing = Frame | Ping | Close


class Refused(Exception):  # noqa: N818 - an answer, not a failure of ours
    """Ends a handler early with the exchange's own error reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"{reply.status}: {reply.content().decode(errors='replace')[:200]}")
        self.reply = reply


@dataclass(frozen=True)
class Route:
    """A REST route or a stream path. `weight` counts against rate limits.

    `path` may hold `{name}` parts, which are without a stroke, and `{name:path}` parts, which may have some.
    """

    method: str
    path: str
    operation: str
    weight: int
    private: bool
    handler: str

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        parts = re.split(r"\{(\w+(?::path)?)\}", self.path)
        text = "".join(_named(part) if i % 2 else re.escape(part) for i, part in enumerate(parts))
        return re.compile(text + r"\Z")

    def match(self, method: str, path: str) -> dict[str, str] | None:
        if method != self.method:
            return None
        found = self.pattern.match(path)
        return None if found is None else found.groupdict()


def _named(part: str) -> str:
    name, _, kind = part.partition(":")
    return f"(?P<{name}>.+)" if kind else f"(?P<{name}>[^/]+)"


Found = tuple[Route, dict[str, str]]  # with the path's `{name}` parts


@dataclass(frozen=True)
class Match:
    """What a dialect's tables say of a request, looked up once.

    `operation` is the standard operation, None where nobody declared it; `weight` what the request costs
    against the exchange's main limit.
    """

    operation: str | None
    weight: int
    rest: Found | None
    stream: Found | None


@dataclass(frozen=True)
class Call:
    """What a handler gets. `path` holds the `{name}` parts; `signer` is who signed, None on public routes."""

    request: Request
    route: Route
    path: dict[str, str]
    signer: Account | None

    @property
    def account(self) -> Account:
        """Who signed; only private routes may ask."""
        if self.signer is None:
            raise LookupError(f"{self.route.operation} is public: nobody signed it")
        return self.signer

    @cached_property
    def params(self) -> dict[str, str]:
        """Query parameters, then those of a form body; the last of a name wins."""
        return dict([*self.request.query, *self.request.form])


Handler = TypeVar("Handler", bound=Callable[..., Any])


def rest(
    method: str, path: str, *, operation: str, weight: int = 1, private: bool = False
) -> Callable[[Handler], Handler]:
    """Declare `handler(self, call: Call) -> Reply | JSON` as a route; may be repeated for several paths."""
    return _declare("_routes", method, path, operation, weight, private)


def stream(
    path: str, *, operation: str = "stream:subscribe", weight: int = 0
) -> Callable[[Handler], Handler]:
    """Declare `handler(self, call: Call) -> StreamSession | Reply` as a WebSocket path."""
    return _declare("_streams", "GET", path, operation, weight, False)


def _declare(
    where: str, method: str, path: str, operation: str, weight: int, private: bool
) -> Callable[[Handler], Handler]:
    if operation not in OPERATIONS:
        raise ValueError(f"{operation!r} is no standard operation")

    def mark(handler: Handler) -> Handler:
        route = Route(method, path, operation, weight, private, handler.__name__)
        handler.__dict__.setdefault(where, []).insert(0, route)
        return handler

    return mark


class StreamSession:
    """One WebSocket connection, seen from the exchange.

    The gateway answers ping frames of the protocol itself. It passes every venue event, in order, to
    `venue_event` and calls `tick` about every `tick_interval` virtual seconds.
    """

    tick_interval: float = 0.1

    def opened(self) -> Iterable[Outgoing]:
        """What the exchange says first."""
        return ()

    def received(self, message: str | bytes) -> Iterable[Outgoing]:
        """The answer to a message of the client's."""
        return ()

    def ponged(self, payload: bytes) -> None:
        """The client has answered a `Ping`, or sent a pong of its own accord."""

    def operation_of(self, message: str | bytes) -> str:
        """The standard operation of a message of the client's, for the record."""
        return "stream:subscribe"

    def carries(self) -> frozenset[str]:
        """The standard operations of what the client is subscribed to now (`stream:book`, `stream:orders` …).

        It tells a market connection from a private one before anything has passed on it.
        """
        return frozenset()

    def venue_event(self, event: Event) -> Iterable[Outgoing]:
        """What the client is told of something that happened at the venue."""
        return ()

    def tick(self, now: float) -> Iterable[Outgoing]:
        """What is due at virtual time `now` (Unix seconds)."""
        return ()

    def closed(self) -> None:
        """The connection is gone."""


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
    in_dollars: ClassVar[bool] = False  # it has markets that are quoted in US dollars
    books_begin_whole: ClassVar[bool] = False  # every subscription to a book is told all of it first
    # Assets that ccxt calls otherwise than the venue, by the venue's name.
    ccxt_assets: ClassVar[Mapping[str, str]] = {}
    # What the exchange has beyond the operations and a client would miss here; `docs/dialects.md` lists it.
    not_covered: ClassVar[tuple[str, ...]] = ()
    verifies_signatures: ClassVar[bool] = (
        True  # else whatever is signed is let in, and nothing follows from it
    )
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

    # -- what a dialect supplies

    def symbol(self, market: Market) -> str:
        """The exchange's own name of a market."""
        raise NotImplementedError

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

    def expire_user_streams(self, account: Account) -> None:
        """End the account's private streams as the exchange does when their key runs out."""

    # -- what the gateway calls

    def serves(self, host: str, port: int) -> bool:
        return host in (*self.rest_hosts, *self.stream_hosts) and port in self.ports

    def find(self, request: Request) -> Found | None:
        """The route of a request and its path parts."""
        table = self.routes if request.host in self.rest_hosts else ()
        return _first(table, request)

    def find_stream(self, request: Request) -> Found | None:
        table = self.streams if request.host in self.stream_hosts else ()
        return _first(table, request)

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

    # -- shared by dialects

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


def _first(table: Iterable[Route], request: Request) -> Found | None:
    for route in table:
        parts = route.match(request.method, request.path)
        if parts is not None:
            return route, parts
    return None
