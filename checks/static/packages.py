"""One connector as its parts: which file plays which role, in either generation's layout."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from checks.static.source import Definition, Source
from checks.static.sources import Sources
from harness.forks.connectors import generation as generation_of
from harness.forks.submission import Generation

MOST_ANCESTORS = 40
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
    demanded: bool = True


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


# From v0.32.0 to v1.5.0 nearly all of upstream's connectors have these four in one form or another; some
# signed in the connector itself, and addresses stood wherever they were needed.
BETWEEN = (
    Role(
        "main", "the connector itself", ("_exchange.pyx", "_exchange.py", "_derivative.py", "_derivative.pyx")
    ),
    Role("book", "the order book source", ("_api_order_book_data_source.py", "order_book_data_source.py")),
    Role(
        "stream",
        "the user stream",
        ("_user_stream_tracker.py", "_api_user_stream_data_source.py", "user_stream_data_source.py"),
    ),
    Role("utils", "the settings", ("_utils.py",)),
    Role("auth", "the signing of requests", ("_auth.py",), demanded=False),
    Role("constants", "the constants", ("_constants.py", "constants.py"), demanded=False),
)


@dataclass(frozen=True)
class Package:
    """A connector's folder. `kind` is exchange, derivative or market; `market` is the layout of 2020."""

    name: str
    kind: str
    path: str
    sources: tuple[Source, ...]
    generation: Generation
    tree: Sources = field(repr=False, compare=False)

    @property
    def of_2020(self) -> bool:
        return self.generation == "v0"

    @property
    def roles(self) -> tuple[Role, ...]:
        return {"v0": OF_2020, "v1": BETWEEN, "v2": TODAY}[self.generation]

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

    def bases(self, source: Source, definition: Definition) -> frozenset[str]:
        """Names of the class's bases, and of theirs as far as they are in this tree."""
        found = {base.split("[")[0] for base in definition.bases}
        for _, item in self.ancestors(source, definition):
            found.update(base.split("[")[0] for base in item.bases)
        return frozenset(found)

    def ancestors(self, source: Source, definition: Definition) -> Iterator[tuple[Source, Definition]]:
        """The classes that a class derives from, as far as the tree has them, nearest first."""
        seen: set[tuple[str, str]] = set()
        waiting = [(source, definition)]
        while waiting and len(seen) < MOST_ANCESTORS:
            source, definition = waiting.pop(0)
            for base in definition.bases:
                place = self._class_named(source, base.split("[")[0])
                if place is not None and (place[0].path, place[1].name) not in seen:
                    seen.add((place[0].path, place[1].name))
                    waiting.append(place)
                    yield place

    def _class_named(self, source: Source, name: str) -> tuple[Source, Definition] | None:
        """A class by the name that a file uses for it: its own, one of this folder, or an imported one."""
        module = source.aliases.get(name, "").rpartition(".")[0].replace(".", "/")
        elsewhere = next((module + end for end in (".py", ".pyx") if module + end in self.tree.paths), None)
        imported = self.tree[elsewhere].classes if elsewhere else ()
        found = next((item for item in imported if item.name == name), None)
        if elsewhere and found:
            return self.tree[elsewhere], found
        own = next((item for item in source.classes if item.name == name), None)
        return (source, own) if own else self.classes.get(name)

    def takes_over(self, method: str) -> bool:
        """Whether the main class inherits a written `method`, as from what several exchanges run on."""
        if self.main_class is None:
            return False
        return any(
            node.name == method and not is_empty(node)
            for source, item in self.ancestors(*self.main_class)
            for node in self.methods(item)
        )

    def methods(self, definition: Definition) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """The class's own methods (Python files only)."""
        if isinstance(definition.node, ast.ClassDef):
            yield from (
                item
                for item in definition.node.body
                if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)
            )


def is_empty(node: ast.AST) -> bool:
    """A body of `pass`, `...` or `raise NotImplementedError` after the docstring."""
    body = [item for item in getattr(node, "body", []) if not _is_constant(item)]
    return all(isinstance(item, ast.Pass) or _raises_not_implemented(item) for item in body)


def _is_constant(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _raises_not_implemented(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Raise)
        and node.exc is not None
        and "NotImplementedError" in ast.unparse(node.exc)
    )


def find(sources: Sources, name: str, kind: str) -> Package | None:
    """The connector's folder: the candidate's kind first, then any other that has a folder of this name."""
    order = [kind, *(other for other in LAYOUTS if other != kind)]
    for candidate in order:
        path = f"{LAYOUTS[candidate]}/{name}"
        files = sources.under(path)
        if files:
            generation = "v0" if candidate == "market" else generation_of(sources.paths)
            return Package(name, candidate, path, files, generation, sources)
    return None
