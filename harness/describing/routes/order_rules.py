"""What the amounts of orders count, by the orders that were sent. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import JsonValue

from harness.describing.documents.asked import Act
from harness.describing.documents.leaves import number_of
from harness.describing.gathered import Sources
from harness.describing.routes.parameters import NEAR, document_of
from harness.describing.routes.routes import Route
from harness.venue.described.addresses import Address, bare

_AMOUNT, _ASKED = "{order.amount", "{order.asked"


def order_rules(sources: Sources, named: Sequence[Route]) -> dict[str, Any]:
    """What orders' amounts count, where that is not the base in decimals."""
    if sources.ordered.contracts:
        return {"contract": "lot"}
    at = amounts_at(named)
    said = [(act, _amounts_in(act, at)) for act in sources.asked.acts if act.operation == "place_order"]
    amounts = {value for _, values in said for value in values}
    whole = len(amounts) > 1 and all(isinstance(each, int) for each in amounts)
    told: dict[str, Any] = {"amount_decimals": 0} if whole else {}
    if any(_buys_for_value(act, values) for act, values in said):
        told["market_buy_in"] = "quote"
    return told


def amounts_at(named: Sequence[Route]) -> list[Address]:
    """Where new orders say their amounts, but for those in units of the market's own."""
    placing = (route for route in named if route.operation == "place_order")
    fields = (each for route in placing for each in route.fields if each.fact == "order.amount")
    return [each.at for each in fields if "|lot_units" not in str(each.text)]


def as_asked(part: JsonValue, at: Sequence[Address]) -> JsonValue:
    """The same with leaves of the parameters' names as what was asked for: an amount, or what it may cost."""
    names = {bare(each[-1]) for each in at}
    if isinstance(part, list):
        return [as_asked(item, at) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        key: value.replace(_AMOUNT, _ASKED)
        if bare(key) in names and isinstance(value, str)
        else as_asked(value, at)
        for key, value in part.items()
    }


def _amounts_in(act: Act, at: Sequence[Address]) -> list[JsonValue]:
    """What an order says at these addresses of its query and body."""
    documents = [document_of(said, frozenset(), frozenset()) for said in act.sent]
    parts = [each[part] for each in documents if isinstance(each, dict) for part in ("query", "body")]
    return [value for part in parts for place in at for value in _values_at(part, place)]


def _buys_for_value(act: Act, said: Sequence[JsonValue]) -> bool:
    """Whether an order to buy at the market says what it may cost where others say their amount."""
    buys = (act.facts.get("order.side"), act.facts.get("order.type")) == ("buy", "market")
    asked = number_of(act.facts.get("order.amount"))
    told = [number for value in said if (number := number_of(value)) is not None]
    return buys and asked is not None and any(abs(each - asked) > asked * NEAR for each in told)


def _values_at(document: JsonValue, at: Address) -> Iterator[JsonValue]:
    """What stands there, where something does and it is a plain value."""
    for step in map(bare, at):
        document = document.get(step) if isinstance(document, dict) else None
    if isinstance(document, str | int | float):
        yield document
