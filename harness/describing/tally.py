"""How much of a description is known, and by whom. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from harness.describing.documents.fields import CCXT, Field
from harness.describing.documents.placed import Placed
from harness.describing.documents.templates import Kind
from harness.venue.described.sources import confirms


@dataclass(frozen=True)
class Tally:
    """How many leaves hold a fact or a word, confirmed or by the fork alone, and how many do not."""

    confirmed: int
    fork: int
    constants: int
    contradicted: int

    @property
    def leaves(self) -> int:
        return self.confirmed + self.fork + self.constants


def tally(fields: Iterable[Field]) -> Tally:
    """Each leaf is confirmed, by the fork alone, or a constant that nobody explained."""
    counts: Counter[str] = Counter()
    for each in fields:
        explained = each.kind in (Kind.FACT, Kind.WORDS, Kind.TEXT)
        if not explained:
            counts["constants"] += 1
        elif any(confirms(source) for source in each.by):
            counts["confirmed"] += 1
        else:
            counts["fork"] += 1
        counts["contradicted"] += bool(each.says)
    return Tally(counts["confirmed"], counts["fork"], counts["constants"], counts["contradicted"])


def by_source(parts: Iterable[Placed]) -> dict[str, int]:
    """How many leaves each source speaks for."""
    counts: Counter[str] = Counter()
    for part in parts:
        for each in part.fields:
            counts.update(each.by if each.kind in (Kind.FACT, Kind.WORDS, Kind.TEXT) else ())
    return {source: counts[source] for source in sorted(counts, key=lambda name: (name == CCXT, name))}
