"""What a reply tells of a perpetual's account as a whole, and of the positions in it. Pure."""

from __future__ import annotations

from dataclasses import replace

from harness.describing.deriving import Derived
from harness.describing.fields import READS, Field
from harness.describing.names import fact_named
from harness.describing.placed import copied, put
from harness.describing.source import Reading
from harness.describing.templates import Kind

# What balances are called where a reply tells of an account and of no asset.
_OF_AN_ACCOUNT = {
    "balance.asset": "margin.asset", "balance.free": "margin.available", "balance.total": "margin.wallet",
    "balance.locked": "margin.used", "market.quote": "margin.asset",
}  # fmt: skip


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


def _fact(leaf: Field, *, named: bool) -> str:
    rows = [step for step in leaf.at if step.startswith("each ")]
    if rows and rows[-1].startswith("each position"):
        return fact_named(leaf.at[-1], "position") if named else ""
    if rows:
        return ""
    return _OF_AN_ACCOUNT.get(leaf.fact or (fact_named(leaf.at[-1], "balance") if named else ""), "")
