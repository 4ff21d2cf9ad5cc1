"""What ccxt agrees with in each shipped description, measured; `python -m tests.dialects.agreement NAME …`
writes it into the description's `known`.

ccxt asks a described exchange in this process, places an order there, and what it reads is compared with the
ledger, leaf by leaf.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from harness.describing.agreeing import ATTRIBUTES, WORDS, Ccxt, told_by
from harness.oracle import unified_symbol
from harness.scenarios.randomization import initial_balances
from harness.venue.described import DescribedDialect, described_dialect, shipped_dialects
from harness.venue.described.addresses import Address, bare, parsed, written
from harness.venue.described.loading import SHIPPED, raw
from harness.venue.described.placeholders import LIKE
from harness.venue.market import Market, floor_to
from harness.venue.model import Account, OrderStatus
from harness.venue.session import Venue
from tests.venue.world import NOON, StillClock

Call = Callable[[Any], Any]
# Facts that are one for a limit order, or that ccxt has one attribute for.
SAME = {
    "order.asked": "order.amount", "order.any_id": "order.order_id", "order.notional": "order.filled_quote",
    "order.asked_left": "order.remaining", "market.tick_decimals": "market.tick_size",
    "market.lot_decimals": "market.lot_size", "market.halted": "market.open",
    "margin.available": "balance.free", "margin.equity": "balance.total", "margin.wallet": "balance.total",
}  # fmt: skip
BY_CCXT = "[ccxt]"


@dataclass
class Agreement:
    """`calls` are ccxt's calls that told what the ledger has.

    `reads` and `asks` are the addresses that ccxt reads and says alike, `differs` those that it takes for
    something else.
    """

    calls: list[str] = field(default_factory=list)
    reads: dict[Address, None] = field(default_factory=dict)
    asks: dict[Address, None] = field(default_factory=dict)
    differs: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
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
        return self.found

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
            if alike(meant.fact, SAME.get(told.fact, told.fact)):
                self.found.reads[told.address] = None
                if told.words is not None:
                    self._words(route, told.path, told.words, told.fact, call)
            elif told.plain:
                self.found.differs.append(f"{written(told.address)}: {told.fact}, ccxt {meant.fact}")

    def _words(self, route: str, path: Any, words: str, fact: str, call: Call) -> None:
        """Each word of a list that ccxt reads as the description does."""
        if fact not in WORDS:
            return
        listed = self.ccxt.dialect.description.words[words].words
        for word, says in listed.items():
            value = says.get(fact.partition(".")[2])
            wanted = {WORDS[fact].get(each) for each in (value if isinstance(value, list) else [value])}  # type: ignore[call-overload]
            leaf = self.ccxt.seen[route]
            for step in path:
                leaf = leaf[step]  # type: ignore[index]
            written_as = int(word) if isinstance(leaf, int) and word.isdigit() else word
            if self.ccxt.word(route, path, written_as, call, ATTRIBUTES[fact]) & wanted - {None}:
                self.found.reads["words", words, "words", word, fact.partition(".")[2]] = None

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
            lambda c: c.create_order(symbol, "limit", "buy", float(contracts), float(price)),
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
    known = document["known"] if isinstance(document, dict) else {}
    return {parsed(str(at)) for at, sources in known.items() if "ccxt" in sources}  # type: ignore[union-attr]


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
