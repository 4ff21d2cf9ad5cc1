"""Which keys of a reply a connector's source reads: by its text, for replies that no test shows. Pure.

A function that names a route's path and subscripts what it awaited (`response["data"]["serverTime"]`,
`reply.get("token")`) says where in that route's reply the value stands; one that compares it with a literal
says which value it hopes for.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from urllib.parse import urlsplit

from pydantic import JsonValue

from harness.describing.answers import named_so
from harness.describing.leaves import Path
from harness.describing.states import STATES

ROW = -1  # stands in a path for each of a list's items
KEYED = -2  # and for each of an object's, whatever their keys are
# Methods that connectors fill in, and which operation what they ask for is (hummingbot/connector:
# exchange_py_base.py, perpetual_derivative_py_base.py, order_book_tracker_data_source.py, and the names that
# nearly all connectors give to what these do not prescribe).
METHODS: Mapping[str, str] = {
    "_request_order_book_snapshot": "order_book",
    "_place_order": "place_order",
    "_place_cancel": "cancel_order",
    "_request_order_status": "order_status",
    "_all_trade_updates_for_order": "order_trades",
    "_update_balances": "balances",
    "_get_last_traded_price": "ticker",
    "_update_trading_fees": "fees",
    "_get_listen_key": "user_stream_open",
    "get_current_server_time": "server_time",
    "trading_rules_request_path": "symbols",
    "trading_pairs_request_path": "symbols",
    "_make_trading_rules_request": "symbols",
    "_make_trading_pairs_request": "symbols",
    "_request_complete_funding_info": "funding_rate",
    "_fetch_last_fee_payment": "funding_payments",
    "_update_positions": "positions",
    "_set_trading_pair_leverage": "set_leverage",
    "_trading_pair_position_mode_set": "position_mode",
    "check_network_request_path": "ping",
}
_OF_ONE_MARKET = ("ticker", "order_book", "funding_rate")
_VERBS = ("GET", "POST", "PUT", "DELETE")
# Methods that are given the reply about the markets: as an argument, the first but for the instance.
_GIVEN = ("_initialize_trading_pair_symbols_from_exchange_info", "_format_trading_rules")
# Functions that tell whether a market can be traded: given one of the rows.
_FILTERS = re.compile(r"^_?is_\w*(exchange_information|instrument|market|pair|symbol|rule)\w*valid$")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_Definition = ast.FunctionDef | ast.AsyncFunctionDef
_TRANSPARENT = ("data", "json")  # attributes of a message or a reply that stand for its content
_BASE = re.compile(r"BASE|HOST|DOMAIN|^(REST|API|WSS?)_?(URL|API)?$|^(REST|WSS?)_")
# A path of one word (`order`) is known by the name of its constant.
_OF_A_ROUTE = re.compile(r"(PATH|URL|ENDPOINT)(?!\w*_NAME$)")
_WORD = re.compile(r"[A-Za-z][\w.-]*")
_BAD = re.compile(r"err|fail|reject", re.I)
_ISO = re.compile(r"dateparse|fromisoformat|strptime|parser\.parse")


@dataclass(frozen=True)
class Read:
    """A place of the reply that is read. `wanted` is a value it is compared with, None where it is none.

    `may_lack`: it is asked for in a way that bears its absence (`reply.get("error")`).
    """

    path: Path
    wanted: JsonValue = None
    may_lack: bool = False

    @property
    def of_an_error(self) -> bool:
        """Whether it is there when something went wrong, and lacks in a good reply."""
        name = next((str(step) for step in reversed(self.path) if isinstance(step, str)), "")
        return self.may_lack and self.wanted is None and _BAD.search(name) is not None


@dataclass(frozen=True)
class Reading:
    """What one function reads of one reply. `unit` is that of a time in it, as far as the text tells."""

    reads: tuple[Read, ...]
    unit: str = "ms"


@dataclass(frozen=True)
class Source:
    """What the functions of a connector read: by the path of a route, and of what comes on a WebSocket.

    `asked` has the operations of routes whose paths stand in one of `METHODS`, `asked_with` the same by the
    HTTP method, where such a method names one: two may share a path. In paths `{name}` is any part.
    `states` has the states of orders, as `STATES` calls them, by the exchange's words for them. `verbs` has
    the HTTP methods of routes that are asked for in one way only. `pair` has base and quote of what
    its tests trade, empty where they do not say. `markets` is what is read of the reply that lists the
    markets. `tests` are the texts of its test modules.
    """

    routes: Mapping[str, Reading]
    received: tuple[Reading, ...] = ()
    asked: Mapping[str, str] = field(default_factory=dict)
    asked_with: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    verbs: Mapping[str, str] = field(default_factory=dict)
    pair: tuple[str, str] = ("", "")
    markets: Reading | None = None
    tests: tuple[str, ...] = ()

    def of(self, path: str) -> Reading | None:
        """For a route's path as it was asked for: the longest known path that it ends with counts."""
        known = _ending(self.routes, path)
        if not known and self.operation(path) in _OF_ONE_MARKET:
            known = _ending(self.routes, path.rstrip("/").rpartition("/")[0])
        own = self.routes[known] if known else None
        if self.markets is None or self.operation(path) != "symbols":
            return own
        return self.markets if own is None else _both(self.markets, own)

    def asks_for(self, operation: str) -> tuple[str, str] | None:
        """(method, path) of what the connector asks for there, None where that is not one route."""
        for verb, known in self.asked_with.items():
            here = [path for path, name in known.items() if name == operation]
            if len(here) == 1:
                return verb, here[0]
        paths = [path for path, known in self.asked.items() if known == operation]
        return (self.verbs.get(paths[0], ""), paths[0]) if len(paths) == 1 else None

    def verb(self, path: str) -> str:
        """The HTTP method of a route that is asked for in one way only, empty where that is not known."""
        known = _ending(self.verbs, path)
        return self.verbs[known] if known else ""

    def operation(self, path: str, verb: str = "") -> str:
        """What the method is for that asks for this path, empty where none of `METHODS` names it.

        A market may stand behind the path that the source names.
        """
        for asked in (self.asked_with.get(verb, {}), self.asked):
            if known := _ending(asked, path):
                return asked[known]
        behind = _ending(self.asked, path.rstrip("/").rpartition("/")[0])
        return self.asked[behind] if behind and self.asked[behind] in _OF_ONE_MARKET else ""


def _ending(known: Iterable[str], path: str) -> str:
    """The longest of the paths that a path ends with, empty where there is none."""
    found = [each for each in known if each.strip("/") and _as_pattern(each).search(path.rstrip("/"))]
    return max(found, key=len, default="")


def _both(one: Reading, other: Reading) -> Reading:
    """What either reads; where one goes on from where the other stops, the longer."""
    reads = {each.path: each for each in (*other.reads, *one.reads)}
    longest = [path for path in reads if not any(_within(path, other) for other in reads)]
    return replace(one, reads=tuple(reads[path] for path in longest))


@cache
def _as_pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{\w*\}", path.strip("/"))
    return re.compile(f"(^|/){'[^/]+'.join(map(re.escape, parts))}$")


UNREAD = Source({})


def read_source(texts: Iterable[str]) -> Source:
    """From the texts of a connector's modules; what is no Python is left out."""
    trees = [tree for text in texts if (tree := _parsed(text)) is not None]
    constants = dict(pair for tree in trees for pair in _constants(tree))
    routes: dict[str, Reading] = {}
    received: list[Reading] = []
    functions = [each for tree in trees for each in ast.walk(tree) if isinstance(each, _FUNCTIONS)]
    for function in functions:
        reading = _Function(function, constants).reading()
        if not reading.reads:
            continue
        if _receives(function):
            received.append(reading)
        for path in _paths_in(function, constants):
            routes.setdefault(path, reading)
    states = dict(pair for tree in trees for pair in _states_in(tree, constants))
    verbs = _verbs_in(functions, constants)
    asked = {verb: _asked_in(functions, constants, verb) for verb in ("", *_VERBS)}
    return Source(
        routes,
        tuple(received),
        asked.pop(""),
        {verb: known for verb, known in asked.items() if known},
        states,
        verbs,
        markets=_markets_in(functions, constants),
    )


def _markets_in(functions: Sequence[_Definition], constants: Mapping[str, JsonValue]) -> Reading | None:
    """What the methods of `_GIVEN` read, together, and what is asked of a row by those of `_FILTERS`."""
    reads: dict[Path, Read] = {}
    for function in functions:
        if function.name in _GIVEN and len(function.args.args) > 1:
            reading = _Function(function, constants, function.args.args[1].arg).reading()
            for each in reading.reads:
                reads.setdefault(each.path, each)
    row: Path = next((path[: path.index(ROW) + 1] for path in reads if ROW in path), ())
    for function in functions if row else ():
        if _FILTERS.match(function.name) and function.args.args:
            for each in _Function(function, constants, function.args.args[0].arg).reading().reads:
                reads.setdefault((*row, *each.path), replace(each, path=(*row, *each.path)))
    longest = [path for path in reads if not any(_within(path, other) for other in reads)]
    return Reading(tuple(reads[path] for path in longest)) if longest else None


def _verbs_in(functions: Iterable[_Definition], constants: Mapping[str, JsonValue]) -> dict[str, str]:
    """The method of each path whose functions ask in one way only (`self._api_post`, `RESTMethod.POST`)."""
    found: dict[str, set[str]] = {}
    for function in functions:
        for path in _paths_in(function, constants):
            found.setdefault(path, set()).update(_verbs_of(function))
    return {path: verbs.pop() for path, verbs in found.items() if len(verbs) == 1}


def _verbs_of(function: ast.AST) -> set[str]:
    attributes = {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}
    return {verb for verb in _VERBS if verb in attributes or f"_api_{verb.lower()}" in attributes}


def _states_in(tree: ast.Module, constants: Mapping[str, JsonValue]) -> Iterator[tuple[str, str]]:
    """The entries of tables whose values are `OrderState.…`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                word = _valued(key, constants) if key is not None else None
                match value:
                    case ast.Attribute(value=ast.Name(id="OrderState"), attr=state) if state in STATES:
                        if isinstance(word, str | int) and not isinstance(word, bool):
                            yield str(word), STATES[state]


def _asked_in(
    functions: Iterable[_Definition], constants: Mapping[str, JsonValue], verb: str = ""
) -> dict[str, str]:
    """The operation of each path that one of `METHODS` names: the method that names fewest others counts.

    Of several paths in one method those are left out whose words speak for something else. With `verb` only
    methods count that ask with this one alone.
    """
    found: dict[str, tuple[int, int, str]] = {}
    order = list(METHODS)
    for function in functions:
        if function.name in METHODS and (not verb or _verbs_of(function) == {verb}):
            paths = _paths_in(function, constants)
            operation = METHODS[function.name]
            for path in paths:
                if len(paths) > 1 and named_so(path) not in ("", operation):
                    continue
                claim = (len(paths), order.index(function.name), operation)
                found[path] = min(found.get(path, claim), claim)
    return {path: operation for path, (_, _, operation) in found.items()}


def _paths_in(function: ast.AST, constants: Mapping[str, JsonValue]) -> list[str]:
    """The paths of routes among the constants that a function mentions: of a whole address its path."""
    known = ((name, constants.get(name)) for name in sorted(_named(function)))
    texts = (
        (name, text) for name, value in known for text in (value if isinstance(value, list) else [value])
    )
    paths = (_path_of(name, text) for name, text in texts if isinstance(text, str))
    return [path for path in dict.fromkeys(paths) if path]


def _path_of(name: str, value: str) -> str:
    """The path that a constant says, empty where it says none. What others are put behind is no route."""
    if "://" not in value:
        of_a_route = "/" in value or (_OF_A_ROUTE.search(name) and _WORD.fullmatch(value))
        return value.partition("?")[0] if of_a_route else ""
    whole = value.startswith("http") and not _BASE.search(name) and not value.endswith("/")
    return urlsplit(value).path if whole else ""


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _constants(tree: ast.Module) -> Iterator[tuple[str, JsonValue]]:
    """Names in capital letters with a literal value; in a text made of others, these are put in.

    Of a mapping (`{"linear": "v5/positions", …}`) it is the list of its texts.
    """
    known: dict[str, JsonValue] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name, value = node.targets[0].id, _valued(node.value, known)
            if isinstance(node.value, ast.Dict):
                texts = (_valued(each, known) for each in node.value.values)
                value = [text for text in texts if isinstance(text, str)] or None
            if name.isupper() and value is not None:
                known[name] = value
                yield name, value


def _valued(node: ast.expr, known: Mapping[str, JsonValue]) -> JsonValue:
    if isinstance(node, ast.JoinedStr):
        return "".join(_piece(part, known) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _valued(node.left, known), _valued(node.right, known)
        return left + right if isinstance(left, str) and isinstance(right, str) else None
    return known.get(node.id) if isinstance(node, ast.Name) else _literal(node)


def _piece(part: ast.expr, known: Mapping[str, JsonValue]) -> str:
    if isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Name):
        return str(known.get(part.value.id, "{}"))
    return str(part.value) if isinstance(part, ast.Constant) else "{}"


def _literal(node: ast.expr) -> JsonValue:
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float | bool):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _literal(node.operand)
        return -inner if isinstance(inner, int | float) else None
    return None


def _named(function: ast.AST) -> set[str]:
    """The constants that a function mentions."""
    found = {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}
    found |= {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    return {name for name in found if name.isupper()}


def _receives(function: ast.AST) -> bool:
    return any(
        isinstance(node, ast.Await)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Attribute)
        and node.value.func.attr == "receive"
        for node in ast.walk(function)
    )


class _Function:
    """One function: `roots` are the names that hold a reply, or a part of it, with that part's path.

    `given` is the argument that is the whole of it, empty where it is awaited.
    """

    def __init__(self, function: ast.AST, constants: Mapping[str, JsonValue], given: str = "") -> None:
        self._function = function
        self._constants = constants
        self._roots: dict[str, Path] = {given: ()} if given else {}
        self._gathered: set[str] = set()  # names that hold several replies
        self._nodes: list[ast.AST] = []  # but for what is done with an error
        self._looped: dict[Path, None] = {}  # what is gone through, though nothing of an item may be read

    def reading(self) -> Reading:
        for _ in range(3):  # a name may be given a part of what another holds
            for node in ast.walk(self._function):
                self._learn(node)
        erring = {id(node) for branch in self._erring() for node in ast.walk(branch)}
        self._nodes = [node for node in ast.walk(self._function) if id(node) not in erring]
        wanted = dict(self._compared())
        paths = {**dict.fromkeys(self._paths()), **self._looped}
        longest = [path for path in paths if not any(_within(path, other) for other in paths)]
        needed = self._needed()
        reads = tuple(Read(path, wanted.get(path), path not in needed) for path in longest)
        return Reading(reads, _unit(self._function))

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
        path = () if isinstance(value, ast.Await) else self._path(value) if value is not None else None
        if path is not None and isinstance(target, ast.Name):
            self._roots.setdefault(target.id, path)

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
        path = self._path(over)
        if path is not None and isinstance(target, ast.Name):
            self._roots.setdefault(target.id, (*path, step))
            self._looped[(*path, step)] = None

    def _path(self, node: ast.AST) -> Path | None:
        """The path of an expression within the reply, None where it is no part of it."""
        match node:
            case ast.Name(id=name):
                return self._roots.get(name)
            case ast.Await():
                return ()
            case ast.Attribute(value=inner, attr=attr) if attr in _TRANSPARENT:
                return self._path(inner)
            case ast.Subscript(value=inner, slice=key):
                return self._step(inner, key)
            case ast.Call(func=ast.Attribute(value=inner, attr="get"), args=[key, *_]):
                return self._step(inner, key)
            case ast.Call(func=ast.Name(id="int" | "str" | "float"), args=[inner]):
                return self._path(inner)
            case ast.Call(func=ast.Name(id="filter"), args=[_, inner]):
                return self._path(inner)
            case ast.IfExp(body=one, orelse=other) | ast.BoolOp(op=ast.Or(), values=[one, other]):
                path = self._path(one)  # `reply["list"] if isinstance(reply, dict) else reply`
                return self._path(other) if path is None else path
        return None

    def _step(self, inner: ast.AST, key: ast.expr) -> Path | None:
        before = self._path(inner)
        step = self._value(key)
        if before is None or isinstance(step, bool) or not isinstance(step, str | int):
            return None
        return (*before, step)

    def _value(self, node: ast.expr) -> JsonValue:
        if isinstance(node, ast.Attribute):
            return self._constants.get(node.attr)
        if isinstance(node, ast.Name):
            return self._constants.get(node.id)
        return _literal(node)

    def _paths(self) -> Iterator[Path]:
        for node in self._nodes:
            if isinstance(node, ast.Compare):
                yield from self._demanded(node)
            if isinstance(node, ast.Subscript | ast.Call):
                path = self._path(node)
                if path:
                    yield path
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                    whole = self._path(node.args[0])
                    if node.func.id in ("float", "int", "str") and whole == ():
                        yield ()

    def _needed(self) -> set[Path]:
        """What is subscripted, so that its absence is an error, and not looked for before."""
        nodes = [node for node in self._nodes if isinstance(node, ast.Subscript)]
        return {path for node in nodes if (path := self._path(node)) is not None} - set(self._looked_for())

    def _looked_for(self) -> Iterator[Path]:
        """The keys of which it is asked whether they are there (`"error" in reply`)."""
        for node in self._nodes:
            match node:
                case ast.Compare(left=ast.Constant(value=str() as key), ops=[ast.In()], comparators=[whole]):
                    path = self._path(whole)
                    if path is not None:
                        yield (*path, key)

    def _demanded(self, node: ast.Compare) -> Iterator[Path]:
        """A key that must not be missing (`"result" not in reply`); of an error's it is good that it is."""
        if not isinstance(node.ops[0], ast.NotIn) or not isinstance(node.left, ast.Constant):
            return
        key, path = node.left.value, self._path(node.comparators[0])
        if path is not None and isinstance(key, str) and not _BAD.search(key):
            yield (*path, key)

    def _erring(self) -> Iterator[ast.AST]:
        """Tests and branches of replies that hold an error's key: it is raised because the key is there."""
        for node in ast.walk(self._function):
            match node:
                case ast.If(ast.Compare(ast.Constant(value=str()), [ast.In()], [whole]), body):
                    if self._path(whole) is not None and _raises(body):
                        yield from (node.test, *body)
                case ast.If(ast.Compare(ast.Constant(value=str()), [ast.NotIn()], [whole]), body, other):
                    if self._path(whole) is not None and _raises(other) and not _raises(body):
                        yield from (node.test, *other)

    def _compared(self) -> Iterator[tuple[Path, JsonValue]]:
        for node in self._nodes:
            if isinstance(node, ast.Compare) and len(node.ops) == 1:
                path, value = self._path(node.left), self._hoped(node.comparators[0])
                if (
                    path
                    and value is not None
                    and isinstance(node.ops[0], ast.Eq | ast.NotEq | ast.In | ast.Is)
                ):
                    yield path, value

    def _hoped(self, node: ast.expr) -> JsonValue:
        """What a value is compared with: of several the first."""
        several = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]
        return self._value(several[0]) if several else None


def _raises(branch: Sequence[ast.stmt]) -> bool:
    return any(isinstance(node, ast.Raise) for statement in branch for node in ast.walk(statement))


def _gathers(value: ast.expr | None) -> bool:
    """Whether it awaits several replies at once."""
    match value:
        case ast.Await(value=ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name))):
            return name in ("safe_gather", "gather")
    return False


def _within(path: Path, other: Path) -> bool:
    return len(path) < len(other) and other[: len(path)] == path


def _unit(function: ast.AST) -> str:
    """The unit of a time that a function makes milliseconds of."""
    text = ast.unparse(function)
    if _ISO.search(text):
        return "iso"
    if re.search(r"\* *(1e3|1000(\.0)?|1_000)\b", text):
        return "s"
    return "ns" if re.search(r"(/ *(1e6|1000000|1_000_000)|\* *1e-0?6)\b", text) else "ms"
