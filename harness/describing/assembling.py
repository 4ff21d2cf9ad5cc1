"""From what is known of an exchange's parts to its description, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import JsonValue

from harness.describing.documents.fields import KIT, SENDS
from harness.describing.documents.placed import Placed, known_from
from harness.describing.documents.sentinels import SETS
from harness.describing.documents.templates import embedded
from harness.describing.documents.wordlists import WordLists
from harness.describing.fork_tests.refusals import refusals
from harness.describing.gathered import Sources, market_facts
from harness.describing.replies.as_ordered import ordered
from harness.describing.routes.fees import fee_in
from harness.describing.routes.order_rules import amounts_at, as_asked, order_rules
from harness.describing.routes.route_parts import route_part
from harness.describing.routes.routes import Route, routes
from harness.describing.routes.unasked_routes import only_in_tests
from harness.describing.signing.signing import credentials_of, signing_of
from harness.describing.streams.books import OPERATIONS
from harness.describing.streams.socket_requests import with_requests
from harness.describing.streams.stream_parts import stream_parts
from harness.describing.streams.streams import Connection, connections
from harness.venue.described.addresses import leaves, written


@dataclass(frozen=True)
class Assembled:
    """The description, and its parts for the table and the questions."""

    data: dict[str, JsonValue]
    placed: tuple[Placed, ...]
    connections: tuple[Connection, ...]
    unnamed: tuple[Route, ...]
    sources: Sources

    @property
    def operations(self) -> frozenset[str]:
        return frozenset(each.operation for each in self.placed)


def assemble(sources: Sources) -> Assembled:
    """Put everything together that has an operation; what has none is left for the questions."""
    words = WordLists()
    symbol = sources.symbols.get(SETS[0].name, "")
    signed = sources.signatures
    seen = routes(sources.asked, sources.answers, signed.schemes, symbol, sources.source, signed.unexplained)
    named = [each for each in seen if each.operation]
    named += only_in_tests(sources, named)
    sources = replace(sources, ordered=ordered(each for route in named for each in route.fields))
    named.sort(key=lambda each: (_order(each.operation), each.name))
    known: dict[str, list[str]] = {"": [KIT]}
    placed: list[Placed] = []
    told: dict[str, Any] = {}
    private = any(route.private for route in named)
    signing = signing_of(sources.asked, signed) or ({"scheme": "unverified"} if private else {})
    for route in named:
        told[route.name], part = route_part(route, named, sources, words, signing)
        placed.append(part)
    linked = connections(sources.asked, sources.signatures.schemes, market_facts(symbol, sources))
    streams, parts = stream_parts(linked, _of_streams(sources, named), words)
    placed += parts
    placed += with_requests(streams, linked, sources, words, symbol)
    data = _head(sources, named, linked)
    if signing:
        data["signing"] = signing
        alike = sources.also_signed and signing["scheme"] != "session"
        known["signing"] = [SENDS, *(["ccxt"] if alike else [])]
    if words.lists:
        data["words"] = words.lists
        known["words"] = [KIT]
    data |= {"routes": told, "refusals": refusals(sources.answers)}
    if streams:
        data["connections"] = streams
    if data.get("orders", {}).get("market_buy_in") == "quote":
        data = {name: as_asked(part, amounts_at(named)) for name, part in data.items()}
    known |= {"hosts": [SENDS], "credentials": [SENDS], "orders": [SENDS]}
    fees = fee_in(sources, placed)
    if fees is not None:
        data["orders"] = {**data.get("orders", {}), "fee_in": fees.text}
        known[written(fees.at)] = list(fees.by)
    known |= known_from(placed)
    lying = {written(at[:end]) for at, _ in leaves(data) for end in range(len(at) + 1)}
    data["known"] = {at: by for at, by in known.items() if at in lying}
    contradicted = [each for part in placed for each in part.fields if each.says]
    contradicted += [fees] if fees is not None and fees.says else []
    data["contradictions"] = [{"at": written(each.at), "says": dict(each.says)} for each in contradicted]
    unnamed = tuple(sorted((each for each in seen if not each.operation), key=lambda each: each.name))
    return Assembled(data, tuple(placed), tuple(linked), unnamed, sources)


def _of_streams(sources: Sources, named: Sequence[Route]) -> Sources:
    """The same; a book that the tests show and no route was asked for comes by a stream."""
    books = dict(sources.books)
    streamed = "order_book" in books and not books.keys() & {"snapshot", "diff"}
    if not streamed or any(each.operation == "order_book" for each in named):
        return sources
    books["snapshot"] = replace(books.pop("order_book"), operation=OPERATIONS["snapshot"])
    return replace(sources, books=books)


def _head(sources: Sources, named: Sequence[Route], linked: Sequence[Connection]) -> dict[str, Any]:
    """What a description says of the exchange as a whole."""
    quote = sources.source.quote
    return {
        "exchange": sources.exchange,
        "kind": sources.kind,
        **({"ccxt": sources.ccxt} if sources.ccxt else {}),
        "hosts": _hosts(named, linked, sources.asked.ports),
        **({"quote": quote} if quote else {}),
        "symbol": _symbol(sources),
        **({"orders": rules} if (rules := order_rules(sources, named)) else {}),
        "credentials": credentials_of(sources.asked, sources.signatures),
    }


def _order(operation: str) -> int:
    """Where a route stands in the file: as an order's life goes."""
    usual = ("symbols", "server_time", "order_book", "ticker", "balances", "place_order", "order_status")
    return usual.index(operation) if operation in usual else len(usual)


def _symbol(sources: Sources) -> str:
    """The form of a symbol, told from its two names."""
    having = [
        (name, {"market.base": each.base, "market.quote": each.quote})
        for each in sources.sets
        if (name := sources.symbols.get(each.name))
    ]
    return (embedded(having) if having else None) or "{market.base}-{market.quote}"


def _hosts(
    named: Sequence[Route], linked: Sequence[Connection], ports: Sequence[int]
) -> dict[str, JsonValue]:
    rest = list(dict.fromkeys(each.host for each in named))
    stream = list(dict.fromkeys(each.host for each in linked))
    made: dict[str, JsonValue] = {"rest": list[JsonValue](rest)}
    if stream:
        made["stream"] = list[JsonValue](stream)
    return {**made, "ports": list[JsonValue](ports)} if list(ports) != [443] else made
