"""The constants of a connector's modules, and the paths of routes among those that one names. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from pydantic import JsonValue

_BASE = re.compile(r"BASE|HOST|DOMAIN|^(REST|API|WSS?)_?(URL|API)?$|^(REST|WSS?)_")
# A path of one word (`order`) is known by the name of its constant.
_OF_A_ROUTE = re.compile(r"(PATH|URL|ENDPOINT)(?!\w*_NAME$)")
_WORD = re.compile(r"[A-Za-z][\w.-]*")
_ADDRESS = re.compile(r"https?://[\w.-]+(:\d+)?/[^\s{}]+")
_PATH = re.compile(r"(/[\w{}.-]*\w[\w{}.-]*)+")  # in each part of which more stands than what is put in
_FEWEST_PLACES = 5


def paths_in(function: ast.AST, constants: Mapping[str, JsonValue]) -> list[str]:
    """The paths of routes among the constants that a function mentions: of a whole address its path.

    Addresses that it writes out count as well.
    """
    known = ((name, constants.get(name)) for name in sorted(_named(function)))
    texts = (
        (name, text) for name, value in known for text in (value if isinstance(value, list) else [value])
    )
    paths = (_path_of(name, text) for name, text in texts if isinstance(text, str))
    written = (*_written_out(function), *_given_back(function))
    return [path for path in dict.fromkeys([*paths, *written]) if path]


def _given_back(function: ast.AST) -> Iterator[str]:
    """The paths that a method for one writes out (`f"/ticker/ALL_{self._quote}"`)."""
    if not getattr(function, "name", "").endswith("_request_path"):
        return
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and node.value is not None:
            text = valued(node.value, {})
            if isinstance(text, str) and _PATH.fullmatch(text):
                yield text


def _written_out(function: ast.AST) -> Iterator[str]:
    """The paths of whole addresses in its text, but for what it says of itself."""
    remarks = {id(node.value) for node in ast.walk(function) if isinstance(node, ast.Expr)}
    for node in ast.walk(function):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in remarks:
            address = node.value if _ADDRESS.fullmatch(node.value) else ""
            yield urlsplit(address).path.rstrip("/")


def _path_of(name: str, value: str) -> str:
    """The path that a constant says, empty where it says none. What others are put behind is no route."""
    if "://" not in value:
        of_a_route = "/" in value or (_OF_A_ROUTE.search(name) and _WORD.fullmatch(value))
        return value.partition("?")[0] if of_a_route else ""
    whole = value.startswith("http") and not _BASE.search(name) and not value.endswith("/")
    return urlsplit(value).path if whole else ""


def constants_in(tree: ast.Module) -> Iterator[tuple[str, JsonValue]]:
    """Names in capital letters with a literal value; in a text made of others, these are put in.

    Of a mapping (`{"linear": "v5/positions", …}`) it is the list of its texts. Attributes of classes that are
    nobody else's (`_payload_field_name = "o"`) count as well.
    """
    known: dict[str, JsonValue] = {}
    yield from _attributes_in(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name, value = node.targets[0].id, valued(node.value, known)
            if isinstance(node.value, ast.Dict):
                texts = (valued(each, known) for each in node.value.values)
                value = [text for text in texts if isinstance(text, str)] or None
            if name.isupper() and value is not None:
                known[name] = value
                yield name, value


def _attributes_in(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The private attributes of its classes that are texts, but for those of which two differ."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        for each in node.body if isinstance(node, ast.ClassDef) else ():
            match each:
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str() as text))
                    | ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=str() as text))
                ) if name.startswith("_"):
                    found.setdefault(name, set()).add(text)
    yield from ((name, texts.pop()) for name, texts in found.items() if len(texts) == 1)


def positions_in(tree: ast.Module) -> Iterator[tuple[str, ...]]:
    """The names that a module gives to the places in a row: a class that counts them from 0, a named tuple.

    In small letters; of fewer than five none, which may count anything.
    """
    for node in ast.walk(tree):
        names: list[str] = []
        match node:
            case ast.ClassDef(body=body):
                counted = [each for each in body if isinstance(each, ast.Assign)]
                numbers = [literal_in(each.value) for each in counted]
                if numbers == list(range(len(counted))):
                    names = [each.targets[0].id for each in counted if isinstance(each.targets[0], ast.Name)]
            case ast.Call(
                func=ast.Name(id="namedtuple") | ast.Attribute(attr="namedtuple"), args=[_, listed]
            ):
                text = literal_in(listed)
                names = text.replace(",", " ").split() if isinstance(text, str) else []
        if len(names) >= _FEWEST_PLACES:
            yield tuple(name.lower() for name in names)


def valued(node: ast.expr, known: Mapping[str, JsonValue]) -> JsonValue:
    if isinstance(node, ast.JoinedStr):
        return "".join(_piece(part, known) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = valued(node.left, known), valued(node.right, known)
        return left + right if isinstance(left, str) and isinstance(right, str) else None
    return known.get(node.id) if isinstance(node, ast.Name) else literal_in(node)


def _piece(part: ast.expr, known: Mapping[str, JsonValue]) -> str:
    if isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Name):
        return str(known.get(part.value.id, "{}"))
    return str(part.value) if isinstance(part, ast.Constant) else "{}"


def literal_in(node: ast.expr) -> JsonValue:
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float | bool):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = literal_in(node.operand)
        return -inner if isinstance(inner, int | float) else None
    return None


def _named(function: ast.AST) -> set[str]:
    """The constants that a function mentions."""
    found = {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}
    found |= {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    return {name for name in found if name.isupper()}
