"""A fork's Python and Cython files as text and syntax, each read and parsed once."""

from __future__ import annotations

import ast
import tokenize
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from checks.static.decoding import UnreadableEncodingError, decoded, with_plain_newlines
from checks.static.names import Reference, dotted, full_name, imported_as, resolve
from checks.static.syntax import Parsed, parse, tokens
from harness.checking import seen_in_file
from harness.errors import HarnessError
from harness.forks.connectors import named_in
from harness.forks.errors import ContentMissing
from harness.outcome import Evidence

CODE = (".py", ".pyx", ".pxd", ".pxi")
TEST_FOLDERS = frozenset({"test", "tests"})
PAGES = frozenset({"docs", "documentation"})  # Hummingbot loads nothing from there


class Files(Protocol):
    """What checks need of `harness.forks.tree.Tree`."""

    def paths(self) -> tuple[str, ...]: ...

    def read(self, path: str) -> bytes: ...

    def holds(self, text: str) -> bool: ...

    def holding(self, text: str, folder: str) -> frozenset[str]: ...


@dataclass(frozen=True)
class Text:
    """A string constant; `prose` when it is a docstring or stands alone."""

    value: str
    line: int
    prose: bool = False


@dataclass(frozen=True)
class Definition:
    """A function or class; `bases` is empty for functions. `node` is None in Cython files."""

    name: str
    line: int
    bases: tuple[str, ...] = ()
    is_class: bool = False
    node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | None = None


@dataclass(frozen=True)
class Source:
    """One file. `base` is its text before the submission, None for a file that the submission adds.

    Lines end as Python ends them: a lone carriage return does too. `unreadable` says why a file could not be
    read (too large), and its text is then empty; or why Python reads it otherwise than it
    looks (`disguised`), and its text is then what a reviewer sees.
    """

    path: str
    text: str
    base: str | None = None
    unreadable: str | None = None
    disguised: bool = False

    @property
    def cython(self) -> bool:
        return not self.path.endswith(".py")

    @property
    def is_test(self) -> bool:
        return not TEST_FOLDERS.isdisjoint(self.path.split("/")[:-1])

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    @cached_property
    def lines(self) -> tuple[str, ...]:
        return tuple(self.text.split("\n"))

    @cached_property
    def added(self) -> frozenset[int]:
        """Numbers of the lines that the submission adds: those the old text does not hold as often."""
        if self.base is None:
            return frozenset(range(1, len(self.lines) + 1))
        left = Counter(self.base.split("\n"))
        new = set()
        for number, line in enumerate(self.lines, 1):
            if left[line] > 0:
                left[line] -= 1
            else:
                new.add(number)
        return frozenset(new)

    @cached_property
    def parsed(self) -> Parsed:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return parse(self.text, cython=self.cython)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        return tuple(ast.walk(self.parsed.tree)) if self.parsed.tree else ()

    @cached_property
    def parents(self) -> dict[int, ast.AST]:
        """Each node's parent, by the node's id."""
        return {id(child): node for node in self.nodes for child in ast.iter_child_nodes(node)}

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around `node`, innermost first."""
        while (parent := self.parents.get(id(node))) is not None:
            yield parent
            node = parent

    def function_around(self, node: ast.AST) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        return next(
            (item for item in self.above(node) if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)),
            None,
        )

    def full_name(self, node: ast.AST) -> str:
        """The dotted name that an expression stands for, imports' aliases undone."""
        return full_name(dotted(node), self.aliases)

    @cached_property
    def aliases(self) -> dict[str, str]:
        return dict(imported_as(self.nodes))

    @cached_property
    def imported(self) -> frozenset[str]:
        """Every module and name that it imports, on new lines or old."""
        return frozenset(item.name for item in self.all_references if item.imported)

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """Every dotted name used on new lines, with imports' aliases undone: `sp.run` is `subprocess.run`."""
        return tuple(item for item in self.all_references if item.line in self.added)

    @cached_property
    def all_references(self) -> tuple[Reference, ...]:
        return tuple(resolve(self))

    @cached_property
    def strings(self) -> tuple[Text, ...]:
        found = self._cython_strings() if self.parsed.tree is None else self._python_strings()
        return tuple(item for item in found if item.line in self.added)

    @cached_property
    def definitions(self) -> tuple[Definition, ...]:
        """Functions and classes at any depth, new or not."""
        if self.parsed.tree is None:
            return tuple(_cython_definitions(self.lines))
        return tuple(_definition(node) for node in self.nodes if isinstance(node, DEFINES))

    @property
    def classes(self) -> tuple[Definition, ...]:
        return tuple(item for item in self.definitions if item.is_class)

    def line(self, number: int) -> str:
        return self.lines[number - 1].strip() if 0 < number <= len(self.lines) else ""

    def evidence(self, number: int) -> Evidence:
        """The line as it stands in the fork."""
        return seen_in_file(self.path, number, self.line(number))

    def _python_strings(self) -> Iterator[Text]:
        prose = {
            id(node.value)
            for node in self.nodes
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        in_format: set[int] = set()
        for node in self.nodes:
            if isinstance(node, ast.JoinedStr):
                in_format.update(id(part) for part in node.values)
                yield Text("".join(_part(value) for value in node.values), node.lineno)
        for node in self.nodes:
            if isinstance(node, ast.Constant) and id(node) not in in_format:
                if isinstance(node.value, str):
                    yield Text(node.value, node.lineno, id(node) in prose)
                elif isinstance(node.value, bytes):
                    yield Text(node.value.decode("latin-1"), node.lineno, id(node) in prose)

    def _cython_strings(self) -> Iterator[Text]:
        for token in tokens(self.text):
            if token.type == tokenize.STRING:
                prose = token.string.lstrip("rRbBuUfF").startswith(('"""', "'''"))
                yield Text(_literal(token.string), token.start[0], prose)


def seen(content: bytes) -> str:
    """As a reviewer's page shows it: UTF-8, what is not becomes U+FFFD."""
    return with_plain_newlines(content).decode("utf-8-sig", "replace")


DEFINES = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass
class Sources:
    """The code files of a submission.

    `changed` maps each changed path to its old one (None for an added file); `base` is the tree that changes
    are counted from.
    """

    tree: Files
    base: Files
    changed: Mapping[str, str | None]
    _read: dict[str, Source] = field(default_factory=dict)
    _held: dict[str, bool] = field(default_factory=dict)

    def __getitem__(self, path: str) -> Source:
        if path not in self._read:
            self._read[path] = self._source(path)
        return self._read[path]

    def _source(self, path: str) -> Source:
        try:
            content = self.tree.read(path)
        except ContentMissing:
            raise  # nobody knows what is in it: whoever needs it cannot be decided
        except HarnessError as error:
            return Source(path, "", unreadable=error.message)
        old = self.changed.get(path, path)
        base = seen(self.base.read(old)) if old in self._base_paths and path in self.changed else None
        if not path.endswith(CODE):
            return Source(path, seen(content), base if path in self.changed else seen(content))
        try:
            text = decoded(content, cython=not path.endswith(".py"))
        except UnreadableEncodingError as error:
            return Source(path, seen(content), base, unreadable=str(error), disguised=True)
        return Source(path, text, base if path in self.changed else text)

    @cached_property
    def paths(self) -> frozenset[str]:
        return frozenset(self.tree.paths())

    @cached_property
    def _base_paths(self) -> frozenset[str]:
        return frozenset(self.base.paths())

    @cached_property
    def connectors_before(self) -> frozenset[str]:
        """Names of the connectors that Hummingbot had already."""
        return named_in(self._base_paths)

    @cached_property
    def code(self) -> tuple[Source, ...]:
        """Changed code, tests too."""
        return tuple(self[path] for path in self.changed if path.endswith(CODE) and path in self.paths)

    @cached_property
    def shipped(self) -> tuple[Source, ...]:
        """Changed code that would run at a user's: no tests, no pages' code that nothing imports."""
        aside = {folder for folder in PAGES if not any(self._imports(folder, each) for each in self.code)}
        return tuple(
            source for source in self.code if not source.is_test and source.path.split("/")[0] not in aside
        )

    @staticmethod
    def _imports(folder: str, source: Source) -> bool:
        inside = source.path.startswith(f"{folder}/")
        return not inside and any(f"{name}.".startswith(f"{folder}.") for name in source.imported)

    def held_before(self, text: str) -> bool:
        """Whether a line of Hummingbot's own files holds `text` already."""
        if text not in self._held:
            self._held[text] = self.base.holds(text)
        return self._held[text]

    def under(self, prefix: str) -> tuple[Source, ...]:
        inside = sorted(path for path in self.paths if path.startswith(prefix + "/") and path.endswith(CODE))
        return tuple(self[path] for path in inside)


def _definition(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> Definition:
    if isinstance(node, ast.ClassDef):
        bases = tuple(ast.unparse(base).rsplit(".", 1)[-1] for base in node.bases)
        return Definition(node.name, node.lineno, bases, is_class=True, node=node)
    return Definition(node.name, node.lineno, node=node)


def _cython_definitions(lines: Iterable[str]) -> Iterator[Definition]:
    for number, line in enumerate(lines, 1):
        head = line.strip()
        words = head.replace("(", " ( ").replace(":", " ").split()
        if not words or words[0] not in ("class", "def", "cdef", "cpdef", "async"):
            continue
        if "class" in words[:2]:
            name = words[words.index("class") + 1]
            inside = head.partition("(")[2].rpartition(")")[0]
            bases = tuple(base.strip().rsplit(".", 1)[-1] for base in inside.split(",") if base.strip())
            yield Definition(name, number, bases, is_class=True)
        elif "(" in words and words.index("(") > 1:
            yield Definition(words[words.index("(") - 1], number)


def _part(node: ast.expr) -> str:
    """A piece of a format string; what is filled in is `{}`."""
    return str(node.value) if isinstance(node, ast.Constant) else "{}"


def _literal(token: str) -> str:
    try:
        value = ast.literal_eval(token.lstrip("fF"))
    except (ValueError, SyntaxError):
        return token
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
