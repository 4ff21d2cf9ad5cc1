"""Amounts that an exchange counts in contracts: told so everywhere, once orders were seen to be. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from harness.describing.documents.fields import Field
from harness.describing.documents.leaves import changed, flatten, name_of, number_of
from harness.describing.documents.placed import copied, put
from harness.describing.documents.templates import Kind
from harness.describing.fork_tests.answers import Answer
from harness.describing.replies.deriving import Derived

_COUNTED = re.compile(
    r"\{((order|fill|position|level|trade)\.(signed_)?(amount|filled|remaining|size)"
    r"|market\.(lot_size|min_amount|max_amount))(?=[|}])(?!\|contracts)"
)
_IN_UNITS = re.compile(r"(\{(?:order|fill)\.(?:signed_)?(?:amount|filled|remaining))\|units\d+")
_NO_AMOUNT = re.compile(r"(\{[a-z]+\.(?:average_)?price)\|contracts")
_CONTRACT = re.compile(r"(?<!size)(?<!size_)multiplier$|contract_?(size|val(ue)?)$|^ct_?val$", re.I)
_OF_MARKETS = ("symbols", "funding_rate")  # which may tell how much of the base a contract is
_PART = "0.01"  # of the base: a contract while the connector is watched


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
    if operation in _OF_MARKETS and leaf.at and tells_contract(leaf.at[-1]):
        form = "" if isinstance(leaf.text, str) and "|number" not in leaf.text else "|number"
        fact = "market.contract_size"
        return replace(leaf, text=f"{{{fact}{form}}}", fact=fact, kind=Kind.FACT)
    if not isinstance(leaf.text, str):
        return leaf
    text = _NO_AMOUNT.sub(r"\1", _IN_UNITS.sub(r"\1|contracts", leaf.text))
    return replace(leaf, text=_COUNTED.sub(r"{\1|contracts", text))


def of_a_part(answers: Iterable[Answer]) -> list[Answer]:
    """The replies with contracts of a part of the base where the tests have them of one: what orders count
    does not show there.
    """
    return [_of_a_part(each) if each.operation in _OF_MARKETS else each for each in answers]


def _of_a_part(answer: Answer) -> Answer:
    document = answer.document
    for path, leaf in flatten(document).items():
        if tells_contract(name_of(path)) and number_of(leaf) == 1:
            document = changed(document, path, _PART if isinstance(leaf, str) else float(_PART))
    if document == answer.document:
        return answer
    return answer.with_document(document)
