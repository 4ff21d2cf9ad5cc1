"""One Python or Cython file of a fork as text and syntax: its definitions, names, strings and new lines."""

from __future__ import annotations

import ast
import tokenize
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from checks.static.names import Reference, dotted, full_name, imported_as, resolve
from harness.checking import seen_in_file
from harness.frameworks.syntax import Parsed, parse, tokens
from harness.outcome import Evidence

TEST_FOLDERS = frozenset({"test", "tests"})


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


DEFINES = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


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
