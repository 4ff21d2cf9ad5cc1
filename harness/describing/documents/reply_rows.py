"""A reply with its leaves replaced and its rows said once, as a template has it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from pydantic import JsonValue

from harness.describing.documents.fields import Field
from harness.describing.documents.leaves import Path
from harness.describing.documents.templates import Kind

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
    ("position", "order.signed_amount"): "position.size",
    ("position", "order.filled"): "position.amount",
    ("position", "fill.amount"): "position.amount",
    ("position", "order.price"): "position.entry_price",
    ("position", "order.average_price"): "position.entry_price",
    ("position", "fill.price"): "position.entry_price",
    ("position", "order.notional"): "position.notional",
    ("position", "order.filled_quote"): "position.notional",
    ("balance", "market.base"): "balance.asset",
    ("balance", "market.quote"): "balance.asset",
}
_OF_ORDERS = ("order.", "fill.")  # facts that no message about positions can tell
# The same where a reply tells of an order as a whole; in a message a fill is the reason for it.
_OF_AN_ORDER = {"fill.fee": "order.fee", "fill.fee_asset": "order.fee_asset"}
# What the key of a row may name, by what the rows are.
_KEYED_BY: Mapping[str, tuple[str, ...]] = {
    "balance": ("balance",),
    "market": ("market",),
    "ticker": ("market",),
    "order": ("order", "fill"),
    "fill": ("fill",),
}


class RowBuilder:
    """A document with its leaves replaced and rows said once; `placed` gets each leaf with its address.

    `rows` says of lists what their rows are, and which of them is to be told.
    """

    def __init__(
        self,
        operation: str,
        fields: Mapping[Path, Field],
        keys: Mapping[str, str],
        names: Mapping[str, str],
        rows: Mapping[Path, tuple[str, int]] = MappingProxyType({}),
    ) -> None:
        self._names = names
        self._known_rows = rows
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
            keyed = not within and value and isinstance(value[0], dict) and self._keyed_rows(value[0])
            thing = self._rows(path, within) if value and isinstance(value[0], dict | list) else ""
            # Where an object of the list has the rows by their keys, it has them.
            thing, number = self._known_rows.get(path, ("" if keyed else thing, 0))
            if thing:
                name = f"each {thing}"
                about, self._about = self._about, thing
                in_list = bool(path) and isinstance(path[-1], int)
                here = (*at, "0", name) if in_list else (*at, name)
                made = self.build(value[number], (*path, number), here, within=True)
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
        if self._about == "order" and not self._of_one:
            name = _OF_AN_ORDER.get(found.fact)
        if name and isinstance(found.text, str):
            found = replace(found, fact=name, text=found.text.replace(f"{{{found.fact}", f"{{{name}"))
        elif self._thing == "position" and found.fact.startswith(_OF_ORDERS):
            found = replace(found, fact="", text=value, kind=Kind.CONSTANT)  # as tests make up other ids
        self.placed.append(found)
        return found.text

    def _rows(self, path: Path, within: bool) -> str:
        """What the rows of the list at `path` are, empty where it is no list of rows."""
        if any(each[: len(path)] == path for each in self._known_rows):
            return ""
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
            if key in value and self._thing == "balance" and text == "{market.symbol}":
                return key, f"each position as {text}"  # of the same account
        return None

    def _keyed(self, text: str) -> str:
        thing = text[1:].partition(".")[0]
        return self._thing if thing == "market" else thing
