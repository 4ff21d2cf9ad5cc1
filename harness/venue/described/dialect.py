"""The dialect of any exchange that is described."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from pydantic import JsonValue

from harness.venue.described.answering import Answering
from harness.venue.described.model import Asking, Description
from harness.venue.described.placeholders import repeats
from harness.venue.described.proving import TOKEN_LIFETIME, Proving
from harness.venue.described.refusing import RefusalBook, Refuse
from harness.venue.described.requested import Asked
from harness.venue.described.speaking import Opening
from harness.venue.described.streams import DescribedSession
from harness.venue.described.templates import Filler, Matcher, Missing, Scope, Unlike
from harness.venue.described.trust import Trust
from harness.venue.described.understanding import Understanding
from harness.venue.described.units import Units
from harness.venue.described.values import Fact, Unreadable, plainly
from harness.venue.described.venue_facts import VenueFacts
from harness.venue.dialects.listen_keys import ListenKeys
from harness.venue.dialects.messages import Refused, Reply, Request
from harness.venue.dialects.routing import Call, Match, Route
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.model import Account, Refusal, VenueRefusal
from harness.venue.operations.limits import RouteLimit, RouteLimits
from harness.venue.operations.refusals import RequestError, RequestRefused
from harness.venue.operations.sessions import PrivateSessions
from harness.venue.session import Venue


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


class DescribedDialect(Proving, Understanding):
    """Speaks as its `description` says. A route's `handler` is its name in the description."""

    name: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if hasattr(cls, "description"):  # a class for several has none
            cls.routes = tuple(_routes(cls.description))
            cls.streams = tuple(_streams(cls.description))

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        described = self.description
        self.venue_facts = VenueFacts(venue, self.symbol, described.assets, described.orders.unnamed)
        self.filler = Filler(described.words, described.shapes)
        exponents = described.orders.numbers == "any"
        self.matcher = Matcher(described.words, described.shapes, exponents, self._symbol_of)
        self.refusals = RefusalBook(described.refusals, self.filler)
        self.sessions = PrivateSessions()
        self.keys = ListenKeys(self._token_lifetime())
        self.answering = Answering(described, self.venue_facts, self.book_depth)
        self._limits = RouteLimits(
            RouteLimit(
                each.requests, int(each.seconds), frozenset(each.operations), each.together, each.weighed
            )
            for each in described.limits
        )

    def _token_lifetime(self) -> float:
        lifetimes = [each.lifetime for each in self.description.connections.values() if each.lifetime]
        return min(lifetimes, default=TOKEN_LIFETIME)

    def ccxt_options(self) -> dict[str, JsonValue]:
        return {**super().ccxt_options(), **self.description.ccxt_options}

    def authenticate(self, request: Request, route: Route) -> Account:
        if self.description.routes[route.handler].proof != "order":
            return super().authenticate(request, route)
        account = self.owner_of_order(request, route)
        if account is None:
            raise self.refused(Refusal.UNKNOWN_ORDER.value, route.handler)
        return account

    def admit(self, request: Request, route: Route) -> None:
        now = self.received_at(request)
        stand = self._limits.use(request.client, route.handler, route.operation, route.weight, now)
        self._standing = stand
        if stand is not None and stand.use.over:
            raise self.refused(RequestError.OVER_LIMIT.value)

    def admit_message(self, client: str, name: str, asked: Asking) -> None:
        """Raises Refuse where a request by a message is one too many."""
        now = self.venue.clock.now()
        stand = self._limits.use(client, name, asked.operation, asked.weight, now)
        if stand is not None and stand.use.over:
            raise Refuse(RequestError.OVER_LIMIT.value)

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

    def serve(self, call: Call) -> Reply:
        with self.venue.lock:
            return self._serve(call)

    def _serve(self, call: Call) -> Reply:
        described = self.description.routes[call.route.handler]
        try:
            said: JsonValue = {**self.parameters(described, call.request), **call.path}
            scope = self.done(described, said, call.signer)
        except Refuse as error:
            raise self.refused(error.code, call.route.handler, error.detail, error.around) from error
        if call.signer is not None and described.operation in ("user_stream_open", "stream_token"):
            scope = self._session(call.signer).within(scope)
        headers = {name: str(self.filler.fill(text, scope)) for name, text in described.headers.items()}
        return Reply(described.status, headers, self.filler.fill(described.reply, scope))

    def _session(self, account: Account) -> Scope:
        signing = self.description.signing
        logs_in = signing is not None and (signing.scheme == "session" or signing.session is not None)
        keys = self.logins if logs_in else self.keys
        now = self.venue.clock.now()
        told: dict[str, Fact] = {
            "key": keys.open(account, now), "lifetime": int(keys.lifetime), "ends_at": now + keys.lifetime,
        }  # fmt: skip
        return Scope({"session": lambda: told})

    def done(self, described: Asking, said: JsonValue, signer: Account | None) -> Scope:
        """Does what is asked for, by a route or by a message; what there is to tell of it. Raises Refuse."""
        asked = None
        try:
            asked = self._asked(described, said, signer)
            return self.answering.answer(asked)
        except VenueRefusal as error:
            if error.code is Refusal.UNKNOWN_ORDER and described.unknown == "empty":
                return self.venue_facts.now()
            around = self.answering.refused_order(asked, error.code)
            raise Refuse(error.code.value, error.detail, around) from error
        except RequestRefused as error:
            raise Refuse(error.error.value, error.detail) from error
        except Missing as error:
            code = RequestError.MISSING_PARAMETER.value
            if error.hole == "market.symbol":
                code = Refusal.UNKNOWN_MARKET.value
            raise Refuse(code, error.name) from error
        except (Unreadable, Unlike, ValueError) as error:
            raise Refuse(RequestError.BAD_PARAMETER.value, str(error)) from error

    def _asked(self, described: Asking, said: JsonValue, signer: Account | None) -> Asked:
        """Raises Missing, Unlike, Unreadable or VenueRefusal."""
        takes = described.takes if described.takes is not None else {}
        found = self.matcher.match(takes, said)
        market = self.market_in(found)
        if market is not None:
            found = self.matcher.match(takes, said, Units.of(market))
        found |= {name: plainly(value) for name, value in described.means.items()}
        if described.operation == "user_stream_renew":
            self._renew(found)
        asked = Asked(described.operation, signer, market, found, described.rows)
        if asked.operation == "order_status" and not asked.named and not self._lists_orders(described):
            raise Unreadable("no id of an order")
        return asked

    def _lists_orders(self, route: Asking) -> bool:
        reply = self.filler.laid_out(route.reply)
        return any(repeats(reply, what) for what in ("order", "group"))

    def _renew(self, found: Mapping[str, Fact]) -> None:
        if not self.keys.renew(str(found.get("session.key", "")), self.venue.clock.now()):
            raise Unreadable("no such key")

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
        session = self.session(Opening(connection, request, account))
        self.sessions.add(session)
        return session

    def _account_of_token(self, place: str, path: Mapping[str, str], request: Request) -> Account | None:
        kind, _, name = place.partition(" ")
        token = path.get(name, "") if kind == "path" else dict(request.query).get(name, "")
        return self.keys.account_of(token, self.venue.clock.now())

    def session(self, opening: Opening) -> DescribedSession:
        """What is said on a connection that was opened so."""
        return DescribedSession(self, opening)

    @classmethod
    def unconfirmed(cls, facts: Iterable[str]) -> tuple[str, ...]:
        return Trust.of(cls.description).unconfirmed(facts)
