"""Amounts and prices that are whole numbers in units which each market has of its own. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.describing.documents.leaves import Leaf, Path, flatten, name_of
from harness.describing.documents.names import fact_named
from harness.describing.documents.sentinels import SETS
from harness.describing.fork_tests.answers import Answer
from harness.describing.replies.contracts import tells_contract

_DECIMALS = ("market.lot_decimals", "market.tick_decimals")


def decimals_told(answers: Iterable[Answer]) -> dict[str, str]:
    """How many decimals amounts and prices have in the market of the first set, as facts of that market.

    Nothing where the tests' list of markets has them in no leaf, or tells the size of a contract: then
    amounts are counted in these.
    """
    found: dict[str, set[str]] = {}
    for each in answers:
        if each.operation != "symbols" or each.sample.set != SETS[0].name:
            continue
        leaves = flatten(each.document)
        if any(tells_contract(name_of(path)) for path in leaves):
            return {}
        for path, leaf in leaves.items():
            fact = fact_named(name_of(path), "market")
            if fact in _DECIMALS and str(leaf).isdigit() and _in_row_of(path, leaves, each.sentinels.base):
                found.setdefault(fact, set()).add(str(leaf))
    return {fact: next(iter(values)) for fact, values in found.items() if len(values) == 1}


def _in_row_of(path: Path, leaves: Mapping[Path, Leaf], base: str) -> bool:
    """Whether what stands beside a leaf, or below that, names the asset."""
    row = path[:-1]
    return any(base in str(leaf) for each, leaf in leaves.items() if each[: len(row)] == row)
