"""Which file a path names, where the code itself says so: the connector's own left-overs may be removed,
and folders made where Hummingbot keeps its data.

A path counts as known only if every part of it is written out; what is received, computed or changed on the
way is not. Some SDKs write a cookie beside the connector, and a well-behaved connector takes it away again.
"""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from checks.static.names import Reference, dotted
from checks.static.source import Source
from checks.static.sources import Sources

REMOVERS = frozenset({"os.remove", "os.unlink"})
MAKERS = frozenset({"os.mkdir", "os.makedirs"})
DATA = "<data>"  # what Hummingbot's `data_path()` gives: the folder for what the bot writes itself
DATA_FOLDERS = (DATA, "data")  # the same folder by its path in the tree
CODE_LIKE = (".py", ".pyx", ".pxd", ".pyc", ".so", ".pyd", ".pth", ".dll", ".zip", ".egg")
CONNECTORS = ("hummingbot/connector/exchange/", "hummingbot/connector/derivative/", "hummingbot/market/")
MOST_STEPS = 12


def removes_own_file(reference: Reference, source: Source, sources: Sources) -> bool:
    """Whether a call deletes a file of the connector's own that is no code and not part of the fork."""
    call = reference.call
    if call is None:
        return False
    if reference.name in REMOVERS:
        target = call.args[0] if len(call.args) == 1 and not call.keywords else None
    elif isinstance(call.func, ast.Attribute) and call.func.attr == "unlink":
        target = call.func.value
    else:
        target = None
    path = _Resolver(source, sources).path(target, call) if target is not None else None
    return path is not None and _is_own(path, source, sources)


def makes_data_folder(reference: Reference, source: Source, sources: Sources) -> bool:
    """Whether a call makes Hummingbot's data folder, or a folder inside it."""
    call = reference.call
    if call is None:
        return False
    if reference.name in MAKERS:
        target = call.args[0] if call.args and not isinstance(call.args[0], ast.Starred) else None
    elif isinstance(call.func, ast.Attribute) and call.func.attr == "mkdir":
        target = call.func.value
    else:
        target = None
    path = _Resolver(source, sources).path(target, call) if target is not None else None
    whole = posixpath.normpath(path) if path else ""
    return any(whole == folder or whole.startswith(f"{folder}/") for folder in DATA_FOLDERS)


def _is_own(path: str, source: Source, sources: Sources) -> bool:
    whole = posixpath.normpath(path)
    folder = _package_folder(source.path)
    inside = whole.startswith(f"{DATA}/") or (folder is not None and whole.startswith(folder + "/"))
    return inside and whole not in sources.paths and not whole.lower().endswith(CODE_LIKE)


def _package_folder(path: str) -> str | None:
    """`hummingbot/connector/exchange/acme` of any file below it."""
    for layout in CONNECTORS:
        if path.startswith(layout) and "/" in path[len(layout) :]:
            return layout + path[len(layout) :].split("/", 1)[0]
    return None


@dataclass
class _Resolver:
    """Paths as a file of the fork would form them; None wherever one cannot be sure."""

    source: Source
    sources: Sources
    steps: int = 0

    def path(self, node: ast.expr, at: ast.AST) -> str | None:
        self.steps += 1
        if self.steps > MOST_STEPS:
            return None
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else None
        if isinstance(node, ast.JoinedStr):
            parts = [self._piece(part, at) for part in node.values]
            return None if None in parts else "".join(part for part in parts if part is not None)
        if isinstance(node, ast.Name):
            return self._of_name(node.id, at)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            return self._joined([node.left, node.right], at)
        if isinstance(node, ast.Attribute) and node.attr == "parent":
            inner = self.path(node.value, at)
            return posixpath.dirname(inner) if inner else None
        if isinstance(node, ast.Attribute) and dotted(node) == f"self.{node.attr}":
            return self._of_attribute(node.attr)
        return self._of_call(node, at) if isinstance(node, ast.Call) else None

    def _of_attribute(self, name: str) -> str | None:
        """An attribute that the fork's code sets once, by a plain assignment in this file."""
        bindings = [
            node
            for source in self.sources.shipped
            for node in source.nodes
            if _sets(node, name) or (isinstance(node, ast.Name) and node.id == name and not _is_read(node))
        ]
        plain = [
            node
            for node in self.source.nodes
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and _sets(node.targets[0], name)
        ]
        if len(bindings) != 1 or len(plain) != 1:
            return None
        return self.path(plain[0].value, plain[0])

    def _piece(self, part: ast.expr, at: ast.AST) -> str | None:
        if isinstance(part, ast.FormattedValue):
            return None if part.conversion != -1 or part.format_spec else self.path(part.value, at)
        return self.path(part, at)

    def _joined(self, parts: list[ast.expr], at: ast.AST) -> str | None:
        found = [self.path(part, at) for part in parts]
        known = [part for part in found if part is not None]
        return posixpath.join(*known) if known and len(known) == len(found) else None

    def _of_call(self, node: ast.Call, at: ast.AST) -> str | None:
        if node.keywords or any(isinstance(item, ast.Starred) for item in node.args):
            return None
        name = self.source.full_name(node.func)
        if name == "hummingbot.data_path" and not node.args:
            return DATA
        if name in ("os.path.join", "pathlib.Path", "pathlib.PurePath"):
            return self._joined(node.args, at)
        if name == "os.path.dirname" and len(node.args) == 1:
            inner = self.path(node.args[0], at)
            return posixpath.dirname(inner) if inner else None
        if name in ("os.path.abspath", "os.path.realpath", "str") and len(node.args) == 1:
            return self.path(node.args[0], at)
        if dotted(node.func).startswith("self.") and dotted(node.func).count(".") == 1 and not node.args:
            return self._of_method(dotted(node.func).removeprefix("self."))
        return None

    def _of_name(self, name: str, at: ast.AST) -> str | None:
        """`__file__`, or a name that its function binds once, by a plain assignment."""
        if name == "__file__":
            return None if _bound(self.source, name) else self.source.path
        function = self.source.function_around(at)
        bindings = list(_bindings(function, name)) if function is not None else []
        if len(bindings) != 1 or not isinstance(bindings[0], ast.Assign):
            return None
        only = bindings[0]
        return self.path(only.value, only) if isinstance(only.targets[0], ast.Name) else None

    def _of_method(self, name: str) -> str | None:
        """What every method of this name in the fork's code gives back: the same file, written out."""
        found: set[str | None] = set()
        for source in self.sources.shipped:
            if any(_sets(node, name) for node in source.nodes):
                return None
            for node in source.nodes:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
                    found.update(_Resolver(source, self.sources, self.steps).returned(node))
        known = {posixpath.normpath(each) for each in found if each is not None}
        return known.pop() if len(known) == 1 and None not in found else None

    def returned(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str | None]:
        body = [item for item in function.body if not _is_text(item)]
        if all(isinstance(item, ast.Pass | ast.Raise) for item in body):
            return
        only = body[0] if len(body) == 1 else None
        yield self.path(only.value, only) if isinstance(only, ast.Return) and only.value else None


def _sets(node: ast.AST, attribute: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == attribute and not _is_read(node)


def _is_read(node: ast.Name | ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Load)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _bound(source: Source, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name and not _is_read(node) for node in source.nodes)


def _bindings(function: ast.AST, name: str) -> Iterator[ast.AST]:
    """Whatever gives `name` a value in a function: its assignments as they are, all else as found."""
    plain: set[int] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, ast.Name) and target.id == name:
                plain.add(id(target))
                yield node
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id == name and not _is_read(node):
            if id(node) not in plain:
                yield node
        elif (isinstance(node, ast.arg) and node.arg == name) or (
            isinstance(node, ast.Global | ast.Nonlocal) and name in node.names
        ):
            yield node
