"""An order's states in an exchange's words, as a connector's own table of them has it. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from harness.describing.documents.fields import READS, Field
from harness.describing.documents.leaves import Leaf
from harness.describing.documents.templates import Kind, form_of_words, literal_of

# The framework's states (`OrderState`, hummingbot/core/data_type/in_flight_order.py) that an order of the
# venue can be in.
STATES: Mapping[str, str] = {
    "OPEN": "open",
    "CREATED": "open",
    "PARTIALLY_FILLED": "partially_filled",
    "FILLED": "filled",
    "COMPLETED": "filled",
    "CANCELED": "canceled",
}
_NAMED = re.compile(r"stat(us|e)$", re.I)


def _unlike(word: str, status: str) -> float:
    """How unlike a state's own name a word for it is: `CANCELED` goes before `PARTIALLY_CANCELED`."""
    return -SequenceMatcher(None, word.lower(), status).ratio()


def in_the_connectors_words(
    leaf: Field, name: str, seen: Sequence[Leaf], states: Mapping[str, str], shown_in: Collection[str] = ()
) -> Field:
    """A leaf that holds an order's state, by the connector's table; as it is where it holds something else.

    `name` is the leaf's, `seen` its values in the tests, `states` what the table says of each word. Words
    that the tests show go before others of the same state. A word that the tests use and the table lacks is
    none: the connector does not read it. `shown_in` are the states of orders that the tests show it of: one
    word for another state than the table's says something else (`NEW` of each order that is cancelled).
    """
    if (
        leaf.kind is Kind.WORDS
        and not _NAMED.search(name)
        and not set(map(str.lower, leaf.words)) <= {each.lower() for each in states}
    ):
        return leaf  # what happened to an order, in words that are no states
    shown = [literal_of(each) for each in seen if isinstance(each, str | int)]
    known = {each.lower(): status for each, status in states.items()}
    ours = leaf.fact == "order.status" or (not leaf.fact and _NAMED.search(name))
    if not ours or not any(each.lower() in known for each in shown):
        return leaf
    if leaf.kind is Kind.CONSTANT and shown_in and known.get(shown[0].lower()) not in shown_in:
        return leaf
    style = str.upper if all(map(str.isupper, shown)) else str.lower if all(map(str.islower, shown)) else str
    chosen: dict[str, str] = {}
    numbers = all(map(str.isdigit, shown))
    others = sorted(states, key=lambda word: _unlike(word, states[word]))
    for word in (*shown, *(style(each) for each in others if each.isdigit() == numbers)):
        status = known.get(word.lower())
        if status is not None:
            chosen.setdefault(status, word)
    words: dict[str, tuple[str, ...]] = {}
    for status, word in chosen.items():
        words[word] = (*words.get(word, ()), status)
    if leaf.kind is Kind.WORDS and set(leaf.words) <= set(words):
        told = {status for meant in leaf.words.values() for status in meant}
        more = {word: meant for word, meant in words.items() if told.isdisjoint(meant)}
        return replace(leaf, words={**leaf.words, **more}, by=tuple(dict.fromkeys((*leaf.by, READS))))
    form = form_of_words(seen)
    text = f"{{order.status{form}}}"
    return replace(leaf, text=text, fact="order.status", kind=Kind.WORDS, words=words, by=(READS,))


def word_for_fills(leaf: Field, states: Mapping[str, str]) -> str:
    """The literal by which a message says that a part of its order was filled, empty where it has none.

    The tests show whole fills alone, as if it were the order's last state; the connector's table of states
    lacks it, and the leaf is not named as one (`type: fill`, `execType: TRADE`).
    """
    if leaf.fact != "order.status" or leaf.kind is not Kind.WORDS or _NAMED.search(leaf.at[-1]):
        return ""
    words = [word for word, meant in leaf.words.items() if meant == ("filled",)]
    known = {each.lower() for each in states}
    return words[0] if len(words) == 1 and words[0].lower() not in known else ""
