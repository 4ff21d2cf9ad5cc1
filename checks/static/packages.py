"""One connector as its parts: which file plays which role, in either generation's layout."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from checks.static.sources import Definition, Source, Sources

LAYOUTS = {
    "exchange": "hummingbot/connector/exchange",
    "derivative": "hummingbot/connector/derivative",
    "market": "hummingbot/market",
}


@dataclass(frozen=True)
class Role:
    """A part of a connector: how its file's name ends (the convention first), and its name in a report."""

    id: str
    title: str
    endings: tuple[str, ...]


# Merged connectors differ: `bitrue_user_stream_data_source`, `gate_io_api_user_stream_data_source` …
TODAY = (
    Role("main", "the connector itself", ("_exchange.py", "_derivative.py")),
    Role("book", "the order book source", ("_api_order_book_data_source.py", "order_book_data_source.py")),
    Role(
        "stream", "the user stream source", ("_api_user_stream_data_source.py", "user_stream_data_source.py")
    ),
    Role("auth", "the signing of requests", ("_auth.py",)),
    Role("constants", "the constants", ("_constants.py", "constants.py")),
    Role("utils", "the settings", ("_utils.py",)),
    Role("web", "the addresses and web tools", ("_web_utils.py",)),
)
OF_2020 = (
    Role("main", "the market class", ("_market.pyx", "_market.py")),
    Role(
        "book",
        "the order book source",
        ("_api_order_book_data_source.py", "order_book_data_source.py", "order_book_data_source.pyx"),
    ),
    Role("tracker", "the order book tracker", ("_order_book_tracker.py", "_order_book_tracker.pyx")),
    Role("stream", "the user stream tracker", ("_user_stream_tracker.py", "_user_stream_tracker.pyx")),
    Role("in-flight", "the in-flight order", ("_in_flight_order.pyx", "_in_flight_order.py")),
)


@dataclass(frozen=True)
class Package:
    """A connector's folder. `kind` is exchange, derivative or market; `market` is the layout of 2020."""

    name: str
    kind: str
    path: str
    sources: tuple[Source, ...]

    @property
    def of_2020(self) -> bool:
        return self.kind == "market"

    @property
    def roles(self) -> tuple[Role, ...]:
        return OF_2020 if self.of_2020 else TODAY

    def role(self, role_id: str) -> Source | None:
        """The file in that role; the shortest name where several end alike (`_utils.py`, `_web_utils.py`)."""
        ending = next((role.endings for role in self.roles if role.id == role_id), ())
        fitting = [source for source in self.top if source.name.endswith(ending)]
        exact = [item for item in fitting if any(item.name == self.name + end for end in ending)]
        return min(exact or fitting, key=lambda item: len(item.name), default=None)

    @cached_property
    def top(self) -> tuple[Source, ...]:
        """The files in the folder itself."""
        return tuple(source for source in self.sources if "/" not in source.path[len(self.path) + 1 :])

    @property
    def main(self) -> Source | None:
        return self.role("main")

    @property
    def class_name(self) -> str:
        """How Hummingbot derives the main class from the folder: `gate_io` → `GateIoExchange`."""
        words = [*self.name.split("_"), self.kind]
        return "".join(word.capitalize() for word in words)

    @cached_property
    def classes(self) -> dict[str, tuple[Source, Definition]]:
        return {item.name: (source, item) for source in self.sources for item in source.classes}

    @cached_property
    def main_class(self) -> tuple[Source, Definition] | None:
        """The class Hummingbot will load; in 2020, where it is named in a table, the one in the main file."""
        if self.class_name in self.classes:
            return self.classes[self.class_name]
        if self.of_2020 and self.main and self.main.classes:
            fitting = [item for item in self.main.classes if item.name.endswith("Market")]
            return (self.main, fitting[0]) if fitting else None
        return None

    def bases(self, definition: Definition) -> frozenset[str]:
        """Names of the class's bases, and of theirs as far as they are in this folder."""
        found: set[str] = set()
        waiting = list(definition.bases)
        while waiting:
            base = waiting.pop().split("[")[0]
            if base not in found:
                found.add(base)
                if base in self.classes:
                    waiting.extend(self.classes[base][1].bases)
        return frozenset(found)

    def methods(self, definition: Definition) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """The class's own methods (Python files only)."""
        if isinstance(definition.node, ast.ClassDef):
            yield from (
                item
                for item in definition.node.body
                if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)
            )


def find(sources: Sources, name: str, kind: str) -> Package | None:
    """The connector's folder: the candidate's kind first, then any other that has a folder of this name."""
    order = [kind, *(other for other in LAYOUTS if other != kind)]
    for candidate in order:
        path = f"{LAYOUTS[candidate]}/{name}"
        files = sources.under(path)
        if files:
            return Package(name, candidate, path, files)
    return None
