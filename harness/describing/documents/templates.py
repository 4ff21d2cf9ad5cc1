"""From replies to known orders to a template: what each leaf holds, and in which written form. Pure.

The same reply is seen for different sets of sentinels, sides, types and states. A leaf that follows a fact
through all of them holds it; one that follows a word (side, type, state) is a list of words; one that never
changes is a constant, of which the sentinels cannot say what it means.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from pydantic import JsonValue

from harness.describing.documents.leaves import Leaf, Path, flatten, name_of, number_of

WORDS = (
    "order.side", "order.type", "order.post_only", "order.reduce_only", "order.position_side",
    "order.status", "account.position_mode",
)  # fmt: skip
FLAGS = ("order.post_only", "order.reduce_only")  # of which an order has one or not
# Words that an exchange may have one literal for: whether a limit order only makes may be told elsewhere.
_TOGETHER = ({"open", "partially_filled"}, {"canceled", "filled"}, {"limit", "limit_maker"})
# Facts whose sentinels turn up nowhere by chance, so one value is enough to know them by.
UNMISTAKABLE = frozenset(
    {
        "market.symbol", "market.base", "market.quote", "market.number", "account.number",
        "order.order_id", "order.client_order_id", "fill.trade_id", "session.key",
    }
)  # fmt: skip
# Facts that may be counted in contracts.
AMOUNTS = ("order.amount", "order.signed_amount", "order.filled", "order.remaining", "fill.amount")
# Facts that may be counted in units of their market's own, and what tells how many decimals these have.
_OF_MARKETS = {
    **dict.fromkeys(AMOUNTS, ("lot_units", "market.lot_decimals")),
    **dict.fromkeys(
        ("order.price", "order.average_price", "fill.price"), ("tick_units", "market.tick_decimals")
    ),
}
_SHORTEST = 3  # characters of a value that may be looked for within a text
_YEARS = (Decimal(1_420_070_400), Decimal(2_082_758_400))  # 2015 to 2036, in Unix seconds
_COUNTED = 1_234_567_890  # of 2009, and what tests write for a time
_UNITS = {"s": Decimal(1), "ms": Decimal(10) ** 3, "us": Decimal(10) ** 6, "ns": Decimal(10) ** 9}
_MINOR = (6, 8, 9, 18)  # decimals that amounts are counted in whole units of
_ISO = re.compile(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]00:?00)?\Z")
# Facts that are equal in some states, and the parts of a leaf's name that speak for each.
_HINTS: Mapping[str, tuple[str, ...]] = {
    "order.average_price": ("avg", "average", "dealprice", "deal_price"),
    "order.filled_quote": ("quote", "cumm", "value", "funds", "notional", "turnover", "dealmoney"),
    "order.notional": ("quote", "value", "funds", "notional"),
    "order.filled": ("fill", "exec", "deal", "traded", "cum", "done"),
    "order.remaining": ("remain", "left", "leaves", "unfilled"),
    "order.created_at": ("creat", "time"),
    "fill.fee": ("fee", "commission"),
    "fill.price": ("fillp", "fill_p", "lastp", "last_p", "lastfill", "tradep", "trade_p", "last_fill_p"),
    "fill.amount": ("fills", "fill_s", "fillq", "fill_q", "lastq", "last_q", "lastfill", "last_fill_c"),
}


class Kind(StrEnum):
    FACT = "fact"
    WORDS = "words"
    TEXT = "text"  # with facts in it
    CONSTANT = "constant"
    UNSTEADY = "unsteady"  # another value when asked again
    UNKNOWN = "unknown"  # follows something, but nothing that is known here


@dataclass(frozen=True)
class Example:
    """A reply and the facts of what it is about, by their names in a description.

    `again` is what was answered when the same was asked once more.
    """

    facts: Mapping[str, str]
    document: JsonValue
    again: JsonValue = None


@dataclass(frozen=True)
class Explained:
    """What one leaf holds. `text` is what a template has in its place, `others` are facts that fit as well.

    `words` has, for each literal, the words that it stands for; `form` the filters of a fact.
    """

    path: Path
    kind: Kind
    text: JsonValue
    fact: str = ""
    form: str = ""
    others: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    seen: tuple[Leaf, ...] = ()


def explained(examples: Sequence[Example], prefer: str = "order") -> dict[Path, Explained]:
    """Every leaf that any of the examples has. `prefer` names the object whose facts are meant first."""
    flat = [(flatten(example.document), example) for example in examples]
    again = [flatten(example.again) if example.again is not None else None for example in examples]
    paths = dict.fromkeys(path for leaves, _ in flat for path in leaves)
    found: dict[Path, Explained] = {}
    for path in paths:
        having = [(leaves[path], example.facts) for leaves, example in flat if path in leaves]
        unsteady = any(
            second is not None and path in leaves and second.get(path) != leaves[path]
            for (leaves, _), second in zip(flat, again, strict=True)
        )
        found[path] = _explain(path, having, unsteady, prefer)
    return found


def _explain(
    path: Path, having: Sequence[tuple[Leaf, Mapping[str, str]]], unsteady: bool, prefer: str
) -> Explained:
    seen = tuple(dict.fromkeys(leaf for leaf, _ in having))
    if unsteady:
        return Explained(path, Kind.UNSTEADY, seen[0], seen=seen)
    fitting = list(_fitting(having))
    if fitting:
        fitting.sort(key=lambda each: _likeness(path, each[0], prefer), reverse=True)
        (fact, form), *others = fitting
        form += _without_a_fill(having, fact)
        text = f"{{{fact}{form}}}"
        return Explained(path, Kind.FACT, text, fact, form, tuple(name for name, _ in others), seen=seen)
    if len(seen) == 1:
        return Explained(path, Kind.CONSTANT, seen[0], seen=seen)
    told_by_flag = all(str(leaf).lower() in ("true", "false") for leaf in seen)
    for name in (*FLAGS, *WORDS) if told_by_flag else WORDS:
        words = _words(having, name, flags=told_by_flag and name == "order.status")
        if words:
            form = form_of_words(seen)
            return Explained(path, Kind.WORDS, f"{{{name}{form}}}", name, form, words=words, seen=seen)
    sometimes = _in_some_states(having)
    if sometimes:
        fact, form = sometimes[0], sometimes[1] + _without_a_fill(having, sometimes[0])
        return Explained(path, Kind.FACT, f"{{{fact}{form}}}", fact, form, seen=seen)
    filled = _by_state(having)
    if filled is not None:
        return Explained(path, Kind.FACT, f"{{{filled[0]}{filled[1]}}}", *filled, seen=seen)
    within = embedded([(str(leaf), facts) for leaf, facts in having])
    if within is not None:
        return Explained(path, Kind.TEXT, within, seen=seen)
    return Explained(path, Kind.UNKNOWN, seen[0], seen=seen)


def _without_a_fill(having: Sequence[tuple[Leaf, Mapping[str, str]]], fact: str) -> str:
    """The filter for what an order says that has no fill yet, empty where that is left out or not seen."""
    said = {leaf for leaf, facts in having if fact not in facts} if fact.startswith("fill.") else set()
    if len(said) != 1 or isinstance(literal := said.pop(), bool | None):
        return ""
    return f"|or {literal}" if literal == "" or number_of(literal) == 0 else ""


def _in_some_states(having: Sequence[tuple[Leaf, Mapping[str, str]]]) -> tuple[str, str] | None:
    """An id that the leaf holds in some states (with its form), where it is nothing or always the same else.

    Tests write what they like where an exchange has an order's earlier id, or an event's own.
    """
    for name in sorted(UNMISTAKABLE):
        forms: set[str | None] = set()
        others: set[Leaf] = set()
        values: set[str] = set()
        for leaf, facts in having:
            form = form_of(facts[name], leaf) if name in facts else None
            if form is None:
                others |= {leaf} if leaf not in (None, "") else set()
            else:
                forms.add(form)
                values.add(facts[name])
        if len(forms) == 1 and len(values) > 1 and len(others) <= 1:
            return name, str(forms.pop())
    return None


def _by_state(having: Sequence[tuple[Leaf, Mapping[str, str]]]) -> tuple[str, str] | None:
    """What is left or filled of an order (with its form), of a number that is nothing in one state alone.

    Tests that write amounts of their own vary them with the state at least.
    """
    states: dict[str, set[Decimal | None]] = {}
    for leaf, facts in having:
        states.setdefault(facts.get("order.status", ""), set()).add(number_of(leaf))
    done, live = states.get("filled", set()), states.get("open", set())
    if len(done) != 1 or len(live) != 1 or None in done | live or done == live:
        return None
    form = "" if isinstance(having[0][0], str) else "|number"
    times = {time_form(leaf) for leaf, facts in having if facts.get("order.status") == "filled"}
    if live == {Decimal(0)} and len(times) == 1 and (timed := times.pop()) is not None:
        return "order.updated_at", timed  # when it was filled last
    if done == {Decimal(0)}:
        return "order.remaining", form
    return ("order.filled", form) if live == {Decimal(0)} else None


def _fitting(having: Sequence[tuple[Leaf, Mapping[str, str]]]) -> Iterable[tuple[str, str]]:
    """Facts that the leaf holds in the same form everywhere, with that form.

    A fact that never changes is none, unless its value is unmistakable.
    """
    names = dict.fromkeys(name for _, facts in having for name in facts if name not in WORDS)
    for name in names:
        values = [(leaf, facts.get(name)) for leaf, facts in having]
        if name.startswith("fill."):  # an order that has no fill yet says nothing of one
            values = [each for each in values if each[1] is not None or not _says_nothing(each[0], "0")]
        least = 1 if name in UNMISTAKABLE else 2
        if any(value is None for _, value in values) or len({value for _, value in values}) < least:
            continue
        telling = [(leaf, value or "") for leaf, value in values if not _says_nothing(leaf, value)]
        if least <= len({value for _, value in telling}) and (
            units := _in_units(name, telling, having[0][1])
        ):
            yield name, units
            continue
        forms = {form_of(value, leaf) for leaf, value in telling}
        if (
            len(forms) == 1
            and len({value for _, value in telling}) >= least
            and (form := forms.pop()) is not None
        ):
            yield name, form
        elif name in AMOUNTS and least <= len({value for _, value in telling}) and _in_contracts(telling):
            yield name, "|contracts" + ("" if isinstance(telling[0][0], str) else "|number")


def _in_units(name: str, telling: Sequence[tuple[Leaf, str]], facts: Mapping[str, str]) -> str:
    """The form of figures that are whole numbers in units of their market's own, empty where they are not."""
    units, decimals = _OF_MARKETS.get(name, ("", ""))
    places = int(facts.get(decimals, "0"))
    pairs = [(number_of(leaf), number_of(value)) for leaf, value in telling]
    if not places or not all(
        one is not None and other and one == other.scaleb(places) for one, other in pairs
    ):
        return ""
    whole = all(one == one.to_integral_value() for one, _ in pairs if one is not None)
    return f"|{units}{'' if isinstance(telling[0][0], str) else '|number'}" if whole else ""


def _in_contracts(telling: Sequence[tuple[Leaf, str]]) -> bool:
    """Whether all are so many times the amount: a perpetual's may be counted in contracts."""
    pairs = [(number_of(leaf), number_of(value)) for leaf, value in telling]
    times = {one / other for one, other in pairs if one and other}
    return len(times) == 1 and None not in (each for pair in pairs for each in pair) and times.pop() > 1


def _says_nothing(leaf: Leaf, value: str | None) -> bool:
    """A nothing that may be written in any form: absent, empty or zero, where the fact is zero."""
    number = number_of(leaf)
    return value == "0" and (leaf is None or leaf == "" or number == 0)


def form_of(value: str, leaf: Leaf) -> str | None:
    """The filters by which a fact's value is written as this leaf (`|number`, `|fixed8`); None: it is not.

    Times are facts of whole Unix seconds.
    """
    if isinstance(leaf, bool) or leaf is None:
        return None
    if leaf == value:
        return ""
    wanted, number = number_of(value), number_of(leaf)
    as_number = "" if isinstance(leaf, str) else "|number"
    if wanted is not None and number is not None:
        if number == wanted:
            return as_number or _decimals(leaf)
        if number == -wanted:
            return f"{as_number}|negated" if as_number else "|negated"
        unit = next((name for name, factor in _UNITS.items() if number == wanted * factor), None)
        if unit is not None and _YEARS[0] < wanted < _YEARS[1]:
            return f"|{unit}{as_number}"
        scaled = next((power for power in _MINOR if number == wanted.scaleb(power)), None)
        return f"|units{scaled}{as_number}" if scaled is not None and wanted else None
    if isinstance(leaf, str):
        if leaf == value.lower():
            return "|lower"
        return "|upper" if leaf == value.upper() else None
    return None


def _decimals(leaf: Leaf) -> str:
    """A text with noughts behind it is written with so many decimals always."""
    places = len(str(leaf).partition(".")[2])
    return f"|fixed{places}" if places and str(leaf).endswith("0") else ""


def time_form(leaf: Leaf) -> str | None:
    """The filters of what looks like a time of our years, None where it does not."""
    if isinstance(leaf, str) and _ISO.match(leaf):
        return "|iso"
    number = number_of(leaf)
    if number is None or isinstance(leaf, bool):
        return None
    as_number = "" if isinstance(leaf, str) else "|number"
    for unit, factor in _UNITS.items():
        if _YEARS[0] < number / factor < _YEARS[1] or int(number / factor) == _COUNTED:
            fraction = unit == "s" and number != number.to_integral_value()
            return f"|{'s.ms' if fraction else unit}{as_number}"
    return None


def _words(
    having: Sequence[tuple[Leaf, Mapping[str, str]]], name: str, *, flags: bool = False
) -> dict[str, tuple[str, ...]]:
    """Literal to words, where each word has one literal; nothing where the leaf does not follow it.

    An exchange may have one word for two states: an order that is partly filled is open as well. A flag
    (`is_cancelled`) says of one state that it is so, and of all others that it is not.
    """
    if all(time_form(leaf) for leaf, _ in having):
        return {}
    words: dict[str, dict[str, None]] = {}
    literals: dict[str, str] = {}
    for leaf, facts in having:
        if (
            not isinstance(leaf, str | int)
            or name not in facts
            or (number_of(leaf) is not None and "." in str(leaf))
        ):
            return {}
        literal = literal_of(leaf)
        words.setdefault(literal, {})[facts[name]] = None
        if literals.setdefault(facts[name], literal) != literal:
            return {}
    together = (set(meant) for meant in words.values() if len(meant) > 1)
    if len(words) < 2 or (not flags and any(meant not in _TOGETHER for meant in together)):
        return {}
    return {literal: tuple(meant) for literal, meant in words.items()}


def form_of_words(seen: Iterable[Leaf]) -> str:
    """The filter by which words are written that are flags or numbers and no texts."""
    kinds = {type(leaf) for leaf in seen}
    return "|flag" if kinds == {bool} else "|number" if kinds == {int} else ""


def literal_of(leaf: Leaf) -> str:
    """A word as a list of words has it: flags as JSON writes them."""
    return str(leaf).lower() if isinstance(leaf, bool) else str(leaf)


def embedded(having: Sequence[tuple[str, Mapping[str, str]]]) -> str | None:
    """The text with facts in it that all these texts are made of, None where there is no such text."""
    templates = {_embed(text, facts) for text, facts in having}
    if len(templates) != 1:
        return None
    (template,) = templates
    return template if "{" in template else None


def _embed(text: str, facts: Mapping[str, str]) -> str:
    """The longest values first, in their own letters, then in small and in capital ones."""
    holes: list[str] = []
    for name, value in sorted(
        facts.items(), key=lambda each: (len(each[1]), each[0] != "market.base"), reverse=True
    ):
        if len(value) < _SHORTEST or name in (*WORDS, "order.signed_amount", "market.place"):
            continue
        for form, variant in (("", value), ("|lower", value.lower()), ("|upper", value.upper())):
            if variant in text:
                text = text.replace(variant, f"\0{len(holes)}\1")
                holes.append(f"{{{name}{form}}}")
    return re.sub("\0(\\d+)\1", lambda found: holes[int(found[1])], text)


def _likeness(path: Path, fact: str, prefer: str) -> tuple[int, int, int]:
    """How well a leaf's name speaks for a fact that fits as well as others: the longest hint counts."""
    name = name_of(path).lower()
    hinted = max((len(hint) for hint in _HINTS.get(fact, ()) if hint in name), default=0)
    plain = fact not in _HINTS
    return (2 if hinted else 1 if plain else 0), hinted, int(fact.startswith(prefer))
