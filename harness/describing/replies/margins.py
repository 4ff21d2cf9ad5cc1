"""What a reply tells of a perpetual's account as a whole, and of the positions in it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pydantic import JsonValue

from harness.describing.documents.fields import READS, Field
from harness.describing.documents.names import fact_named
from harness.describing.documents.placed import copied, put
from harness.describing.documents.templates import Kind
from harness.describing.replies.deriving import Derived
from harness.describing.source_code.source import Reading

# What balances are called where a reply tells of an account and of no asset.
_OF_AN_ACCOUNT = {
    "balance.asset": "margin.asset", "balance.free": "margin.available", "balance.total": "margin.wallet",
    "balance.locked": "margin.used", "market.quote": "margin.asset",
}  # fmt: skip
_EACH = "each balance"


def of_the_account(derived: Derived, reading: Reading | None) -> Derived:
    """A reply about balances: those that stand in no row are the account's.

    What the tests never vary is known by its name, where the connector's source reads it.
    """
    read = {each.path[-1] for each in reading.reads if each.path} if reading is not None else set()
    made, fields = copied(derived.template), list(derived.fields)
    for number, each in enumerate(derived.fields):
        fact = _fact(each, named=each.kind is Kind.CONSTANT and each.at[-1] in read)
        if fact:
            form = "" if isinstance(each.text, str) and "|number" not in each.text else "|number"
            rounded = "" if fact.endswith((".asset", ".symbol", ".side")) else f"|round8{form}"
            by = each.by if each.fact else (READS,)
            fields[number] = replace(each, text=f"{{{fact}{rounded}}}", fact=fact, kind=Kind.FACT, by=by)
            made = put(made, each.at, fields[number].text)
    return replace(derived, template=made, fields=tuple(fields))


def with_margins(derived: Derived) -> Derived:
    """Balances of a perpetual's account in rows: available is what orders and positions leave of it."""
    if not any(each.fact == "balance.free" and _row_of(each.at) for each in derived.fields):
        return derived
    fields = [_of_a_margin(each) if _row_of(each.at) else each for each in derived.fields]
    made = _renamed(copied(derived.template))
    for each in fields:
        made = put(made, each.at, each.text)
    return replace(derived, template=made, fields=tuple(fields))


def _row_of(at: Sequence[str]) -> bool:
    return any(step.startswith(_EACH) for step in at)


def _of_a_margin(leaf: Field) -> Field:
    at = tuple(_named(step) for step in leaf.at)
    fact = _OF_AN_ACCOUNT.get(leaf.fact, "")
    if not fact or not isinstance(leaf.text, str):
        return replace(leaf, at=at)
    rounded = "" if fact.endswith(".asset") else "|round8"
    return replace(leaf, at=at, fact=fact, text=leaf.text.replace(f"{{{leaf.fact}", f"{{{fact}{rounded}"))


def _renamed(made: JsonValue) -> JsonValue:
    if isinstance(made, dict):
        return {_named(key): _renamed(item) for key, item in made.items()}
    return [_renamed(item) for item in made] if isinstance(made, list) else made


def _named(step: str) -> str:
    return step.replace(_EACH, "each margin").replace("{balance.", "{margin.") if _EACH in step else step


def _fact(leaf: Field, *, named: bool) -> str:
    rows = [step for step in leaf.at if step.startswith("each ")]
    if rows and rows[-1].startswith("each position"):
        return fact_named(leaf.at[-1], "position") if named else ""
    if rows:
        return ""
    return _OF_AN_ACCOUNT.get(leaf.fact or (fact_named(leaf.at[-1], "balance") if named else ""), "")
