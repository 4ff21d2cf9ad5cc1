"""Routes that tell of orders in some states alone, and of the others nothing. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from harness.describing.fork_tests.answers import Answer
from harness.describing.replies.deriving import Derived
from harness.venue.described.placeholders import ELSE, IF, THEN

# The rows that a description names by a word, and the states of their orders.
_OF: Mapping[str, frozenset[str]] = {
    "open": frozenset({"open", "partially_filled"}),
    "filled": frozenset({"filled"}),
    "ended": frozenset({"filled", "canceled"}),
}


@dataclass(frozen=True)
class SomeStates:
    """`of` are the orders that a route tells of, `replies` what the tests have of them; `nothing` is what
    they have of the others.
    """

    of: str
    replies: Sequence[Answer]
    nothing: JsonValue

    def of_these_alone(self, told: Derived) -> Derived:
        """The route's reply, of other orders the one that says nothing."""
        made: JsonValue = {IF: "order.order_id", THEN: told.template, ELSE: self.nothing}
        fields = tuple(replace(each, at=(THEN, *each.at)) for each in told.fields)
        return replace(told, template=made, fields=fields)


def some_states(replies: Sequence[Answer]) -> SomeStates | None:
    """None where the tests tell of orders in every state that they ask the route about."""
    asked = [each for each in replies if each.operation == "order_status" and each.status]
    told = [each for each in asked if _names_the_order(each)]
    states = {each.status for each in told}
    empty = [
        each
        for each in asked
        if each.status not in states and told and _says_nothing(each.document, told[0].document)
    ]
    of = next((name for name, known in _OF.items() if states <= known), "")
    return SomeStates(of, told, empty[0].document) if empty and of else None


def _names_the_order(answer: Answer) -> bool:
    return any(each in answer.text for each in (answer.sentinels.order_id, answer.sentinels.client_order_id))


def _says_nothing(document: JsonValue, whole: JsonValue) -> bool:
    """Whether a reply is empty, or holds something empty, where another holds more."""
    if not document:
        return bool(whole)
    if not isinstance(document, dict) or not isinstance(whole, dict):
        return False
    parts = ((document[key], item) for key, item in whole.items() if key in document)
    return any(_says_nothing(part, item) for part, item in parts if isinstance(item, dict | list))
