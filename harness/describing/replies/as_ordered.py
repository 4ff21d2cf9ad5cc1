"""Replies and messages as orders were seen to be sent: in contracts, with positions by their sides. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from harness.describing.documents.fields import Field
from harness.describing.documents.placed import copied, put
from harness.describing.documents.reply_rows import ROWS
from harness.describing.documents.templates import Kind
from harness.describing.replies.contracts import in_contracts
from harness.describing.replies.deriving import Derived
from harness.venue.described.addresses import bare

_SIDE = "order.position_side"
_WITH_SIDES = ("order", "fill", "position")


@dataclass(frozen=True)
class Ordered:
    """How orders were seen to be sent. `contracts`: amounts in contracts; `name`: the parameter that says
    which position an order is of, in these `words`.
    """

    contracts: bool = False
    name: str = ""
    words: Mapping[str, tuple[str, ...]] | None = None


IN_THE_BASE = Ordered()


def ordered(taken: Iterable[Field]) -> Ordered:
    """What the parameters show that the routes of orders take."""
    fields = list(taken)
    sides = (each for each in fields if each.fact == _SIDE and each.kind is Kind.WORDS)
    counted = any("|contracts" in str(each.text) for each in fields)
    side = next(sides, None)
    return Ordered(counted) if side is None else Ordered(counted, bare(side.at[-1]), side.words)


def as_ordered(derived: Derived | None, how: Ordered) -> Derived | None:
    """The same with amounts and positions told so."""
    derived = in_contracts(derived, counted=how.contracts)
    if derived is None or not how.words:
        return derived
    made, fields = copied(derived.template), [_of_positions(each, derived, how) for each in derived.fields]
    for each in fields:
        made = put(made, each.at, each.text)
    return replace(derived, template=made, fields=tuple(fields))


def _of_positions(leaf: Field, derived: Derived, how: Ordered) -> Field:
    """A leaf of the parameter's name that says one of its words: tests have it follow the order's side, and
    so does whoever knows it by its name alone.
    """
    words = how.words or {}
    said = set(leaf.words) if leaf.kind is Kind.WORDS else {str(leaf.text)}
    by_name = not leaf.words and leaf.fact.endswith((".side", ".position_side"))
    if not leaf.at or bare(leaf.at[-1]) != how.name or not (by_name or said <= set(words)):
        return leaf
    rows = [step.split()[1] for step in leaf.at if step.startswith("each ")]
    thing = rows[-1] if rows else ROWS.get(derived.operation, "")
    if thing not in _WITH_SIDES:
        return leaf
    fact = f"{thing}.position_side"
    return replace(leaf, text=f"{{{fact}}}", fact=fact, kind=Kind.WORDS, words=words)
