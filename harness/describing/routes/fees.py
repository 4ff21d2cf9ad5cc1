"""In what fees are taken where no reply tells it: as those say who read fills. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.describing.documents.fields import CCXT, READS, Field
from harness.describing.documents.placed import Placed
from harness.describing.documents.readings import FORK, fact_of
from harness.describing.documents.sentinels import SETS, Sentinels
from harness.describing.fork_tests.answers import Answer
from harness.describing.fork_tests.kit import Reading
from harness.describing.gathered import Sources
from harness.venue.described.trust import FEE_ASSETS, FEE_IN


def fee_in(sources: Sources, placed: Iterable[Placed]) -> Field | None:
    """What `orders / fee_in` says, ccxt before the fork; None where a leaf tells each fee's asset, nobody
    reads fees, or they are in the asset of margin.
    """
    if sources.kind == "perpetual" or any(FEE_ASSETS[0] in part.facts for part in placed):
        return None
    first = next((each for each in sources.sets if each.name == SETS[0].name), SETS[0])
    readers = {CCXT: _by_ccxt(sources, sources.answers), READS: _by_fork(sources.harvest.readings, first)}
    says = {source: said for source, said in readers.items() if said}
    if not says:
        return None
    stronger = next(iter(says.values()))
    alike = tuple(each for each, said in says.items() if said == stronger)
    return Field(FEE_IN, stronger, by=alike, says=says if len(alike) < len(says) else {})


def _by_ccxt(sources: Sources, answers: Iterable[Answer]) -> str:
    fills = [each for each in answers if each.operation == "order_trades" and each.sample.set == SETS[0].name]
    told = {each.sample.side: said for each in fills if (said := sources.fees_read(each.document))}
    return _rule(told)


def _by_fork(readings: Iterable[Reading], first: Sentinels) -> str:
    """Its tests' fills are those of an order to buy."""
    assets = {first.base: "base", first.quote: "quote"}
    told = {
        assets.get(str(value), "")
        for each in readings
        if each.path is None
        for attribute, value in each.after.items()
        if fact_of(attribute, FORK) == FEE_ASSETS[0]
    }
    return _rule({"BUY": told.pop()}) if len(told) == 1 else ""


def _rule(told: Mapping[str, str]) -> str:
    """By which of the two assets each side's fees are in: what a buyer receives is the base."""
    if not set(told) & {"BUY", "SELL"} or "" in told.values():
        return ""
    if set(told.values()) == {"quote"}:
        return "quote" if "BUY" in told else ""
    if set(told.values()) == {"base"}:
        return "base" if "SELL" in told else "received"
    return "received" if told["BUY"] == "base" else ""
