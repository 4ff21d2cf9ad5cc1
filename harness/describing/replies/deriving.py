"""From a fork's mocked replies to templates of them, with who says what of each leaf."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from harness.describing.documents.fields import Field
from harness.describing.documents.leaf_fields import field_of
from harness.describing.documents.leaves import Path, flatten
from harness.describing.documents.names import fact_named
from harness.describing.documents.readings import FORK, Meaning, meaning
from harness.describing.documents.reply_rows import ROWS, RowBuilder
from harness.describing.documents.sentinels import SETS, Sentinels, facts
from harness.describing.documents.templates import Example, Explained, Kind, explained
from harness.describing.fork_tests.answers import Answer
from harness.describing.fork_tests.kit import Reading
from harness.describing.replies.places import NO_NOTES, MarketNotes, listing_of, with_places
from harness.describing.replies.row_keys import keys_of, names_in_keys, with_keys_alike
from harness.describing.source_code.states import in_the_connectors_words

_OF_LETTERS = re.compile(r"[A-Za-z0-9]+")
_OF_CLIENT = "{order.client_order_id}"
Reads = Callable[[str, JsonValue], Mapping[Path, Meaning]]


@dataclass(frozen=True)
class Derived:
    """A template and its leaves. `operation` is what it answers, or what a stream's message tells."""

    operation: str
    template: JsonValue
    fields: tuple[Field, ...]


def nobody(_operation: str, _document: JsonValue) -> Mapping[Path, Meaning]:
    """No second reader."""
    return {}


def derive(
    operation: str,
    answers: Sequence[Answer],
    readings: Iterable[Reading],
    symbols: Mapping[str, str],
    second: Reads = nobody,
    states: Mapping[str, str] | None = None,
    markets: MarketNotes = NO_NOTES,
) -> Derived | None:
    """The template of one operation's replies; None where there is no document among the answers.

    `symbols` has the exchange's name of each set's pair; `second` is ccxt, or nobody. `states` has the states
    of orders by the exchange's words for them, as the connector's table says.
    """
    answers = [each for each in answers if isinstance(each.document, dict | list)]
    if not answers:
        return None
    sets = {each.sample.set: each.sentinels for each in answers}
    first = sets.get(SETS[0].name, answers[0].sentinels)
    answers = [with_keys_alike(each, first, symbols) for each in answers]
    prefer = ROWS.get(operation, "order")
    examples = [_example(each, symbols, markets.decimals) for each in answers]
    known = explained(examples, "fill" if prefer == "fill" else "order")
    by_fork = _read_by_fork(readings, answers)
    by_ccxt: dict[Path, Meaning] = {}
    for each in _one_of_each(answers) if operation != "order_book" else ():  # its rows are found otherwise
        by_ccxt = {**second(operation, each.document), **by_ccxt}
    lists = {id(each): listing_of(each, markets.counted) for each in answers if operation == "symbols"}
    # Tests may write out the list of one set's markets for all sets.
    own = [each for each in answers if lists.get(id(each)) is not None] or answers
    base = max(own, key=lambda each: len(flatten(each.document)))
    listed = lists.get(id(base))
    balances = operation in ("balances", "stream:balances")
    assets = _balance_rows(known, sets.values()) if balances else frozenset()
    fields = {
        path: field_of(operation, each, by_fork.get(path), by_ccxt.get(path), path[:-1] in assets, first)
        for path, each in known.items()
    }
    if not balances:
        fields = {
            path: _with_symbol(each, str(path[-1]), symbols.get(first.name, ""))
            for path, each in fields.items()
        }
    seen = tuple(dict.fromkeys(each.status for each in answers if each.status))
    if states and prefer in ("order", "fill"):
        fields = {
            path: in_the_connectors_words(each, str(path[-1]), known[path].seen, states, seen)
            for path, each in fields.items()
        }
    fields = {path: _with_order_id(_with_states(each, seen), str(path[-1])) for path, each in fields.items()}
    if ROWS.get(operation) == "fill":
        fields = _with_trade_id(fields)
    fields = with_places(fields, listed)
    rows = {} if listed is None else listed.rows
    builder = RowBuilder(operation, fields, keys_of(first, symbols), names_in_keys(first, symbols), rows)
    whole = base.document
    for each in answers:
        whole = united(whole, each.document)
    template = builder.build(whole, (), ())
    return Derived(operation, template, tuple(builder.placed))


def united(one: JsonValue, other: JsonValue) -> JsonValue:
    """The first document with what only the second has: keys, and those of a list's first item."""
    if isinstance(one, dict) and isinstance(other, dict):
        shared = {key: united(value, other[key]) if key in other else value for key, value in one.items()}
        return {**shared, **{key: value for key, value in other.items() if key not in one}}
    if isinstance(one, list) and isinstance(other, list):
        return [united(one[0], other[0]), *one[1:]] if one and other else one or other
    return one


def _with_order_id(leaf: Field, name: str) -> Field:
    """A leaf named as the order's id that the tests make of the client's: it is the id."""
    plain = re.sub(r"\W|_", "", name).lower()
    if leaf.kind is Kind.TEXT and plain in ("orderid", "exchangeorderid") and _OF_CLIENT in str(leaf.text):
        return replace(leaf, text="{order.order_id}", fact="order.order_id", kind=Kind.FACT)
    return leaf


def _with_symbol(leaf: Field, name: str, symbol: str) -> Field:
    """A leaf named for the market that always says one of the symbol's form (`BTC-USDC`): the symbol."""
    form = _OF_LETTERS.sub("A", symbol)
    written = leaf.kind is Kind.CONSTANT and not leaf.fact and isinstance(leaf.text, str)
    alike = written and len(form) > 1 and _OF_LETTERS.sub("A", str(leaf.text)) == form
    if not alike or fact_named(name, "market") != "market.symbol":
        return leaf
    return replace(leaf, text="{market.symbol}", fact="market.symbol", kind=Kind.FACT)


def _with_states(leaf: Field, seen: tuple[str, ...]) -> Field:
    """A state that never changes, with the states in which it was seen: one list of words may not fit it."""
    if leaf.kind is Kind.CONSTANT and leaf.fact == "order.status":
        return replace(leaf, words={str(leaf.text): seen})
    return leaf


def _with_trade_id(fields: Mapping[Path, Field]) -> dict[Path, Field]:
    """Where the tests write the order's id for the fill's too, the leaf that is read as the fill's is it."""
    if any(each.fact == "fill.trade_id" for each in fields.values()):
        return dict(fields)
    return {
        path: replace(
            each,
            fact="fill.trade_id",
            text=str(each.text).replace(f"{{{each.fact}", "{fill.trade_id"),
            by=tuple(source for source, fact in each.says.items() if fact == "fill.trade_id"),
        )
        if "fill.trade_id" in each.says.values() and each.kind is Kind.FACT
        else each
        for path, each in fields.items()
    }


def _balance_rows(known: Mapping[Path, Explained], sets: Iterable[Sentinels]) -> frozenset[Path]:
    """The objects that tell of one asset: those that name it, and those that stand under its name."""
    names = {name for each in sets for asset in (each.base, each.quote) for name in (asset, asset.lower())}
    found = {path[:-1] for path, each in known.items() if not names.isdisjoint(map(str, each.seen))}
    for path in known:
        found |= {path[:end] for end in range(len(path)) if not names.isdisjoint(map(str, path[:end]))}
        found |= {path[:-1] for step in path[-1:] if str(step) in names}
    return frozenset(found)


def _example(answer: Answer, symbols: Mapping[str, str], decimals: Mapping[str, str]) -> Example:
    sentinels = answer.sentinels
    side, kind = answer.sample.side, answer.sample.type
    if answer.operation == "place_order" and not side:  # the kit's reply to a new order knows no order
        side, kind = "BUY", "LIMIT"
    known = facts(sentinels, side, kind, answer.status, symbols.get(answer.sample.set, ""))
    return Example({**decimals, **known}, answer.document, answer.again)


def _one_of_each(answers: Sequence[Answer]) -> list[Answer]:
    """One reply of each member, of the first set's order to buy: enough for a reader."""
    found: dict[tuple[str, int], Answer] = {}
    for each in answers:
        if each.sample.set == SETS[0].name and each.sample.side in ("", "BUY"):
            found.setdefault((each.member, each.index), each)
    return list(found.values())


def _read_by_fork(readings: Iterable[Reading], answers: Sequence[Answer]) -> dict[Path, Meaning]:
    members = {each.member for each in answers}
    found: dict[Path, Meaning] = {}
    for each in readings:
        if each.member in members and each.path is not None and each.moved:
            meant = meaning(each.moved, each.to, FORK)
            if meant is not None:
                found.setdefault(each.path, meant)
    return found
