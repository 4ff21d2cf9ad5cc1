"""Leaves of a reply that tests never vary, known by their names where nobody read them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace

from pydantic import JsonValue

from harness.describing.documents.fields import READS, Field
from harness.describing.documents.names import fact_named
from harness.describing.documents.placed import copied, put
from harness.describing.documents.templates import Kind, time_form
from harness.describing.replies.deriving import Derived

# The object whose facts a reply's leaves are named for, by operation.
THINGS: Mapping[str, str] = {
    "symbols": "market", "ticker": "ticker", "balances": "balance", "funding_rate": "funding",
    "stream:mark_price": "funding", "positions": "position", "stream:positions": "position",
}  # fmt: skip
# One of each group is enough.
_NAMED = (
    ("market.tick_size", "market.tick_decimals"),
    ("market.lot_size", "market.lot_decimals"),
    ("market.min_amount",),
    ("market.min_notional",),
    ("ticker.last",),
    ("balance.free", "balance.locked"),
    ("funding.rate",),
    ("funding.mark_price",),
    ("funding.index_price",),
    ("funding.next_at",),
    ("position.leverage",),
    ("position.unrealised_pnl",),
    ("position.size", "position.amount", "position.side"),
)
_BY_NAME_ALONE = ("ticker", "funding", "position")
# What upstream's kit has of every position: of leaves named so these count alone.
_KITS = {"position.leverage": "7", "position.unrealised_pnl": "12"}
_ANY_TIME = "now.at"


def with_what_is_named(derived: Derived, read: Set[object] = frozenset()) -> Derived:
    """A reply; of markets with the rules that its leaves are named for, where no reading explained any, of
    balances with what is free or held of them.

    Of what the tests never vary those count that the connector's source reads (`read`). So with the last
    price of a ticker, with funding and with positions, which tests may write out; of several leaves that are
    named for it the first.
    """
    thing = THINGS.get(derived.operation)
    if thing is None:
        return derived
    told = {each.fact for each in derived.fields}
    made, fields = copied(derived.template), list(derived.fields)
    for number, each in enumerate(derived.fields):
        by_name = thing in _BY_NAME_ALONE
        fact = fact_named(each.at[-1], thing) if by_name or each.at[-1] in read else ""
        group = next((group for group in _NAMED if fact in group), ())
        text = _text_of(each, fact) if group and told.isdisjoint(group) else None
        if text is not None:
            fields[number] = replace(each, text=text, fact=fact, kind=Kind.FACT, by=(READS,))
            made = put(made, each.at, text)
            if by_name:
                told.add(fact)
    return replace(derived, template=made, fields=tuple(fields))


def _text_of(leaf: Field, fact: str) -> JsonValue:
    """The fact as the leaf is written; None where the leaf is known for something else."""
    if fact.endswith("_at"):
        if leaf.fact == _ANY_TIME:
            return str(leaf.text).replace(_ANY_TIME, fact)
        plain = leaf.kind is Kind.CONSTANT and not isinstance(leaf.text, dict | list)
        form = time_form(leaf.text) if plain else None  # type: ignore[arg-type]
        return None if form is None else f"{{{fact}{form}}}"
    if leaf.fact or leaf.kind is not Kind.CONSTANT or _KITS.get(fact, str(leaf.text)) != str(leaf.text):
        return None
    return f"{{{fact}}}" if isinstance(leaf.text, str) else f"{{{fact}|number}}"
