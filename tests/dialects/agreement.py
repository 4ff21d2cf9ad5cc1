"""What ccxt agrees with in each shipped description, measured; `python -m tests.dialects.agreement NAME …`
writes it into the description's `known`.

ccxt asks a described exchange in this process, places an order there, and what it reads is compared with the
ledger, leaf by leaf.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast

from harness.describing.documents.leaves import flatten
from harness.oracle import unified_symbol
from harness.scenarios.randomization import initial_balances
from harness.venue.described import DescribedDialect, described_dialect, shipped_dialects
from harness.venue.described.addresses import Address, bare, parsed, written
from harness.venue.described.loading import SHIPPED, raw
from harness.venue.described.placeholders import LIKE
from harness.venue.market import Market, floor_to
from harness.venue.model import Account, OrderStatus
from harness.venue.session import Venue
from tests.dialects.agreeing import ATTRIBUTES, WORDS, Ccxt, CcxtStream, told_by, told_in
from tests.venue.described.client import Client
from tests.venue.described.test_exchanges import World as Listener
from tests.venue.described.test_exchanges import place, streams
from tests.venue.world import NOON, StillClock

Call = Callable[[Any], Any]
# Facts that are one for a limit order, or that ccxt has one attribute for.
SAME = {
    "order.asked": "order.amount", "order.any_id": "order.order_id", "order.notional": "order.filled_quote",
    "order.asked_left": "order.remaining", "market.tick_decimals": "market.tick_size",
    "market.lot_decimals": "market.lot_size", "market.halted": "market.open",
    "market.number": "market.symbol", "market.base_number": "market.base",
    "market.quote_number": "market.quote", "fill.fee_asset_number": "fill.fee_asset",
    "margin.available": "balance.free", "margin.equity": "balance.total", "margin.wallet": "balance.total",
    "margin.used": "balance.locked",
}  # fmt: skip
# What ccxt tells of an order by the fill or the message that is its news: neither the same nor another.
NEWS = {
    ("change.at", "order.created_at"), ("change.at", "order.updated_at"), ("fill.at", "order.updated_at"),
    ("fill.fee", "order.fee"), ("fill.amount", "order.filled"), ("fill.quote_amount", "order.filled_quote"),
    ("fill.at", "order.created_at"), ("now.at", "trade.at"), ("now.at", "order.updated_at"),
    ("change.kind", "order.status"), ("trade.price", "ticker.last"),
}  # fmt: skip
BY_CCXT = "[ccxt]"


def _agree(told: str, meant: str) -> bool:
    """Whether ccxt takes what we tell for that, or for what it makes of it."""
    return told == meant or alike(meant, SAME.get(told, told))


@dataclass
class Agreement:
    """`calls` are ccxt's calls that told what the ledger has, `lacks` those that ccxt does not offer there.

    `reads` and `asks` are the addresses that ccxt reads and says alike, `differs` those that it takes for
    something else.
    """

    calls: list[str] = field(default_factory=list)
    reads: dict[Address, None] = field(default_factory=dict)
    asks: dict[Address, None] = field(default_factory=dict)
    differs: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    lacks: set[str] = field(default_factory=set)
    signs: bool = False


@dataclass
class World:
    ccxt: Ccxt
    venue: Venue
    account: Account
    market: Market
    symbol: str
    found: Agreement = field(default_factory=Agreement)

    def run(self) -> Agreement:
        if not self.ccxt.read(lambda client: client.load_markets()):
            self.found.refused += self.ccxt.refused[:3] or ["ccxt cannot read its markets"]
            return self.found
        for name, thing, call, right in self._steps():
            if not self.ccxt.offers(name):
                self.found.lacks.add(name)
                continue
            self.ccxt.seen, self.ccxt.said, self.ccxt.refused = {}, {}, []
            told = self.ccxt.read(call)
            self.found.refused += [f"{name}: {each}" for each in self.ccxt.refused[:1]]
            if not right(told):
                continue
            self.found.calls.append(name)
            self.found.signs |= any(self._private(route) for route in self.ccxt.seen)
            for route in list(self.ccxt.seen):
                self._asked_alike(route)
                self._compare(route, thing, call)
        self._listen()
        return self.found

    def _listen(self) -> None:
        """What ccxt reads alike in the messages of each channel."""
        description = self.ccxt.dialect.description
        for name, connection in description.connections.items():
            try:
                stream = CcxtStream(self.ccxt, f"wss://{description.hosts.stream[0]}{connection.path}")
            except LookupError:
                return
            for key, channel in connection.channels.items():
                address = ("connections", name, "channels", key, "tells")
                for message in heard(type(self.ccxt.dialect), name, key) if channel.tells else ():
                    self._compare_message(stream, message, channel.tells, address)

    def _compare_message(self, stream: CcxtStream, message: Any, template: Any, address: Address) -> None:
        description = self.ccxt.dialect.description
        meanings = stream.meanings(message)
        for told in told_in(description, template, message, address):
            meant = meanings.get(told.path)
            if meant is None:
                continue
            if _agree(told.fact, meant.fact):
                self.found.reads[told.address] = None
                if told.words is not None and told.fact in WORDS:
                    thing, _, fact = told.fact.partition(".")
                    for word, wanted in self._wanted(told.words, told.fact):
                        leaf = at(message, told.path)
                        said = int(word) if isinstance(leaf, int) and word.isdigit() else word
                        if stream.word(message, told.path, said, thing, ATTRIBUTES[told.fact]) & wanted:
                            self.found.reads["words", told.words, "words", word, fact] = None
            elif told.plain and (told.fact, meant.fact) not in NEWS:
                self.found.differs.append(f"{written(told.address)}: {told.fact}, ccxt {meant.fact}")

    def _wanted(self, words: str, fact: str) -> Iterator[tuple[str, set[str]]]:
        """Each word of a list with what ccxt should make of it."""
        for word, says in self.ccxt.dialect.description.words[words].words.items():
            value = says.get(fact.partition(".")[2])
            listed = value if isinstance(value, list) else [value]
            wanted = (WORDS[fact].get(each) for each in listed)
            yield word, {each for each in wanted if each is not None}

    def _private(self, route: str) -> bool:
        described = self.ccxt.dialect.description.routes.get(route)
        return described is not None and described.private and described.proof == "signature"

    def _asked_alike(self, route: str) -> None:
        """What ccxt says in a request that was understood as ccxt meant it."""
        described = self.ccxt.dialect.description.routes.get(route)
        takes = described.takes if described is not None else None
        for key in takes if isinstance(takes, dict) else ():
            if (
                key
                and bare(key) in self.ccxt.said.get(route, ())
                and isinstance(takes, dict)
                and LIKE not in takes
            ):
                self.found.asks["routes", route, "takes", bare(key)] = None

    def _compare(self, route: str, thing: str, call: Call) -> None:
        description = self.ccxt.dialect.description
        if not thing or route not in description.routes:
            return
        meanings = self.ccxt.meanings(route, thing, call)
        for told in told_by(description, route, self.ccxt.seen[route]):
            meant = meanings.get(told.path)
            if meant is None:
                continue
            if _agree(told.fact, meant.fact):
                self.found.reads[told.address] = None
                if told.words is not None:
                    self._words(route, told.path, told.words, told.fact, call)
            elif told.plain and (told.fact, meant.fact) not in NEWS:
                self.found.differs.append(f"{written(told.address)}: {told.fact}, ccxt {meant.fact}")

    def _words(self, route: str, path: Any, words: str, fact: str, call: Call) -> None:
        """Each word of a list that ccxt reads as the description does."""
        if fact not in WORDS:
            return
        leaf = at(self.ccxt.seen[route], path)
        for word, wanted in self._wanted(words, fact):
            said = int(word) if isinstance(leaf, int) and word.isdigit() else word
            if self.ccxt.word(route, path, said, call, ATTRIBUTES[fact]) & wanted:
                self.found.reads["words", words, "words", word, fact.partition(".")[2]] = None

    def _own_id(self) -> dict[str, str]:
        """A client order id where the exchange tells none of an order without one."""
        untold = self.ccxt.dialect.description.orders.unnamed is None
        return {"clientOrderId": "17"} if untold else {}

    def _steps(self) -> Iterator[tuple[str, str, Call, Callable[[Any], bool]]]:
        venue, market, account, symbol = self.venue, self.market, self.account, self.symbol
        yield "fetch_markets", "market", lambda c: c.fetch_markets()[:1], bool
        venue.walk(20, market)
        last = venue.last_price(market)
        yield (
            "fetch_ticker",
            "ticker",
            lambda c: c.fetch_ticker(symbol),
            lambda told: same(told.get("last"), last),
        )
        best = venue.book(market, 1)
        yield (
            "fetch_order_book", "", lambda c: c.fetch_order_book(symbol),
            lambda told: same(told.get("bids[0][0]"), best.bids[0].price),
        )  # fmt: skip
        yield "fetch_trades", "", lambda c: c.fetch_trades(symbol), self._knows_trades
        yield "fetch_balance", "balance", lambda c: c.fetch_balance(), self._knows_balances
        price, amount = self._resting()
        contracts = amount / market.contract_size
        yield (
            "create_order", "order",
            lambda c: c.create_order(symbol, "limit", "buy", float(contracts), float(price), self._own_id()),
            lambda told: [(o.price, o.amount) for o in venue.open_orders(account)] == [(price, amount)],
        )  # fmt: skip
        placed = venue.open_orders(account)
        if not placed:
            return
        number = str(placed[0].order_id)
        venue.fill(placed[0].order_id, amount / 2)
        (fill,) = venue.fills(account)
        half = contracts / 2
        yield (
            "fetch_order", "order", lambda c: c.fetch_order(number, symbol),
            lambda told: same(told.get("filled"), half) and told.get("status") == "open",
        )  # fmt: skip
        yield (
            "fetch_open_orders", "order", lambda c: c.fetch_open_orders(symbol),
            lambda told: same(told.get("[0].filled"), half),
        )  # fmt: skip
        yield (
            "fetch_my_trades", "fill", lambda c: c.fetch_my_trades(symbol),
            lambda told: same(told.get("[0].price"), fill.price) and same(told.get("[0].amount"), half)
            and same(told.get("[0].fee.cost", float(fill.fee)), fill.fee),
        )  # fmt: skip
        if market.perpetual:
            size = abs(venue.position(account, market).size) / market.contract_size
            yield (
                "fetch_positions", "", lambda c: c.fetch_positions([symbol]),
                lambda told: same(told.get("[0].contracts"), size),
            )  # fmt: skip
        yield (
            "cancel_order", "order", lambda c: c.cancel_order(number, symbol),
            lambda told: venue.orders(account)[0].status is OrderStatus.CANCELED,
        )  # fmt: skip

    def _resting(self) -> tuple[Decimal, Decimal]:
        market = self.market
        price = floor_to(self.venue.book(market).bids[-1].price * Decimal("0.9"), market.tick_size)
        lots = max(market.min_amount, market.min_notional / price) // market.lot_size + 1
        return price, lots * 4 * market.lot_size

    def _knows_trades(self, told: Any) -> bool:
        happened = {trade.price for trade in self.venue.trades(self.market)}
        return same(told.get("[0].price"), *happened)

    def _knows_balances(self, told: Any) -> bool:
        held = self.venue.balance(
            self.account, self.market.settle_asset if self.market.perpetual else self.market.quote
        )
        name = self.ccxt.dialect.ccxt_assets.get(held.asset, held.asset)
        return same(told.get(f"{name}.total"), held.total)


def at(document: Any, path: Any) -> Any:
    """What stands at a path of a document."""
    for step in path:
        document = document[step]
    return document


def heard(kind: type[DescribedDialect], connection: str, channel: str) -> list[Any]:
    """A channel's messages while an order is placed, filled in part and cancelled; one of each shape."""
    clock = StillClock()
    venue = Venue(kind.markets, 7, clock)
    for market in venue.markets:
        venue.seed_book(market, 10)
    account = venue.account("maker", initial_balances(kind.markets), kind.key_lengths)
    world = Listener(Client(kind(venue), account), venue, venue.markets[0], clock)
    streams(world, only=(connection, channel))
    place(world)
    (order,) = venue.open_orders(account)
    venue.fill(order.order_id, order.amount / 2)
    venue.cancel(account, order.order_id)
    venue.walk(3, venue.markets[0])
    operation = kind.description.connections[connection].channels[channel].operation
    told = [json.loads(frame.text) for frame in world.heard if frame.operation == operation]
    shapes = {
        str([(path, value in ("", "0", 0, None)) for path, value in flatten(each).items()]): each
        for each in told
    }
    return list(shapes.values())[:4]


def alike(one: str, other: str) -> bool:
    """Whether they are one fact; the side of an order's fill is the order's."""
    sides = {"order.side", "fill.side"}
    return one == other or {one, other} <= sides


def same(told: Any, *wanted: Decimal) -> bool:
    """Whether ccxt's number is one of these, as far as its floats tell."""
    return told is not None and any(abs(Decimal(str(told)) - each) <= abs(each) / 10**9 for each in wanted)


def agreement(kind: type[DescribedDialect]) -> Agreement:
    """What ccxt agrees with in the description of that dialect."""
    venue = Venue(kind.markets, 7, StillClock())
    for market in venue.markets:
        venue.seed_book(market, 10)
    account = venue.account("maker", initial_balances(kind.markets), kind.key_lengths)
    dialect, market = kind(venue), venue.markets[0]
    symbol = unified_symbol(market, kind.ccxt_assets)
    return World(Ccxt(dialect, account, NOON), venue, account, market, symbol).run()


def claimed(name: str) -> set[Address]:
    """The addresses for which the shipped description claims ccxt."""
    document = raw(SHIPPED / f"{name}.yml")
    known = cast("dict[str, list[str] | None]", document["known"] if isinstance(document, dict) else {})
    return {parsed(at) for at, sources in known.items() if "ccxt" in (sources or ())}


def write(name: str, found: Agreement) -> int:
    """Put what ccxt reads alike into `known`, and take out what it no longer does; gives how many leaves."""
    path = SHIPPED / f"{name}.yml"
    text = path.read_text(encoding="utf-8")
    head, mark, tail = text.partition("\nknown:\n")
    kept = [line for line in tail.splitlines() if line.strip() and not line.endswith(f": {BY_CCXT}")]
    agreed = sorted({*found.reads, *found.asks, *([("signing",)] if found.signs else [])})
    lines = [f"  {_quoted(written(at))}: {BY_CCXT}" for at in agreed]
    path.write_text(head + mark + "\n".join([*kept, *lines]) + "\n", encoding="utf-8")
    return len(agreed)


def _quoted(text: str) -> str:
    """As a key of YAML."""
    return (
        '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' if set(text) & set(":#{}\"'*&|") else text
    )


if __name__ == "__main__":
    for each in sys.argv[1:] or [name for name, kind in shipped_dialects().items() if kind.ccxt_id]:
        measured = agreement(described_dialect(SHIPPED / f"{each}.yml"))
        wrote = write(each, measured)
        sys.stdout.write(f"{each}: {', '.join(measured.calls)}; signs {measured.signs}; {wrote} leaves\n")
        for line in (*measured.differs, *measured.refused):
            sys.stdout.write(f"  {line}\n")
