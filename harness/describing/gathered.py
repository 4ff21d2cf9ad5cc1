"""All that was gathered of an exchange before it is described, and what is asked of it everywhere. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from harness.describing.documents.asked import Asked
from harness.describing.documents.sentinels import SETS, Sentinels
from harness.describing.fork_tests.answers import Answer
from harness.describing.fork_tests.kit import Harvest
from harness.describing.replies.as_ordered import IN_THE_BASE, Ordered
from harness.describing.replies.deriving import Derived, Reads, derive, nobody
from harness.describing.replies.market_units import decimals_told
from harness.describing.replies.places import MarketNotes
from harness.describing.signing.signatures import Explanation
from harness.describing.source_code.source import UNREAD, Source


def untold(_document: JsonValue) -> str:
    """No reader of fees."""
    return ""


@dataclass(frozen=True)
class Sources:
    """All that was gathered.

    `second` is ccxt's reading, and `fees_read` in which of the pair's assets it has the fee of a reply's fill
    (`base`, `quote`, empty: neither); `also_signed`: ccxt signs by the same scheme. `books`: the order book
    and the messages of books and trades, by `streams.books.OPERATIONS`. `ordered`: how orders were sent.
    """

    exchange: str
    kind: str
    harvest: Harvest
    answers: tuple[Answer, ...]
    asked: Asked
    signatures: Explanation
    ccxt: str | None = None
    second: Reads = nobody
    fees_read: Callable[[JsonValue], str] = untold
    also_signed: bool = False
    books: Mapping[str, Derived] = field(default_factory=dict)
    source: Source = UNREAD
    sets: tuple[Sentinels, ...] = SETS
    ordered: Ordered = IN_THE_BASE

    @property
    def symbols(self) -> dict[str, str]:
        """The exchange's name of each set's pair; without a kit that of the first, as it was asked for.

        Tests may have the first one's for every set.
        """
        told = {each.set: str(each.answers[0]) for each in self.harvest.of("exchange_trading_pair")}
        first, *others = self.sets
        for each in others:
            if told.get(each.name) == (name := told.get(first.name)) is not None:
                told[each.name] = name.replace(first.base, each.base).replace(first.quote, each.quote)
        asked = symbol_in(self.asked, self.sets[0])
        return told or ({SETS[0].name: asked} if asked else {})


def symbol_in(asked: Asked, sentinels: Sentinels) -> str:
    """The pair as a request or a message names it, empty where none does."""
    pair = re.compile(rf"{sentinels.base}[-_/]?{sentinels.quote}", re.I)
    for said in (*asked.sent, *asked.frames):
        for text in (*said.values.values(), said.path):
            if found := pair.search(text):
                return found[0]
    return ""


def market_facts(symbol: str, sources: Sources) -> dict[str, str]:
    first = sources.sets[0]
    known = {"market.symbol": symbol, "market.base": first.base, "market.quote": first.quote}
    return {name: value for name, value in known.items() if value}


def derived_of(operation: str, answers: Sequence[Answer], sources: Sources) -> Derived | None:
    readings, states = sources.harvest.readings, sources.source.states
    notes = MarketNotes(decimals_told(sources.answers), sources.source.counted)
    return derive(operation, answers, readings, sources.symbols, sources.second, states, notes)
