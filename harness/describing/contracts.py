"""Amounts that an exchange counts in contracts: told so everywhere, once orders were seen to be. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from harness.describing.deriving import Derived
from harness.describing.fields import Field
from harness.describing.placed import copied, put
from harness.describing.templates import Kind

_COUNTED = re.compile(
    r"\{((order|fill|position|level|trade)\.(signed_)?(amount|filled|remaining|size)"
    r"|market\.(lot_size|min_amount|max_amount))(?=[|}])(?!\|contracts)"
)
_IN_UNITS = re.compile(r"(\{(?:order|fill)\.(?:signed_)?(?:amount|filled|remaining))\|units\d+")
_NO_AMOUNT = re.compile(r"(\{[a-z]+\.(?:average_)?price)\|contracts")
_CONTRACT = re.compile(r"multiplier$|contract_?(size|val(ue)?)$|^ct_?val$", re.I)


def tells_contract(name: str) -> bool:
    """Whether a leaf of that name says how much of the base a contract is."""
    return _CONTRACT.search(name) is not None


def in_contracts(derived: Derived | None, *, counted: bool) -> Derived | None:
    """The same with amounts in contracts, where they are `counted` so; and how much of the base one is."""
    if derived is None or not counted:
        return derived
    made, fields = (
        copied(derived.template),
        [_in_contracts(each, derived.operation) for each in derived.fields],
    )
    for each in fields:
        made = put(made, each.at, each.text)
    return replace(derived, template=made, fields=tuple(fields))


def _in_contracts(leaf: Field, operation: str) -> Field:
    if operation in ("symbols", "funding_rate") and leaf.at and tells_contract(leaf.at[-1]):
        form = "" if isinstance(leaf.text, str) and "|number" not in leaf.text else "|number"
        fact = "market.contract_size"
        return replace(leaf, text=f"{{{fact}{form}}}", fact=fact, kind=Kind.FACT)
    if not isinstance(leaf.text, str):
        return leaf
    text = _NO_AMOUNT.sub(r"\1", _IN_UNITS.sub(r"\1|contracts", leaf.text))
    return replace(leaf, text=_COUNTED.sub(r"{\1|contracts", text))
