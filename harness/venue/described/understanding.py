"""Which route of a described exchange a request is for, and what it says there."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

from harness.venue.described.markets import told_facts
from harness.venue.described.model import Description, RouteDescription
from harness.venue.described.placeholders import leaf
from harness.venue.described.signing import payload_of
from harness.venue.described.templates import MISMATCH, Filler, Matcher, Scope, found_at
from harness.venue.described.units import NO_UNITS
from harness.venue.described.values import Fact, write
from harness.venue.described.venue_facts import VenueFacts
from harness.venue.dialects.base import Dialect
from harness.venue.dialects.messages import Request
from harness.venue.dialects.routing import Found, Route
from harness.venue.market import Market
from harness.venue.model import Account, Refusal, VenueRefusal


class Understanding(Dialect):
    """A part of `DescribedDialect`: the route, the parameters and the market that a request names."""

    description: ClassVar[Description]
    venue_facts: VenueFacts
    matcher: Matcher

    def symbol(self, market: Market) -> str:
        names = self.description.assets
        known = {
            "base": names.get(market.base, market.base), "quote": names.get(market.quote, market.quote),
            "settle": names.get(market.settle_asset, market.settle_asset),
        }  # fmt: skip
        return str(self.filler_of_symbols.fill(self.description.symbol, Scope({"market": lambda: known})))

    def also_named(self, market: Market) -> tuple[str, ...]:
        told = "market.number" in told_facts(self.description, "symbols")
        return (str(self.venue_facts.number(market)),) if told else ()

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
            if write(hole, {"symbol": own}, {}, NO_UNITS) == text:
                return own
        return text

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
        said = self.parameters(route, request)
        return all(
            found_at(said, name) is not None if value == "*" else str(found_at(said, name)) == value
            for name, value in route.when.items()
        )

    def parameters(self, route: RouteDescription, request: Request) -> dict[str, Any]:
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
        return frozenset(self.parameters(self.description.routes[route.handler], request))

    def owner_of_order(self, request: Request, route: Route) -> Account | None:
        """Whose the order is that a request names; nobody's where it names none that is known."""
        described = self.description.routes[route.handler]
        said = {
            **self.parameters(described, request), **(route.match(request.method, request.path) or {}),
        }  # fmt: skip
        with contextlib.suppress(*MISMATCH):
            number = self.matcher.match(described.takes, said).get("order.order_id")
            for account in self.venue.accounts():
                with contextlib.suppress(VenueRefusal):
                    if isinstance(number, int) and self.venue.order(account, number):
                        return account
        return None

    def market_in(self, found: Mapping[str, Fact]) -> Market | None:
        """The market that was named, None where none was; raises UNKNOWN_MARKET.

        A base alone names the only market that has it.
        """
        name, base, quote, number = (
            found.get(f"market.{key}") for key in ("symbol", "base", "quote", "number")
        )
        if isinstance(number, int):
            listed = self.venue.markets
            market = listed[number - 1] if 0 < number <= len(listed) else None
        elif name is not None:
            market = self.market_of(str(name))
        elif base is not None and quote is not None:
            market = self._paired(str(base), str(quote))
        else:
            named = [each for each in self.venue.markets if self.venue_facts.asset(each.base) == base]
            if base is None or len(named) > 1:
                return None
            market = next(iter(named), None)
        if market is None:
            assets = "-".join(str(each) for each in (base, quote) if each is not None)
            raise VenueRefusal(Refusal.UNKNOWN_MARKET, str(number or name or assets))
        return market

    def _paired(self, base: str, quote: str) -> Market | None:
        """The market of two assets; where nothing stands between them they may have been parted anywhere."""
        listed = {
            (self.venue_facts.asset(each.base), self.venue_facts.asset(each.quote)): each
            for each in self.venue.markets
        }
        exact = listed.get((base, quote))
        joined = (each for (one, other), each in listed.items() if one + other == base + quote)
        return exact or next(joined, None)

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
