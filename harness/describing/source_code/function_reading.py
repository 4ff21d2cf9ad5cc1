"""Which keys of a reply one function reads, and what it hopes to find there. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from pydantic import JsonValue

from harness.describing.documents.leaves import Path
from harness.describing.source_code.becoming import TIMES, Becomes, facts_by_field
from harness.describing.source_code.origins import MILLISECONDS, SECONDS, Origins
from harness.describing.source_code.picked_rows import PickedRows
from harness.describing.source_code.source import BAD, KEYED, ROW, Read, Reading, goes_on
from harness.describing.source_code.source_constants import literal_in
from harness.venue.described.placeholders import AS_JSON

_TRANSPARENT = ("data", "json")  # attributes of a message or a reply that stand for its content
_GIVEN = "given"  # the first step of a path in what a function is given
# Functions that open what they are given, and where in it what they give back stands.
OPENING: Mapping[str, Path] = {"loads": (AS_JSON,), "decode": (AS_JSON,), "eval": (AS_JSON,)}


class Function:
    """One function: `roots` are the names that hold a reply, or a part of it, with that part's path.

    `given` is the argument that is the whole of it, empty where it is awaited. `opening` are functions that
    give back a part of what they are given, as `OPENING`.
    """

    def __init__(
        self,
        function: ast.AST,
        constants: Mapping[str, JsonValue],
        given: str = "",
        opening: Mapping[str, Path] = OPENING,
    ) -> None:
        self._function = function
        self._constants = constants
        self._opening = opening
        self._given = given
        self._roots: dict[str, Path] = {given: ()} if given else {}
        self._gathered: set[str] = set()  # names that hold several replies
        self._nodes: list[ast.AST] = []  # but for what is done with an error
        self._picked = PickedRows(self.path, self.value)
        self._looped: dict[Path, None] = {}  # what is gone through, though nothing of an item may be read

    def learn(self) -> None:
        """Which names hold which part."""
        for _ in range(3):  # a name may be given a part of what another holds
            for node in ast.walk(self._function):
                self._learn(node)

    def given_back(self, argument: str) -> Path | None:
        """Where in this argument what the function gives back stands; None where it gives back no part."""
        self._roots = {argument: (_GIVEN,)}
        self.learn()
        returned = [node.value for node in ast.walk(self._function) if isinstance(node, ast.Return)]
        paths = {self.path(value) if value is not None else None for value in returned}
        path = paths.pop() if len(paths) == 1 else None
        return path[1:] if path and path[0] == _GIVEN else None

    def handed_back(self) -> Path | None:
        """Where in what it awaits that stands what it gives back, the deepest of several; None: no part."""
        self.learn()
        returned = [node.value for node in ast.walk(self._function) if isinstance(node, ast.Return)]
        paths = {path for value in returned if value is not None and (path := self.path(value)) is not None}
        deepest = max(paths, key=len, default=None)
        return deepest if all(path == deepest[: len(path)] for path in paths if deepest) else None

    def handed_on(self) -> Iterator[tuple[str, int | str, Path]]:
        """Functions that are given a part of the reply: the name, which argument, where the part stands."""
        self.learn()
        for node in ast.walk(self._function):
            match node:
                case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args, keywords=named):
                    known: list[tuple[int | str, ast.expr]] = [*enumerate(args)]
                    known += [(each.arg or "", each.value) for each in named]
                    for argument, value in known:
                        if (path := self.path(value)) is not None:
                            yield name, argument, path

    def reading(self) -> Reading:
        self.learn()
        erring = {id(node) for branch in self._erring() for node in ast.walk(branch)}
        self._nodes = [node for node in ast.walk(self._function) if id(node) not in erring]
        wanted: dict[Path, JsonValue] = {}
        for path, value in self._compared():
            wanted.setdefault(path, value)
        paths = {**dict.fromkeys(self._paths()), **self._looped}
        wanted |= self._picked.words
        paths = {path: None for path in (*self._picked.words, *paths) if not self._picked.is_of_any_row(path)}
        longest = [path for path in paths if not any(goes_on(path, other) for other in paths)]
        needed = self._needed()
        origins = Origins(self._function, self.path, self.value)
        made = facts_by_field(self._function, origins)
        nothing = Becomes("")
        reads = tuple(
            Read(path, wanted.get(path), path not in needed, fact, unit=unit)
            for path in longest
            for fact, unit in [made.get(path, nothing)]
        )
        return Reading(reads, self._unit(reads, origins))

    def _unit(self, reads: Sequence[Read], origins: Origins) -> str:
        """The unit of times that become nothing: that of those that do, or of all that is reckoned with.

        Who asks for the exchange's time gives it back in milliseconds, all else is in seconds.
        """
        units = {each.unit for each in reads if each.fact.endswith(TIMES)} - {""}
        if not units:
            asked = "time" in getattr(self._function, "name", "")
            made = (node for node in self._nodes if isinstance(node, ast.BinOp | ast.Call))
            for origin in (origins.of(node, converted=True) for node in made):
                if origin.path is not None and origin.reckoned:
                    larger = asked or (origin.scale or 0) > 1
                    units.add(origin.unit(MILLISECONDS if larger else SECONDS))
        units -= {""}
        return units.pop() if len(units) == 1 else "ms"

    def _learn(self, node: ast.AST) -> None:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            target = node.target
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            self._learn_loop(node.iter, node.target)
            return
        else:
            return
        value = node.value
        if isinstance(target, ast.Name) and _gathers(value):
            self._gathered.add(target.id)
            return
        path = self.path(value) if value is not None else None
        if path is not None and isinstance(target, ast.Name):
            self._roots.setdefault(target.id, path)
        elif value is not None and isinstance(target, ast.Name):
            self._picked.learn(target.id, value)

    def _learn_loop(self, over: ast.expr, target: ast.expr) -> None:
        step = ROW
        match over, target:
            case ast.Call(func=ast.Name(id="zip"), args=[ast.Name(id=name), *_]), ast.Tuple(
                elts=[ast.Name() as first, *_]
            ) if name in self._gathered:
                self._roots.setdefault(first.id, ())
                return
            case ast.Name(id=name), ast.Name() if name in self._gathered:
                self._roots.setdefault(target.id, ())
                return
        match over:
            case ast.Call(func=ast.Attribute(value=inner, attr="values" | "items")):
                over, step = inner, KEYED
                target = target.elts[-1] if isinstance(target, ast.Tuple) else target
        path = self.path(over)
        if path is not None and isinstance(target, ast.Name):
            self._roots.setdefault(target.id, (*path, step))
            self._looped[(*path, step)] = None

    def path(self, node: ast.AST) -> Path | None:
        """The path of an expression within the reply, None where it is no part of it."""
        node = _same_text(node)
        if (picked := self._picked.path(node)) is not None:
            return picked
        match node:
            case ast.Name(id=name):
                return self._roots.get(name)
            case ast.Await():
                return None if self._given else ()
            case ast.Attribute(value=inner, attr=attr) if attr in _TRANSPARENT:
                return self.path(inner)
            case ast.Subscript(value=inner, slice=key):
                return self._step(inner, key)
            case ast.Call(func=ast.Attribute(value=inner, attr="get"), args=[key, *_]):
                return self._step(inner, key)
            case (
                ast.Call(func=ast.Name(id="int" | "str" | "float"), args=[inner])
                | ast.Call(func=ast.Name(id="filter"), args=[_, inner])
            ):
                return self.path(inner)
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in self._opening:
                return self._opened(name, [*node.args, *(each.value for each in node.keywords)])
            case ast.IfExp(body=one, orelse=other) | ast.BoolOp(op=ast.Or(), values=[one, other]):
                path = self.path(one)  # `reply["list"] if isinstance(reply, dict) else reply`
                return self.path(other) if path is None else path
        return None

    def _opened(self, name: str, given: Sequence[ast.expr]) -> Path | None:
        """What a function that opens its only argument gives back; a whole message is JSON already."""
        path, part = self.path(given[0]) if len(given) == 1 else None, self._opening[name]
        if path is None:
            return None
        return part[1:] if not path and part[:1] == (AS_JSON,) else (*path, *part)

    def _step(self, inner: ast.AST, key: ast.expr) -> Path | None:
        before = self.path(inner)
        step = self.value(key)
        if before is None or isinstance(step, bool) or not isinstance(step, str | int):
            return None
        return (*before, step)

    def value(self, node: ast.expr) -> JsonValue:
        """A literal, or a constant by its name; None for all else."""
        if isinstance(node, ast.Attribute):
            return self._constants.get(node.attr)
        if isinstance(node, ast.Name):
            return self._constants.get(node.id)
        return literal_in(node)

    def _paths(self) -> Iterator[Path]:
        for node in self._nodes:
            if isinstance(node, ast.Compare):
                yield from self._demanded(node)
            if isinstance(node, ast.Subscript | ast.Call):
                path = self.path(node)
                if path:
                    yield path
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                    whole = self.path(node.args[0])
                    if node.func.id in ("float", "int", "str") and whole == ():
                        yield ()

    def _needed(self) -> set[Path]:
        """What is subscripted, so that its absence is an error, and not looked for before."""
        nodes = [node for node in self._nodes if isinstance(node, ast.Subscript)]
        return {path for node in nodes if (path := self.path(node)) is not None} - set(self._looked_for())

    def _looked_for(self) -> Iterator[Path]:
        """The keys of which it is asked whether they are there (`"error" in reply`)."""
        for node in self._nodes:
            match node:
                case ast.Compare(left=ast.Constant(value=str() as key), ops=[ast.In()], comparators=[whole]):
                    path = self.path(whole)
                    if path is not None:
                        yield (*path, key)

    def _demanded(self, node: ast.Compare) -> Iterator[Path]:
        """A key that must not be missing (`"result" not in reply`); of an error's it is good that it is."""
        if not isinstance(node.ops[0], ast.NotIn) or not isinstance(node.left, ast.Constant):
            return
        key, path = node.left.value, self.path(node.comparators[0])
        if path is not None and isinstance(key, str) and not BAD.search(key):
            yield (*path, key)

    def _erring(self) -> Iterator[ast.AST]:
        """Tests and branches of replies that hold an error's key: it is raised because the key is there."""
        for node in ast.walk(self._function):
            match node:
                case ast.If(ast.Compare(ast.Constant(value=str()), [ast.In()], [whole]), body):
                    if self.path(whole) is not None and _raises(body):
                        yield from (node.test, *body)
                case ast.If(ast.Compare(ast.Constant(value=str()), [ast.NotIn()], [whole]), body, other):
                    if self.path(whole) is not None and _raises(other) and not _raises(body):
                        yield from (node.test, *other)

    def _compared(self) -> Iterator[tuple[Path, JsonValue]]:
        """What is read and the value that it is hoped to have, in the order of the source."""
        refused = {id(node) for test in self._refused() for node in ast.walk(test)}
        compared = [node for node in self._nodes if isinstance(node, ast.Compare) and len(node.ops) == 1]
        for node in sorted(compared, key=lambda each: (each.lineno, each.col_offset)):
            alike = isinstance(node.ops[0], ast.Eq | ast.In | ast.Is)
            path, value = self.path(node.left), self._hoped(node.comparators[0])
            if id(node) in refused and alike:
                value = not value if isinstance(value, bool) else None
            if path and value is not None and (alike or isinstance(node.ops[0], ast.NotEq)):
                yield path, value

    def _refused(self) -> Iterator[ast.expr]:
        """Tests of branches that end with an error or say that it failed: a value that leads there is not
        hoped for; of a flag the other one is.
        """
        for node in ast.walk(self._function):
            match node:
                case ast.If(body=[*_, ast.Raise() | ast.Return(value=ast.Constant(value=False))]):
                    yield node.test

    def _hoped(self, node: ast.expr) -> JsonValue:
        """What a value is compared with: of several the first."""
        several = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]
        return self.value(several[0]) if several else None


def _same_text(node: ast.AST) -> ast.AST:
    """What a text was before letters of it were replaced."""
    match node:
        case ast.Call(func=ast.Attribute(value=inner, attr="replace" | "strip")):
            return _same_text(inner)
    return node


def _raises(branch: Sequence[ast.stmt]) -> bool:
    return any(isinstance(node, ast.Raise) for statement in branch for node in ast.walk(statement))


def _gathers(value: ast.expr | None) -> bool:
    """Whether it awaits several replies at once."""
    match value:
        case ast.Await(value=ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name))):
            return name in ("safe_gather", "gather")
    return False
