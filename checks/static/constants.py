"""What is done with a text in the code: sent, only asked for, only listened to, or nothing.

A path that nobody sends moves nothing; nor does one that is read with GET, limited, compared with or
subscribed to. Everything else counts as sent, as does what code could reach under a name that it works out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from checks.static.source import Source
from checks.static.sources import Sources

GETTERS = frozenset({"_api_get", "api_get", "get"})
PASSIVE = frozenset({"RateLimit", "LinkedLimitWeightPair", "len", "str", "repr"})
# Give their text back changed, so that what is done with the result counts.
TRANSPARENT = frozenset({"format", "join", "strip", "lower", "upper", "replace"})
SUBSCRIBES = re.compile(r"_*(un)?subscribe(_to)?(_\w+)?", re.IGNORECASE)
SUBSCRIPTION = re.compile(r"(un)?sub(scribe|scription|_add)?", re.IGNORECASE)
# Fields in which exchanges' messages say what is to be done.
WHAT_IT_DOES = frozenset(
    {"op", "event", "method", "type", "action", "command", "cmd", "operation", "request", "path"}
)
WRITERS = frozenset({
    "POST", "PUT", "DELETE", "PATCH", "post", "put", "delete", "patch", "_api_post", "_api_put",
    "_api_delete", "api_post", "api_put", "api_delete",
})  # fmt: skip
WORKED_OUT = frozenset({"vars", "globals", "dir"})
MOST_STEPS = 8


@dataclass
class Uses:
    """The uses of names and texts in a submission's shipped code."""

    sources: Sources
    _asked: set[str] = field(default_factory=set)

    def may_be_sent(self, source: Source, node: ast.AST) -> bool:
        """Whether the value of an expression may go out in a request other than a GET or a subscription."""
        child = node
        for outer in source.above(node):
            if isinstance(outer, ast.Call):
                if child is outer.func or called(outer) in TRANSPARENT:
                    child = outer
                    continue
                return not self._is_harmless(outer)
            if isinstance(outer, ast.Compare) or _only_looks_up(outer, child) or _subscribes(outer, child):
                return False
            if isinstance(outer, ast.Assign | ast.AnnAssign):
                return self._assigned_may_be_sent(source, outer, child)
            if isinstance(outer, ast.Expr) and outer.value is child:
                return False
            if isinstance(outer, ast.stmt | ast.comprehension):
                return True
            child = outer
        return True

    def _assigned_may_be_sent(self, source: Source, node: ast.Assign | ast.AnnAssign, value: ast.AST) -> bool:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        if len(names) != len(targets) or value is not node.value or _is_handed_over_whole(value):
            return True
        owner = source.parents.get(id(node))
        if isinstance(owner, ast.ClassDef) and self._handed_around(owner.name):
            return True
        return any(self.name_may_be_sent(name) for name in names)

    def _handed_around(self, class_name: str) -> bool:
        """Whether a class is used otherwise than for one of its names: all that is in it may be meant."""
        return any(
            not isinstance(source.parents.get(id(node)), ast.Attribute)
            for source, node in self._named(class_name)
        )

    def name_may_be_sent(self, name: str) -> bool:
        """Whether any use of a constant of this name may be; True where names are worked out at run time."""
        if name in self._asked:
            return False
        if len(self._asked) > MOST_STEPS or self.names_are_worked_out:
            return True
        self._asked.add(name)
        try:
            return any(self.may_be_sent(source, node) for source, node in self._named(name))
        finally:
            self._asked.discard(name)

    def _named(self, name: str) -> Iterator[tuple[Source, ast.AST]]:
        """Where a name is read, in quotes too (`getattr`); of Cython, which is not followed, its word."""
        for source in self.sources.shipped:
            if source.parsed.tree is None and re.search(rf"\b{re.escape(name)}\b", source.text):
                yield source, ast.Pass()
            local = {name, *(alias for alias, full in source.aliases.items() if full.endswith(f".{name}"))}
            yield from ((source, node) for node in source.nodes if _reads(node, name, local))

    @cached_property
    def names_are_worked_out(self) -> bool:
        """`getattr(CONSTANTS, name)`, `vars(CONSTANTS)` and their like."""
        return any(
            _works_out_a_name(source, node) for source in self.sources.shipped for node in source.nodes
        )

    @cached_property
    def pretenders(self) -> frozenset[str]:
        """Functions of the fork's own whose name says that they only ask or subscribe, and that do more."""
        return frozenset(
            item.name
            for source in self.sources.shipped
            for item in source.definitions
            if item.node is not None and not item.is_class and _does_more(item.name, item.node)
        )

    def _is_harmless(self, call: ast.Call) -> bool:
        name = called(call)
        if name in self.pretenders:
            return False
        return name in GETTERS or name in PASSIVE or says_get(call) or SUBSCRIBES.fullmatch(name) is not None


def _reads(node: ast.AST, name: str, local: set[str]) -> bool:
    if isinstance(node, ast.Name):
        return node.id in local and isinstance(node.ctx, ast.Load)
    if isinstance(node, ast.Attribute):
        return node.attr == name and isinstance(node.ctx, ast.Load)
    return isinstance(node, ast.Constant) and node.value == name


def _works_out_a_name(source: Source, node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in ("__dict__", "__members__", "__getattribute__")
    if not isinstance(node, ast.Call):
        return False
    if called(node) == "getattr" and len(node.args) > 1:
        of_logging = source.full_name(node.args[0]) == "logging"
        return not of_logging and not _is_written_out(source, node.args[1])
    return called(node) in WORKED_OUT or called(node) in ("getattr", "attrgetter")


def _is_written_out(source: Source, name: ast.expr) -> bool:
    """A text, or the variable of a loop over texts: `for name in ("time", "now"): getattr(clock, name)`."""
    if isinstance(name, ast.Constant):
        return True
    function = source.function_around(name)
    if not isinstance(name, ast.Name) or function is None:
        return False
    bound = [
        part
        for part in ast.walk(function)
        if isinstance(part, ast.Name) and part.id == name.id and not isinstance(part.ctx, ast.Load)
    ]
    loop = source.parents.get(id(bound[0])) if len(bound) == 1 else None
    return (
        isinstance(loop, ast.For)
        and loop in source.above(name)
        and isinstance(loop.iter, ast.Tuple | ast.List)
        and all(isinstance(each, ast.Constant) for each in loop.iter.elts)
    )


def _does_more(name: str, node: ast.AST) -> bool:
    """A getter or a counter that posts; a subscription that posts, or that does not say it is one."""
    texts = {
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }
    names = {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}
    posts = not (texts | names).isdisjoint(WRITERS)
    if SUBSCRIBES.fullmatch(name):
        return posts or not any(SUBSCRIPTION.fullmatch(text) for text in texts)
    return posts and name in GETTERS | PASSIVE | TRANSPARENT


CONTAINERS = (ast.List, ast.Tuple, ast.Set, ast.DictComp, ast.ListComp, ast.SetComp, ast.Lambda)


def _is_handed_over_whole(value: ast.AST) -> bool:
    """A message or a list; not a table of paths by market, of which each is looked up under its name."""
    if isinstance(value, ast.Dict):
        return any(key is None or getattr(key, "value", "") in WHAT_IT_DOES for key in value.keys)
    return isinstance(value, CONTAINERS)


def _only_looks_up(outer: ast.AST, child: ast.AST) -> bool:
    """A key of a table, or what a table is asked for."""
    return (isinstance(outer, ast.Dict) and child in outer.keys) or (
        isinstance(outer, ast.Subscript) and child is outer.slice
    )


def _subscribes(outer: ast.AST, child: ast.AST) -> bool:
    """`{"op": "subscribe", "args": [child]}`: the message says so, and the text is not what it does."""
    if not isinstance(outer, ast.Dict):
        return False
    said = {
        key.value: value
        for key, value in zip(outer.keys, outer.values, strict=True)
        if isinstance(key, ast.Constant)
    }
    does = [value for key, value in said.items() if key in WHAT_IT_DOES]
    subscribes = [
        isinstance(value, ast.Constant) and SUBSCRIPTION.fullmatch(str(value.value)) for value in does
    ]
    return len(said) == len(outer.keys) and bool(subscribes) and all(subscribes) and child in outer.values


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def says_get(node: ast.Call) -> bool:
    """`method=RESTMethod.GET`, and no other method beside it."""
    values = [*node.args, *(item.value for item in node.keywords)]
    methods = {
        value.attr if isinstance(value, ast.Attribute) else str(getattr(value, "value", ""))
        for value in values
    } & {"GET", "POST", "PUT", "DELETE", "PATCH"}
    return methods == {"GET"}
