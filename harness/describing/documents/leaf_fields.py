"""What the sources make of a leaf: ccxt goes before the kit, the kit before the fork's reader. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from harness.describing.documents.fields import CCXT, KIT, READS, Field
from harness.describing.documents.leaves import amount_of, number_of
from harness.describing.documents.readings import Meaning
from harness.describing.documents.reply_rows import ROWS
from harness.describing.documents.sentinels import SETS, Sentinels
from harness.describing.documents.templates import Explained, Kind, embedded, time_form

# What a name of an asset may be more exactly.
_ASSETS: Mapping[str, tuple[str, ...]] = {
    "market.base": ("fill.fee_asset", "balance.asset", "market.settle"),
    "market.quote": ("fill.fee_asset", "balance.asset", "market.settle"),
}
_HOLE = re.compile(r"\{([a-z_.]+)(?:\|[a-z]+)*\}")
_PAIR = re.compile(r"\{market\.base\}[-_/:]?\{market\.quote\}")
_BY_BASE = re.compile(r"coin|symbol|market|instrument|product|ticker")  # where a base names a market
# Objects that stand for one another: a fill's price may be told as its order's.
_SAME = {"fill": "order", "order": "order"}
# What upstream's kit has as the account's balances, whatever is asked: base total and free, quote of both.
_KIT_BALANCES = {"15": "balance.total", "10": "balance.free", "5": "balance.locked", "2000": "balance.total"}


def field_of(
    operation: str,
    leaf: Explained,
    fork: Meaning | None,
    ccxt: Meaning | None,
    of_asset: bool = False,
    first: Sentinels = SETS[0],
) -> Field:
    """What the sources make of a leaf: ccxt goes before the kit, the kit before the fork's reader."""
    fitting = (leaf.fact, *leaf.others)
    made = Field((), leaf.text, leaf.fact, leaf.kind, words=leaf.words)
    if leaf.kind in (Kind.CONSTANT, Kind.UNKNOWN, Kind.UNSTEADY):
        made = _of_constant(operation, leaf, fork, ccxt, of_asset, first)
    for source, meant in ((READS, fork), (CCXT, ccxt)):
        if meant is None or not made.fact:
            continue
        agreed = next((fact for fact in fitting if fact and same(fact, meant.fact)), None)
        if same(made.fact, meant.fact):
            made = replace(made, by=tuple(dict.fromkeys((*made.by, source))))
        elif made.fact in _ASSETS and meant.fact in _ASSETS[made.fact]:
            made = replace(made, fact=meant.fact, text=f"{{{meant.fact}{leaf.form}}}", by=(*made.by, source))
        elif agreed is not None and made.kind is Kind.FACT:
            text = f"{{{agreed}{leaf.form}}}"
            made = replace(made, fact=agreed, text=text, by=tuple(dict.fromkeys((*made.by, source))))
        elif comparable(made.fact, meant.fact):
            made = _contradicted(made, leaf, source, meant)
    return made


def _of_constant(
    operation: str,
    leaf: Explained,
    fork: Meaning | None,
    ccxt: Meaning | None,
    of_asset: bool,
    first: Sentinels,
) -> Field:
    """A leaf of which the kit says nothing: what a reader takes it for, or a time by its size."""
    value = leaf.seen[0]
    lists_markets = operation == "symbols" and isinstance(value, str)
    named = _named(str(value), first) if lists_markets else _pair_in(value, first)
    if not named and value == first.base and _BY_BASE.fullmatch(str(leaf.path[-1]).lower()):
        named = "{market.base}"
    if named:  # tests may write the kit's pair out
        whole = _HOLE.fullmatch(named)
        return Field((), named, whole[1] if whole else "", Kind.FACT if whole else Kind.TEXT, (KIT,))
    meant, source = (ccxt, CCXT) if ccxt is not None else (fork, READS)
    as_number = "" if isinstance(value, str) or value is None else "|number"
    timed = None if str(leaf.path[-1]).lower().endswith("id") else time_form(value)
    if meant is not None:
        form = as_number
        if meant.fact.endswith("at"):
            form = timed or f"{unit_of(meant, source)}{as_number}"
        if source == CCXT and meant.fact == "fill.maker" and (words := _roles(value)):
            return Field((), value, meant.fact, Kind.WORDS, (source,), words=words)
        if not meant.fact.endswith((".side", ".type", ".status", "time_in_force")):
            amount = amount_of(value)
            text = f"{{{meant.fact}}}{amount[1]}" if amount else f"{{{meant.fact}{form}}}"
            return Field((), text, meant.fact, Kind.FACT, (source,))
        return Field((), value, meant.fact, Kind.CONSTANT, (KIT,))
    if timed:
        at = {"fill": "fill.at", "order": "order.updated_at"}.get(ROWS.get(operation, ""), "now.at")
        return Field((), f"{{{at}{timed}}}", at, Kind.FACT, (KIT,))
    number = number_of(value)
    told = _KIT_BALANCES.get(format(number.normalize(), "f")) if number is not None else None
    if of_asset and told:
        return Field((), f"{{{told}{as_number}}}", told, Kind.FACT, (KIT,))
    return Field((), value, "", leaf.kind, (KIT,))


def unit_of(meant: Meaning, source: str) -> str:
    """The unit of a time that tests write as nothing, by who reads it: ccxt has milliseconds."""
    per_second = meant.factor * (1000 if source == CCXT else 1)
    return next(
        (f"|{unit}" for power, unit in enumerate(("s", "ms", "us", "ns")) if per_second == 1000**power), ""
    )


def _roles(value: object) -> Mapping[str, tuple[str, ...]]:
    """The words for who made and who took, where the value is one of them."""
    for taker, maker in (("T", "M"), ("taker", "maker")):
        for form in (str, str.lower, str.upper, str.capitalize):
            if value in (form(taker), form(maker)):
                return {form(taker): ("false",), form(maker): ("true",)}
    return {}


def _pair_in(value: object, first: Sentinels) -> str | None:
    """The name of the first set's market with its assets in it, where a text is nothing else."""
    known = {"market.base": first.base, "market.quote": first.quote}
    made = embedded([(value, known)]) if isinstance(value, str) else None
    return made if made and _PAIR.fullmatch(made) else None


def _named(value: str, first: Sentinels) -> str | None:
    """A market's name with its assets in it; tests may have the name of one set's for all sets."""
    bases = dict.fromkeys((first.base, *(each.base for each in SETS)))
    made = [embedded([(value, {"market.base": base, "market.quote": first.quote})]) for base in bases]
    return next((each for each in made if each and "{market.base" in each), made[0])


def _contradicted(made: Field, leaf: Explained, source: str, meant: Meaning) -> Field:
    """Two sources take a leaf for different facts: ccxt's stands, a fork's reader only speaks against it."""
    says = {**dict.fromkeys(made.by, made.fact), **made.says, source: meant.fact}
    if source == CCXT:
        shouted = made.kind is Kind.WORDS and all(str(each).isupper() for each in leaf.seen)
        text = f"{{{meant.fact}{'|upper' if shouted else leaf.form}}}"
        return replace(made, text=text, fact=meant.fact, kind=Kind.FACT, by=(CCXT,), says=says, words={})
    return replace(made, says=says)


def same(one: str, other: str) -> bool:
    """Whether two facts are one, whoever's they are called: an order's side and its fill's."""
    (thing, _, name), (other_thing, _, other_name) = one.partition("."), other.partition(".")
    if thing == other_thing:
        return name == other_name or {name, other_name} == {"created_at", "updated_at"}
    both = {name, other_name}
    alike = name == other_name or both in ({"filled", "amount"}, {"filled_quote", "quote_amount"})
    alike = alike or both in ({"average_price", "price"}, {"at", "created_at"}, {"at", "updated_at"})
    return alike and _SAME.get(thing, thing) == _SAME.get(other_thing, other_thing)


def comparable(one: str, other: str) -> bool:
    """Whether two facts are of a kind, so that taking one for the other is a contradiction."""
    kinds = (
        {"order_id", "client_order_id", "trade_id"},
        {"price", "average_price"},
        {"amount", "quote_amount", "filled", "filled_quote", "remaining"},
        {"free", "total", "locked"},
        {"fee"},
        {"side", "type"},
    )
    names = one.partition(".")[2], other.partition(".")[2]
    groups = [next((index for index, kind in enumerate(kinds) if name in kind), None) for name in names]
    return None not in groups
