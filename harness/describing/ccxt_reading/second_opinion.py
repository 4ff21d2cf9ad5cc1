"""ccxt's opinion of replies that no test shows and the connector's source alone tells. Pure.

A reply is made of the template, with sentinels in the place of its facts; ccxt reads it again and again, each
time with another leaf changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from pydantic import JsonValue

from harness.describing.documents.fields import CCXT, Field
from harness.describing.documents.leaf_fields import comparable, same, unit_of
from harness.describing.documents.leaves import Path
from harness.describing.documents.placed import copied, put
from harness.describing.documents.readings import Meaning
from harness.describing.documents.sentinels import SETS, usual
from harness.describing.documents.sentinels import facts as facts_of
from harness.describing.documents.templates import Kind
from harness.describing.gathered import Sources
from harness.describing.replies.deriving import Derived
from harness.describing.source_code.read_replies import filled
from harness.venue.described.addresses import Address

_UNIT = re.compile(r"\|(?:s|ms|us|ns)\b")
_UNSAID = ("", "0", 0)  # what a reply has where nobody said what stands there
# Which every order, fill and balance has; of the others an exchange may say nothing.
_ALWAYS = re.compile(
    r"order\.(order_id|client_order_id|amount|filled|remaining)|balance\.(free|total|locked)"
    r"|fill\.(trade_id|order_id|price|amount)"
)
_WORDS = (".side", ".type", ".status", "time_in_force")


def with_second_opinion(read: Derived, sources: Sources) -> Derived:
    """The same, each leaf with what ccxt takes it for, where it has the exchange."""
    meant = sources.second(read.operation, _document(read, sources))
    if not meant:
        return read
    template = copied(read.template)
    fields = []
    for each in read.fields:
        own = _judged(each, meant.get(_path(each.at)))
        template = put(template, each.at, own.text) if own.text != each.text else template
        fields.append(own)
    return replace(read, template=template, fields=tuple(fields))


def _document(read: Derived, sources: Sources) -> JsonValue:
    """The reply about an order to buy that was filled in part."""
    first = sources.sets[0]
    symbol = sources.symbols.get(SETS[0].name, first.pair)
    values = usual(first) | facts_of(first, "BUY", "LIMIT", "partially_filled", symbol)
    values |= {
        "level.price": first.price,
        "level.amount": first.amount,
        "fill.fee_asset": first.quote,
        "order.fee_asset": first.quote,
        "order.fee": first.fee,
        # No two alike: ccxt reckons the third of what it is told.
        "balance.total": "2000000",
        "balance.free": "1999983",
        "balance.locked": "17",
    }
    return filled(read.template, {**values, **dict(_words(read, values))}, first.time)


def _words(read: Derived, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The exchange's words for what the values say."""
    for each in read.fields:
        for word, meanings in each.words.items():
            if values.get(each.fact) in meanings:
                yield each.fact, word


def _path(at: Address) -> Path:
    """Where a leaf of a template stands in a reply with one row of each kind."""
    return tuple(0 if step.startswith("each ") else int(step) if step.isdigit() else step for step in at)


def _judged(told: Field, meant: Meaning | None) -> Field:
    """ccxt agrees, or its fact stands against the fork's; it names what the fork does not read."""
    if meant is None or meant.fact.endswith(_WORDS) != told.fact.endswith(_WORDS):
        return told
    if not told.fact:
        return _named(told, meant.fact) if told.text in _UNSAID and _ALWAYS.fullmatch(meant.fact) else told
    if same(told.fact, meant.fact):
        # No contradiction: which unit a connector takes it for is found by what stands near it.
        unit = unit_of(meant, CCXT) if told.fact.endswith("at") else ""
        text = told.text if unit in ("", *_units(told)) else _UNIT.sub(unit, str(told.text), 1)
        return replace(told, text=text, by=(*told.by, CCXT) if text == told.text else (CCXT,))
    if told.kind is not Kind.FACT or not comparable(told.fact, meant.fact):
        return told
    says = {**dict.fromkeys(told.by, told.fact), CCXT: meant.fact}
    text = str(told.text).replace(told.fact, meant.fact)
    return replace(told, text=text, fact=meant.fact, by=(CCXT,), says=says)


def _units(told: Field) -> list[str]:
    """The unit in which a time is written, with its bar; nothing for one that has none."""
    return _UNIT.findall(str(told.text))


def _named(told: Field, fact: str) -> Field:
    form = "" if isinstance(told.text, str) else "|number"
    return replace(told, text=f"{{{fact}{form}}}", fact=fact, kind=Kind.FACT, by=(CCXT,))
