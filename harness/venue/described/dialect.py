"""The dialect of any exchange that is described."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

from pydantic import JsonValue

from harness.venue.described.answering import Answering
from harness.venue.described.markets import sayable, told_facts
from harness.venue.described.model import (
    Connection,
    Credential,
    Description,
    Login,
    RouteDescription,
    Signing,
)
from harness.venue.described.placeholders import leaf, repeats
from harness.venue.described.refusing import RefusalBook
from harness.venue.described.requested import Asked
from harness.venue.described.signing import (
    Given,
    credential,
    given_by,
    payload_of,
    signed,
    signed_right,
    texts_of,
)
from harness.venue.described.streams import DescribedSession
from harness.venue.described.templates import NO_CONTRACT, Filler, Matcher, Missing, Scope, Unlike
from harness.venue.described.trust import Trust
from harness.venue.described.values import Fact, Unreadable, moment, plainly, write
from harness.venue.described.venue_facts import VenueFacts
from harness.venue.dialects.base import Dialect
from harness.venue.dialects.listen_keys import ListenKeys
from harness.venue.dialects.messages import Refused, Reply, Request
from harness.venue.dialects.nonces import AscendingNonces
from harness.venue.dialects.routing import Call, Found, Match, Route
from harness.venue.dialects.signing import same
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.market import Market
from harness.venue.model import KEY_LENGTHS, Account, Refusal, VenueRefusal
from harness.venue.operations.limits import RouteLimit, RouteLimits
from harness.venue.operations.refusals import RequestError, RequestRefused
from harness.venue.operations.sessions import PrivateSessions
from harness.venue.session import Venue

TOKEN_LIFETIME = 3600.0  # virtual seconds, where a description names none
_NOTHING: Mapping[str, Fact] = {}
_LOTS = frozenset({"market.lot_size", "market.lot_decimals"})


def dialect_of(described: Description) -> type[DescribedDialect]:
    """The dialect class of a description."""
    names: dict[str, str] = {each.is_: field for field, each in described.credentials.items()}
    sent = {field: each.sent for field, each in described.credentials.items() if each.sent}
    return type(
        f"Described_{described.exchange}",
        (DescribedDialect,),
        {
            "name": described.exchange,
            "framework": described.framework,
            # ccxt asks for routes that a connector never does, and these are all that was derived.
            "ccxt_id": None if described.derived else described.ccxt,
            "description": described,
            "rest_hosts": described.hosts.rest,
            "stream_hosts": stream_hosts(described),
            "ports": described.hosts.ports,
            "secrets_sent": sent,
            "markets": sayable(described),
            "tells_lots": bool(_LOTS & told_facts(described, "symbols")),
            "not_covered": described.lacks,
            "ccxt_assets": described.assets,
            "key_lengths": _key_lengths(described, names),
            "book_depth": _book_depth(described),
            "in_dollars": described.in_dollars,
            "books_begin_whole": _books_begin_whole(described),
            "verifies_signatures": described.signing is None or described.signing.scheme != "unverified",
        },
    )


def _key_lengths(described: Description, names: Mapping[str, str]) -> tuple[int, int, int]:
    lengths = list(KEY_LENGTHS)
    for index, kind in enumerate(("key", "secret", "passphrase")):
        field = names.get(kind)
        given = described.credentials[field] if field is not None else None
        if given is not None and given.form == "text" and given.length is not None:
            lengths[index] = given.length
    return lengths[0], lengths[1], lengths[2]


def _book_depth(described: Description) -> int:
    depths = [route.rows.most for route in described.routes.values() if route.operation == "order_book"]
    known = [depth for depth in depths if depth is not None]
    return max(known, default=DescribedDialect.book_depth)


def _books_begin_whole(described: Description) -> bool:
    books = [
        channel.book
        for connection in described.connections.values()
        for channel in connection.channels.values()
        if channel.book is not None
    ]
    return bool(books) and all("whole" in (book.style, book.first) for book in books)


def _routes(described: Description) -> Iterator[Route]:
    """Those with fixed paths before those with parts, and those told apart before those for anything else."""
    routes = described.routes
    for name in sorted(routes, key=lambda each: ("{" in each, not routes[each].when)):
        route = described.routes[name]
        method, path, *_ = name.split(" ")
        yield Route(method, path, route.operation, route.weight, route.private, name)


def _streams(described: Description) -> Iterator[Route]:
    for name, connection in described.connections.items():
        yield Route("GET", connection.path, "stream:subscribe", 0, False, name)


def stream_hosts(described: Description) -> tuple[str, ...]:
    """Where WebSockets are opened: at the hosts for them, else at those of routes, and where one says."""
    hosts = described.hosts.stream or (described.hosts.rest if described.connections else ())
    own = (each.host for each in described.connections.values() if each.host is not None)
    return tuple(dict.fromkeys((*hosts, *own)))


class DescribedDialect(Dialect):
    """Speaks as its `description` says. A route's `handler` is its name in the description."""

    name: ClassVar[str] = ""
    description: ClassVar[Description]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.routes = tuple(_routes(cls.description))
        cls.streams = tuple(_streams(cls.description))

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        described = self.description
        self.venue_facts = VenueFacts(venue, self.symbol, described.assets)
        self.filler = Filler(described.words, described.shapes)
        exponents = described.orders.numbers == "any"
        self.matcher = Matcher(described.words, described.shapes, exponents, self._symbol_of)
        self.refusals = RefusalBook(described.refusals, self.filler)
        self.sessions = PrivateSessions()
        self.keys = ListenKeys(self._token_lifetime())
        self.answering = Answering(described, self.venue_facts, self.book_depth)
        self._nonces = AscendingNonces()
        self._limits = RouteLimits(
            RouteLimit(
                each.requests, int(each.seconds), frozenset(each.operations), each.together, each.weighed
            )
            for each in described.limits
        )

    def _token_lifetime(self) -> float:
        lifetimes = [each.lifetime for each in self.description.connections.values() if each.lifetime]
        return min(lifetimes, default=TOKEN_LIFETIME)

    def symbol(self, market: Market) -> str:
        names = self.description.assets
        known = {
            "base": names.get(market.base, market.base), "quote": names.get(market.quote, market.quote),
            "settle": names.get(market.settle_asset, market.settle_asset),
        }  # fmt: skip
        return str(self.filler_of_symbols.fill(self.description.symbol, Scope({"market": lambda: known})))

    @cached_property
    def filler_of_symbols(self) -> Filler:
        return Filler(self.description.words, {})

    def _symbol_of(self, text: str, filters: tuple[str, ...]) -> str:
        """A symbol as the exchange lists it, of one whose letters a request writes otherwise."""
        if not filters:
            return text
        hole = replace(leaf("{market.symbol}").holes[0], filters=filters)
        for market in self.venue.markets:
            own = self.symbol(market)
            if write(hole, {"symbol": own}, {}, NO_CONTRACT) == text:
                return own
        return text

    def credentials(self, account: Account) -> dict[str, str]:
        return {field: self._held(account, each) for field, each in self.description.credentials.items()}

    def hidden(self, account: Account) -> frozenset[str]:
        held = self.description.credentials.values()
        return frozenset(self._held(account, each) for each in held if each.is_ in ("secret", "passphrase"))

    def _held(self, account: Account, given: Credential) -> str:
        return credential(account, given, self._of_kind("secret"))

    def _of_kind(self, kind: str) -> Credential | None:
        return next((each for each in self.description.credentials.values() if each.is_ == kind), None)

    def secret(self, account: Account) -> str:
        """What the connector signs with."""
        given = self._of_kind("secret")
        return account.api_secret if given is None else self._held(account, given)

    def passphrase(self, account: Account) -> str:
        given = self._of_kind("passphrase")
        return account.passphrase if given is None else self._held(account, given)

    def ccxt_options(self) -> dict[str, JsonValue]:
        return {**super().ccxt_options(), **self.description.ccxt_options}

    def ccxt_credentials(self, account: Account) -> dict[str, str]:
        names = {"key": "apiKey", "secret": "secret", "passphrase": "password", "number": "uid"}
        held = self.description.credentials.values()
        return {names[each.is_]: self._held(account, each) for each in held if each.is_ in names}

    def authenticate(self, request: Request, route: Route) -> Account:
        """Missing parts first, then the key, the time, the passphrase and the signature."""
        described = self.description.routes[route.handler]
        signing = described.signing or self.description.signing
        if signing is None:
            raise LookupError(f"{self.name}: {route.path} is private, and `signing` is not described")
        code = RequestError.BAD_CONTENT_TYPE.value
        if request.unlike_json and self.refusals.has(code):
            raise self.refused(code)
        given = given_by(signing, request)
        if described.proof == "key":
            return self._with_key(given)
        return self._signer(signing, request, given, described.signs)

    def _signer(
        self, signing: Signing, request: Request, given: Given, more: Mapping[str, str] | None = None
    ) -> Account:
        """Whose request it is; raises Refused."""
        for part, error in (
            ("key", RequestError.MISSING_KEY), ("signature", RequestError.MISSING_SIGNATURE),
            ("time", RequestError.MISSING_TIME), ("passphrase", RequestError.MISSING_PASSPHRASE),
        ):  # fmt: skip
            if part in signing.carries and not getattr(given, part):
                raise self.refused(error.value)
        given = self.with_phrase(given)
        texts = texts_of(signing, request, given, more)
        found = self.verified(signing, given, texts, self.received_at(request))
        if isinstance(found, RequestError):
            raise self.refused(found.value)
        return found

    def _phrase(self, signing: Signing, account: Account) -> str:
        """The passphrase as it is sent."""
        phrase = self.passphrase(account)
        is_signed = signing.passphrase == "signed"  # noqa: S105 - a form, not a passphrase
        return signed(signing, self.secret(account), phrase) if is_signed else phrase

    def with_phrase(self, given: Given) -> Given:
        """The parts of a signature, with a passphrase that is signed and never sent."""
        account = None if given.passphrase else self._account_of(given.key)
        return given if account is None else replace(given, passphrase=self.passphrase(account))

    def _with_key(self, given: Given) -> Account:
        """The account of a request that is not signed."""
        if not given.key:
            raise self.refused(RequestError.MISSING_KEY.value)
        account = self._account_of(given.key)
        if account is None:
            raise self.refused(RequestError.UNKNOWN_KEY.value)
        return account

    def verified(
        self, signing: Signing, given: Given, texts: frozenset[bytes], at: float
    ) -> Account | RequestError:
        """Whose signature it is, or what is wrong with it."""
        account = self._account_of(given.key)
        if account is None:
            return RequestError.UNKNOWN_KEY
        if given.time or "time" in signing.carries:
            told = moment(given.time, signing.time)
            if told is None:
                return RequestError.BAD_TIME
            if signing.tolerance is not None and abs(told - at) > signing.tolerance + self.slack:
                return RequestError.STALE_TIME
        if given.passphrase and not same(self._phrase(signing, account), given.passphrase):
            return RequestError.BAD_PASSPHRASE
        if not signed_right(signing, self.secret(account), texts, given.signature):
            return RequestError.BAD_SIGNATURE
        if signing.rising_nonce and not (
            given.nonce.isdigit() and self._nonces.take(account.api_key, int(given.nonce))
        ):
            return RequestError.BAD_NONCE
        return account

    def _account_of(self, key: str) -> Account | None:
        given = self._of_kind("key")
        if given is None or (given.form, given.length) == ("text", None):
            return self.venue.account_of_key(key)
        return next((each for each in self.venue.accounts() if self._held(each, given) == key), None)

    def refused(self, code: str, route: str = "", detail: str = "", around: Scope | None = None) -> Refused:
        """`around` is what else the refusal may tell of."""
        own = self.description.routes[route].refusals if route else {}
        scope = (around or Scope()).within(self.venue_facts.now())
        return Refused(self.refusals.reply(code, scope, own, detail))

    def admit(self, request: Request, route: Route) -> None:
        now = self.received_at(request)
        stand = self._limits.use(request.client, route.handler, route.operation, route.weight, now)
        self._standing = stand
        if stand is not None and stand.use.over:
            raise self.refused(RequestError.OVER_LIMIT.value)

    def finish(self, request: Request, route: Route, reply: Reply) -> Reply:
        stand = self._standing
        if not self.description.reply_headers or stand is None:
            return reply
        told: dict[str, Fact] = {
            "limit": stand.limit.requests, "used": stand.use.used, "left": stand.left,
            "resets_at": stand.resets_at, "retry_after": int(stand.use.retry_after + 1),
        }  # fmt: skip
        scope = Scope({"limit": lambda: told}).within(self.venue_facts.now())
        own = {
            name: str(self.filler.fill(text, scope)) for name, text in self.description.reply_headers.items()
        }
        return replace(reply, headers={**own, **reply.headers})

    def too_many_requests(self, retry_after: int) -> Reply:
        return self.refusals.reply(RequestError.OVER_LIMIT.value, self.venue_facts.now())

    def under_maintenance(self) -> Reply:
        return self.refusals.reply(RequestError.MAINTENANCE.value, self.venue_facts.now())

    def unknown_route(self, request: Request) -> Reply:
        return self.refusals.reply(RequestError.UNKNOWN_ROUTE.value, self.venue_facts.now())

    def expire_user_streams(self, account: Account) -> None:
        self.keys.expire(account)
        self.sessions.expire(account)

    def find(self, request: Request) -> Found | None:
        """By method and path, and where several share these, by the parameters that tell them apart."""
        if request.host not in self.rest_hosts:
            return None
        for route in self.routes:
            parts = route.match(request.method, request.path)
            if parts is not None and self._meant(self.description.routes[route.handler], request):
                return route, parts
        return None

    def _meant(self, route: RouteDescription, request: Request) -> bool:
        if not route.when:
            return True
        said = self._parameters(route, request)
        return all(
            name in said if value == "*" else str(said.get(name)) == value
            for name, value in route.when.items()
        )

    def serve(self, call: Call) -> Reply:
        with self.venue.lock:
            return self._serve(call)

    def _serve(self, call: Call) -> Reply:
        described = self.description.routes[call.route.handler]
        asked = None
        try:
            asked = self._asked(call, described)
            scope = self.answering.answer(asked)
        except VenueRefusal as error:
            if error.code is Refusal.UNKNOWN_ORDER and described.unknown == "empty":
                return Reply(described.status, {}, self.filler.fill(described.reply, self.venue_facts.now()))
            around = self.answering.refused_order(asked, error.code)
            raise self.refused(error.code.value, call.route.handler, error.detail, around) from error
        except RequestRefused as error:
            raise self.refused(error.error.value, call.route.handler, error.detail) from error
        except Missing as error:
            code = RequestError.MISSING_PARAMETER.value
            if error.hole == "market.symbol":
                code = Refusal.UNKNOWN_MARKET.value
            raise self.refused(code, call.route.handler, error.name) from error
        except (Unreadable, Unlike, ValueError) as error:
            code = RequestError.BAD_PARAMETER.value
            raise self.refused(code, call.route.handler, str(error)) from error
        if call.signer is not None and described.operation in ("user_stream_open", "stream_token"):
            scope = self._session(call.signer).within(scope)
        return Reply(described.status, {}, self.filler.fill(described.reply, scope))

    def _session(self, account: Account) -> Scope:
        key = self.keys.open(account, self.venue.clock.now())
        return Scope({"session": lambda: {"key": key, "lifetime": int(self.keys.lifetime)}})

    def _asked(self, call: Call, described: RouteDescription) -> Asked:
        """Raises Missing, Unlike, Unreadable or VenueRefusal."""
        said: JsonValue = {**self._parameters(described, call.request), **call.path}
        takes = described.takes if described.takes is not None else {}
        found = self.matcher.match(takes, said)
        market = self.market_in(found)
        if market is not None and market.contract_size != 1:
            found = self.matcher.match(takes, said, market.contract_size)
        found |= {name: plainly(value) for name, value in described.means.items()}
        if described.operation == "user_stream_renew":
            self._renew(found)
        asked = Asked(described.operation, call.signer, market, found, described.rows)
        if asked.operation == "order_status" and not asked.named and not self._lists_orders(described):
            raise Unreadable("no id of an order")
        return asked

    def _lists_orders(self, route: RouteDescription) -> bool:
        reply = self.filler.laid_out(route.reply)
        return any(repeats(reply, what) for what in ("order", "group"))

    def _renew(self, found: Mapping[str, Fact]) -> None:
        if not self.keys.renew(str(found.get("session.key", "")), self.venue.clock.now()):
            raise Unreadable("no such key")

    def market_in(self, found: Mapping[str, Fact]) -> Market | None:
        """The market that was named; raises UNKNOWN_MARKET."""
        name, base, quote, number = (
            found.get(f"market.{key}") for key in ("symbol", "base", "quote", "number")
        )
        if isinstance(number, int):
            listed = self.venue.markets
            market = listed[number - 1] if 0 < number <= len(listed) else None
        elif name is not None:
            market = self.market_of(str(name))
        elif base is not None and quote is not None:
            wanted = (base, quote)
            market = next(
                (
                    each
                    for each in self.venue.markets
                    if (self.venue_facts.asset(each.base), self.venue_facts.asset(each.quote)) == wanted
                ),
                None,
            )
        else:
            return None
        if market is None:
            raise VenueRefusal(Refusal.UNKNOWN_MARKET, str(number or name or f"{base}-{quote}"))
        return market

    def _parameters(self, route: RouteDescription, request: Request) -> dict[str, Any]:
        usual = "query" if request.method in ("GET", "DELETE") else "json"
        match route.parameters or usual:
            case "json":
                body = request.json()
                if isinstance(body, list):
                    return {"": body}
                return body if isinstance(body, dict) else {}
            case "form":
                return dict(request.form)
            case "query or form":
                return dict([*request.form, *request.query])
            case "payload":
                signing = route.signing or self.description.signing
                return payload_of(signing, request) if signing is not None else {}
        return dict(request.query)

    def named_parameters(self, request: Request, route: Route) -> frozenset[str]:
        """The names of what a request says, in its path aside."""
        return frozenset(self._parameters(self.description.routes[route.handler], request))

    def upgrade(self, request: Request, match: Match) -> StreamSession | Reply:
        if match.stream is None:
            return self.unknown_route(request)
        route, path = match.stream
        connection = self.description.connections[route.handler]
        account = None
        if connection.login is not None and connection.login.by == "upgrade":
            try:
                account = self._account_of_upgrade(connection.login, request)
            except Refused as error:
                return error.reply
        if connection.login is not None and connection.login.token is not None:
            account = self._account_of_token(connection.login.token, path, request)
            if account is None and connection.login.needed:
                return self.refusals.reply(RequestError.UNKNOWN_KEY.value, self.venue_facts.now())
        return self._opened(connection, account)

    def _account_of_upgrade(self, login: Login, request: Request) -> Account | None:
        """Who signed the request; nobody where that is allowed and no key was sent. Raises Refused."""
        signing = self.description.signing
        if signing is None:
            raise LookupError(f"{self.name}: streams are opened by a signature, which is not described")
        given = given_by(signing, request)
        return self._signer(signing, request, given) if given.key or login.needed else None

    def find_stream(self, request: Request) -> tuple[Route, dict[str, str]] | None:
        """By the path and, where a connection names one, the host; a path without parts goes first."""
        if request.host not in self.stream_hosts:
            return None
        for route in sorted(self.streams, key=lambda each: "{" in each.path):
            host = self.description.connections[route.handler].host
            parts = route.match(request.method, request.path)
            if parts is not None and host in (None, request.host):
                return route, parts
        return None

    def _account_of_token(self, place: str, path: Mapping[str, str], request: Request) -> Account | None:
        kind, _, name = place.partition(" ")
        token = path.get(name, "") if kind == "path" else dict(request.query).get(name, "")
        return self.keys.account_of(token, self.venue.clock.now())

    def _opened(self, connection: Connection, account: Account | None) -> DescribedSession:
        session = DescribedSession(self, connection, account)
        self.sessions.add(session)
        return session

    @classmethod
    def unconfirmed(cls, facts: Iterable[str]) -> tuple[str, ...]:
        return Trust.of(cls.description).unconfirmed(facts)
