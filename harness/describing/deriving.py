"""From a fork's mocked replies to templates of them, with who says what of each leaf."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from harness.describing.answers import Answer
from harness.describing.fields import CCXT, KIT, READS, Field
from harness.describing.kit import Reading
from harness.describing.leaves import Path, amount_of, flatten, number_of
from harness.describing.readings import FORK, Meaning, meaning
from harness.describing.sentinels import SETS, Sentinels, facts
from harness.describing.states import in_the_connectors_words
from harness.describing.templates import Example, Explained, Kind, embedded, explained, time_form

# What the rows of a list are, by operation.
ROWS: Mapping[str, str] = {
    "symbols": "market",
    "balances": "balance",
    "ticker": "ticker",
    "order_status": "order",
    "order_trades": "fill",
    "cancel_order": "order",
    "place_order": "order",
    "positions": "position",
    "stream:orders": "order",
    "stream:fills": "fill",
    "stream:balances": "balance",
    "stream:positions": "position",
    "funding_rate": "funding",
    "funding_payments": "payment",
}
# Objects that stand for one another: a fill's price may be told as its order's.
# What a name of an asset may be more exactly.
_ASSETS: Mapping[str, tuple[str, ...]] = {
    "market.base": ("fill.fee_asset", "balance.asset", "market.settle"),
    "market.quote": ("fill.fee_asset", "balance.asset", "market.settle"),
}
_HOLE = re.compile(r"\{([a-z_.]+)(?:\|[a-z]+)*\}")
_SAME = {"fill": "order", "order": "order"}
# What upstream's kit has as the account's balances, whatever is asked: base total and free, quote of both.
_KIT_BALANCES = {"15": "balance.total", "10": "balance.free", "5": "balance.locked", "2000": "balance.total"}
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
    answers = [_with_keys_alike(each, first, symbols) for each in answers]
    prefer = ROWS.get(operation, "order")
    examples = [_example(each, symbols) for each in answers]
    known = explained(examples, "fill" if prefer == "fill" else "order")
    by_fork = _read_by_fork(readings, answers)
    by_ccxt: dict[Path, Meaning] = {}
    for each in _one_of_each(answers):
        by_ccxt = {**second(operation, each.document), **by_ccxt}
    base = max(answers, key=lambda each: len(flatten(each.document)))
    balances = operation in ("balances", "stream:balances")
    rows = _balance_rows(known, sets.values()) if balances else frozenset()
    fields = {
        path: _field(operation, each, by_fork.get(path), by_ccxt.get(path), path[:-1] in rows, first)
        for path, each in known.items()
    }
    if states and prefer in ("order", "fill"):
        fields = {
            path: in_the_connectors_words(each, str(path[-1]), known[path].seen, states)
            for path, each in fields.items()
        }
    seen = tuple(dict.fromkeys(each.status for each in answers if each.status))
    fields = {path: _with_states(each, seen) for path, each in fields.items()}
    if ROWS.get(operation) == "fill":
        fields = _with_trade_id(fields)
    builder = _Builder(operation, fields, _keys_of(first, symbols), _names_in_keys(first))
    whole = base.document
    for each in answers:
        whole = united(whole, each.document)
    template = builder.build(whole, (), ())
    return Derived(operation, template, tuple(builder.placed))


def _keys_of(sentinels: Sentinels, symbols: Mapping[str, str]) -> dict[str, str]:
    """What may be the key of a row of an object, by the key: the fact, as a template has it."""
    symbol = symbols.get(sentinels.name, "")
    keys = {
        symbol: "{market.symbol}",
        symbol.lower(): "{market.symbol|lower}",
        sentinels.base.lower(): "{balance.asset|lower}",
        sentinels.base: "{balance.asset}",
        sentinels.order_id: "{order.order_id}",
        sentinels.client_order_id: "{order.client_order_id}",
        sentinels.trade_id: "{fill.trade_id}",
    }
    keys |= {symbol: "{market.symbol}"}  # where it has no capital letters
    return {key: text for key, text in keys.items() if key}


def _names_in_keys(sentinels: Sentinels) -> dict[str, str]:
    """What a key may name that is no row's, by the key: the fact, as a template has it."""
    return {
        sentinels.quote.lower(): "{market.quote|lower}",
        sentinels.quote: "{market.quote}",
        sentinels.base.lower(): "{market.base|lower}",
        sentinels.base: "{market.base}",
        sentinels.order_id: "{order.order_id}",
        sentinels.client_order_id: "{order.client_order_id}",
        sentinels.trade_id: "{fill.trade_id}",
    }


def _with_keys_alike(answer: Answer, one: Sentinels, symbols: Mapping[str, str]) -> Answer:
    """An answer whose objects have the first set's keys: a row is found by its key whichever set it is of."""
    ours = answer.sentinels
    own = {**_keys_of(ours, symbols), **_names_in_keys(ours)}
    first = {text: key for key, text in {**_keys_of(one, symbols), **_names_in_keys(one)}.items()}
    renamed = {key: first[text] for key, text in own.items() if text in first}
    return replace(answer, document=_renamed(answer.document, renamed), again=_renamed(answer.again, renamed))


def _renamed(document: JsonValue, keys: Mapping[str, str]) -> JsonValue:
    if isinstance(document, dict):
        return {keys.get(key, key): _renamed(item, keys) for key, item in document.items()}
    return [_renamed(item, keys) for item in document] if isinstance(document, list) else document


def united(one: JsonValue, other: JsonValue) -> JsonValue:
    """The first document with what only the second has: keys, and those of a list's first item."""
    if isinstance(one, dict) and isinstance(other, dict):
        shared = {key: united(value, other[key]) if key in other else value for key, value in one.items()}
        return {**shared, **{key: value for key, value in other.items() if key not in one}}
    if isinstance(one, list) and isinstance(other, list):
        return [united(one[0], other[0]), *one[1:]] if one and other else one or other
    return one


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


def _example(answer: Answer, symbols: Mapping[str, str]) -> Example:
    sentinels = answer.sentinels
    side, kind = answer.sample.side, answer.sample.type
    if answer.operation == "place_order" and not side:  # the kit's reply to a new order knows no order
        side, kind = "BUY", "LIMIT"
    known = facts(sentinels, side, kind, answer.status, symbols.get(answer.sample.set, ""))
    return Example(known, answer.document, answer.again)


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


def _field(
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
    pair = {"market.base": first.base, "market.quote": first.quote}
    named = embedded([(str(value), pair)]) if lists_markets else None
    if named:  # tests may write the kit's pair out
        whole = _HOLE.fullmatch(named)
        return Field((), named, whole[1] if whole else "", Kind.FACT if whole else Kind.TEXT, (KIT,))
    meant, source = (ccxt, CCXT) if ccxt is not None else (fork, READS)
    as_number = "" if isinstance(value, str) or value is None else "|number"
    timed = None if str(leaf.path[-1]).lower().endswith("id") else time_form(value)
    if meant is not None:
        form = timed if timed and meant.fact.endswith("at") else as_number
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


def _contradicted(made: Field, leaf: Explained, source: str, meant: Meaning) -> Field:
    """Two sources take a leaf for different facts: ccxt's stands, a fork's reader only speaks against it."""
    says = {**dict.fromkeys(made.by, made.fact), **made.says, source: meant.fact}
    if source == CCXT:
        return replace(made, text=f"{{{meant.fact}{leaf.form}}}", fact=meant.fact, by=(CCXT,), says=says)
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
    )
    names = one.partition(".")[2], other.partition(".")[2]
    groups = [next((index for index, kind in enumerate(kinds) if name in kind), None) for name in names]
    return None not in groups


_FILLS = re.compile(r"trade|fill|transaction|deal|exec", re.I)
_TRADE_ID = re.compile(r"(trade|fill|exec|deal|match)_?id$|^tid$", re.I)
# Facts that name what a row is about.
_NAMES: Mapping[str, frozenset[str]] = {
    "balance": frozenset({"balance.asset", "market.base", "market.quote", "fill.fee_asset"}),
    "market": frozenset({"market.symbol", "market.base"}),
    "order": frozenset({"order.order_id", "order.client_order_id"}),
    "fill": frozenset({"fill.trade_id", "order.order_id"}),
}
# What a fact is called where its object is told of.
_TOLD = {
    ("fill", "order.order_id"): "fill.order_id",
    ("fill", "order.client_order_id"): "fill.client_order_id",
    ("fill", "order.side"): "fill.side",
    ("fill", "order.filled_quote"): "fill.quote_amount",
    ("fill", "order.notional"): "fill.quote_amount",
    ("fill", "order.filled"): "fill.amount",
    ("fill", "order.amount"): "fill.amount",
    ("fill", "order.price"): "fill.price",
    ("fill", "order.average_price"): "fill.price",
    ("position", "order.side"): "position.side",
    ("position", "order.amount"): "position.amount",
    ("position", "order.filled"): "position.amount",
    ("position", "fill.amount"): "position.amount",
    ("position", "order.price"): "position.entry_price",
    ("position", "order.average_price"): "position.entry_price",
    ("position", "fill.price"): "position.entry_price",
    ("balance", "market.base"): "balance.asset",
    ("balance", "market.quote"): "balance.asset",
}


# What the key of a row may name, by what the rows are.
_KEYED_BY: Mapping[str, tuple[str, ...]] = {
    "balance": ("balance",),
    "market": ("market",),
    "ticker": ("market",),
    "order": ("order", "fill"),
    "fill": ("fill",),
}


class _Builder:
    """A document with its leaves replaced and rows said once; `placed` gets each leaf with its address."""

    def __init__(
        self, operation: str, fields: Mapping[Path, Field], keys: Mapping[str, str], names: Mapping[str, str]
    ) -> None:
        self._names = names
        self._thing = self._about = ROWS.get(operation, "")
        self._keys = keys
        self._of_one = operation.startswith("stream:")  # a message tells of one order, a reply of several
        self._fields = fields
        self.placed: list[Field] = []

    def build(self, value: JsonValue, path: Path, at: tuple[str, ...], within: bool = False) -> JsonValue:
        """The template of what stands at `path`; `within`: it is part of a row already."""
        if isinstance(value, dict):
            rows = None if within else self._keyed_rows(value)
            if rows is not None:
                key, name = rows
                about, self._about = self._about, name.split()[1]
                made = self.build(value[key], (*path, key), (*at, name), within=True)
                self._about = about
                return {name: made}
            about, self._about = self._about, "fill" if self._tells_of_a_fill(path) else self._about
            told = {
                (name := self._key(key)): self.build(item, (*path, key), (*at, name), within)
                for key, item in value.items()
            }
            self._about = about
            return told
        if isinstance(value, list):
            thing = self._rows(path, within) if value and isinstance(value[0], dict | list) else ""
            if thing:
                name = f"each {thing}"
                about, self._about = self._about, thing
                in_list = bool(path) and isinstance(path[-1], int)
                here = (*at, "0", name) if in_list else (*at, name)
                made = self.build(value[0], (*path, 0), here, within=True)
                self._about = about
                # Rows in a list are its own: those of a list within a list stand in one of theirs.
                return [{name: made}] if in_list else {name: made}
            if not within and self._names_markets(value, path):
                name = "each market"
                return {name: self._leaf(value[0], (*path, 0), (*at, name))}
            return [
                self.build(item, (*path, index), (*at, str(index)), within)
                for index, item in enumerate(value)
            ]
        return self._leaf(value, path, at)

    def _leaf(self, value: JsonValue, path: Path, at: tuple[str, ...]) -> JsonValue:
        found = self._fields.get(path)
        if found is None:  # an empty list or mapping
            return value
        found = replace(found, at=at)
        if self._about == "fill" and found.kind is Kind.CONSTANT and _TRADE_ID.match(str(path[-1])):
            form = "|number" if isinstance(value, int) else ""
            found = replace(found, fact="fill.trade_id", text=f"{{fill.trade_id{form}}}", kind=Kind.FACT)
        name = _TOLD.get((self._about, found.fact))
        if name and isinstance(found.text, str):
            found = replace(found, fact=name, text=found.text.replace(f"{{{found.fact}", f"{{{name}"))
        self.placed.append(found)
        return found.text

    def _rows(self, path: Path, within: bool) -> str:
        """What the rows of the list at `path` are, empty where it is no list of rows."""
        of = {self._fields[each].fact for each in self._fields if each[: len(path) + 1] == (*path, 0)}
        things = {fact.partition(".")[0] for fact in of}
        if self._thing == "order" and path and _FILLS.search(str(path[-1])) and things - {""}:
            return "fill"
        if within or self._thing == "order":
            fills = sum(fact.startswith("fill.") for fact in of)
            orders = sum(fact.startswith("order.") for fact in of)
            if "fill.trade_id" in of and fills > orders:
                return "fill"
        if within or not things - {""}:
            return ""
        return "" if self._deeper(path) else self._thing

    def _tells_of_a_fill(self, path: Path) -> bool:
        """Whether the object at `path` is a fill within what is told of its order."""
        named = self._thing == "order" and bool(path) and _FILLS.search(str(path[-1])) is not None
        return named and any(
            each[:-1] == path and field.fact == "fill.trade_id" for each, field in self._fields.items()
        )

    def _names_markets(self, value: list[JsonValue], path: Path) -> bool:
        """Whether the list at `path` has nothing but the markets' names."""
        first = self._fields.get((*path, 0))
        plain = all(isinstance(each, str) for each in value)
        return self._thing == "market" and plain and first is not None and first.fact == "market.symbol"

    def _deeper(self, path: Path) -> bool:
        """Whether what names a row stands only in a list within the items of the list at `path`."""
        names = _NAMES.get(self._thing, frozenset())
        depths = [
            sum(isinstance(step, int) for step in each[len(path) + 1 :])
            for each, field in self._fields.items()
            if each[: len(path) + 1] == (*path, 0) and field.fact in names
        ]
        return bool(depths) and min(depths) > 0

    def _key(self, key: str) -> str:
        """A key that names what its object is about, as a template has it."""
        return key if self._thing == "balance" else self._names.get(key, key)

    def _keyed_rows(self, value: Mapping[str, JsonValue]) -> tuple[str, str] | None:
        """(a key, the name of the rows) of an object that has a key for each of its rows."""
        if self._of_one and self._thing != "balance":
            return None
        for key, text in self._keys.items():
            if key in value and text[1:].partition(".")[0] in _KEYED_BY.get(self._thing, ()):
                return key, f"each {self._keyed(text)} as {text}"
        return None

    def _keyed(self, text: str) -> str:
        thing = text[1:].partition(".")[0]
        return self._thing if thing == "market" else thing
