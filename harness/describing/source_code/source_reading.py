"""Which keys of a reply a connector's source reads: by its text, for replies that no test shows. Pure.

A function that names a route's path and subscripts what it awaited (`response["data"]["serverTime"]`,
`reply.get("token")`) says where in that route's reply the value stands; one that compares it with a literal
says which value it hopes for.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from pydantic import JsonValue

from harness.describing.documents.leaves import Path
from harness.describing.source_code.account_messages import account_messages
from harness.describing.source_code.asked_through import Through
from harness.describing.source_code.asking_words import counted_in, keys_said, words_said
from harness.describing.source_code.function_reading import OPENING, Function
from harness.describing.source_code.market_filters import held_in
from harness.describing.source_code.operation_words import named_so
from harness.describing.source_code.queued_messages import demanded_in, queued_in
from harness.describing.source_code.session_reading import headers_in
from harness.describing.source_code.source import ROW, Asking, Read, Reading, Source, both, goes_on
from harness.describing.source_code.source_books import books_read
from harness.describing.source_code.source_constants import constants_in, paths_in, positions_in, valued
from harness.describing.source_code.states import STATES
from harness.frameworks.syntax import parse
from harness.venue.described.placeholders import AS_JSON

# Methods that connectors fill in, and which operation what they ask for is (hummingbot/connector:
# exchange_py_base.py, perpetual_derivative_py_base.py, order_book_tracker_data_source.py, and the names that
# nearly all connectors give to what these do not prescribe).
METHODS: Mapping[str, str] = {
    "_request_order_book_snapshot": "order_book",
    "_order_book_snapshot": "order_book",
    "_place_order": "place_order",
    "_place_cancel": "cancel_order",
    "_request_order_status": "order_status",
    "_all_trade_updates_for_order": "order_trades",
    "_update_order_fills_from_trades": "order_trades",
    "_update_balances": "balances",
    "_get_last_traded_price": "ticker",
    "_update_trading_fees": "fees",
    "_get_listen_key": "user_stream_open",
    "_get_listening_key": "user_stream_open",
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
    "_make_network_check_request": "ping",
}
_VERBS = ("GET", "POST", "PUT", "DELETE")
# Methods that are given the reply about the markets: as an argument, the first but for the instance.
_GIVEN = ("_initialize_trading_pair_symbols_from_exchange_info", "_format_trading_rules")
# Functions that tell whether a market can be traded: given one of the rows.
_FILTERS = re.compile(
    r"^_?is_\w*(exchange_information|instrument|market|pair|symbol|rule)\w*"
    r"(valid|active|enabled|open|tradable)$"
)
# The framework's function for a pair's name (hummingbot/connector/utils.py), and where others' are split.
_COMBINES = "combine_to_hb_trading_pair"
_SEPARATORS = ("-", "_", "/")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_Definition = ast.FunctionDef | ast.AsyncFunctionDef


def read_source(texts: Iterable[str]) -> Source:
    """From the texts of a connector's modules; what is no Python is left out."""
    trees = [tree for text in texts if (tree := _parsed(text)) is not None]
    constants = dict(pair for tree in trees for pair in constants_in(tree))
    routes: dict[str, Reading] = {}
    received: list[Reading] = []
    told: dict[str, Reading] = {}
    asking: list[Asking] = []
    functions = [each for tree in trees for each in ast.walk(tree) if isinstance(each, _FUNCTIONS)]
    opening = _opening_in(functions, constants)
    through = Through(functions, constants, METHODS)
    for function in functions:
        reading = Function(function, constants, opening=opening).reading()
        if not reading.reads:
            reading = _read_elsewhere(function, functions, constants)
        reading = _with_parts_read_elsewhere(reading, function, functions, constants)
        reading = replace(reading, headers=headers_in(function))
        paths = paths_in(function, constants)
        if function.name in METHODS or paths:
            operation, words = METHODS.get(function.name, ""), words_said(function, constants)
            asking.append(Asking(operation, frozenset(paths), words, reading, keys_said(function, constants)))
        if not reading.reads and not reading.headers:
            continue
        if _receives(function) and function.name in METHODS:
            told[METHODS[function.name]] = reading
        elif _receives(function):
            received.append(reading)
        for path in paths:
            routes[path] = _with_more(routes[path], reading) if path in routes else reading
        path, part = ("", ()) if paths else through.of(function)
        if path:
            reads = tuple(replace(each, path=(*part, *each.path)) for each in reading.reads)
            reading = replace(reading, reads=reads)
            routes[path] = both(reading, routes[path]) if path in routes else reading
    states = dict(pair for tree in trees for pair in _states_in(tree, constants))
    verbs = _verbs_in(functions, constants)
    asked = {verb: _asked_in(functions, constants, through, verb) for verb in ("", *_VERBS)}
    return Source(
        routes,
        tuple(received),
        asked.pop(""),
        {verb: known for verb, known in asked.items() if known},
        states,
        verbs,
        markets=_markets_in(functions, constants),
        told=told,
        positions=tuple(names for tree in trees for names in positions_in(tree)),
        queued=queued_in(functions, constants),
        demanded=demanded_in(functions, constants),
        asking=tuple(asking),
        whole_books=_whole_books(functions),
        counted=frozenset(key for tree in trees for key in counted_in(tree)),
        messages=tuple(account_messages(functions, constants, states, opening)),
        between=_between_assets(functions),
        books=tuple(books_read(functions, constants)),
    )


def _with_more(reading: Reading, other: Reading) -> Reading:
    """What two functions read of one reply, where both read it as a list of rows; else the first's."""
    starts = {each.path[:1] for each in (*reading.reads, *other.reads)}
    return both(reading, other) if starts <= {(ROW,), (0,)} else reading


def _whole_books(functions: Iterable[_Definition]) -> bool:
    """Whether messages of books go to the queue of whole ones, and none to that of changes."""
    named = {node.attr for each in functions for node in ast.walk(each) if isinstance(node, ast.Attribute)}
    return "_snapshot_messages_queue_key" in named and "_diff_messages_queue_key" not in named


def _opening_in(functions: Sequence[_Definition], constants: Mapping[str, JsonValue]) -> dict[str, Path]:
    """The functions that give back a part of their only argument, say the JSON in a text of it."""
    found = dict(OPENING)
    for _ in range(2):  # one may call another
        for function in functions:
            given = [each.arg for each in function.args.args if each.arg not in ("self", "cls")]
            if len(given) == 1:
                path = Function(function, constants, opening=found).given_back(given[0])
                if path and AS_JSON in path:
                    found[function.name] = path
    return found


def _read_elsewhere(
    function: _Definition, functions: Sequence[_Definition], constants: Mapping[str, JsonValue]
) -> Reading:
    """What a function reads that is handed the reply by one that reads nothing of it itself."""
    for name, argument, path in Function(function, constants).handed_on():
        reading = _read_by(name, argument, functions, constants) if path == () else Reading(())
        if reading.reads:
            return reading
    return Reading(())


def _read_by(
    name: str, argument: int | str, functions: Sequence[_Definition], constants: Mapping[str, JsonValue]
) -> Reading:
    """What the function of this name reads of one of its arguments."""
    for other in functions:
        names = [each.arg for each in other.args.args if each.arg not in ("self", "cls")]
        given = names[argument] if isinstance(argument, int) and argument < len(names) else argument
        if other.name == name and given in names:
            reading = Function(other, constants, str(given)).reading()
            if reading.reads:
                return reading
    return Reading(())


def _with_parts_read_elsewhere(
    reading: Reading,
    function: _Definition,
    functions: Sequence[_Definition],
    constants: Mapping[str, JsonValue],
) -> Reading:
    """The same with what is read of rows, and of other parts, by the functions that they are handed to."""
    reads = {each.path: each for each in reading.reads}
    for name, argument, path in Function(function, constants).handed_on() if reads else ():
        more = _read_by(name, argument, functions, constants).reads if path in reads else ()
        reads |= {(*path, *each.path): replace(each, path=(*path, *each.path)) for each in more}
        if more:
            reads.pop(path, None)
    return replace(reading, reads=tuple(reads.values()))


def _between_assets(functions: Iterable[_Definition]) -> str:
    """What stands between both assets in a market's name, where it is split there to make Hummingbot's of it;
    empty where nothing or several things do.
    """
    found: set[str] = set()
    for function in functions:
        calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
        if any(isinstance(each.func, ast.Name) and each.func.id == _COMBINES for each in calls):
            for each in calls:
                match each:
                    case ast.Call(func=ast.Attribute(attr="split"), args=[ast.Constant(value=str() as text)]):
                        found |= {text} if text in _SEPARATORS else set()
    return found.pop() if len(found) == 1 else ""


def _markets_in(functions: Sequence[_Definition], constants: Mapping[str, JsonValue]) -> Reading | None:
    """What the methods of `_GIVEN` read, together, and what is asked of a row by those of `_FILTERS`."""
    reads: dict[Path, Read] = {}
    for function in functions:
        if function.name in _GIVEN and len(function.args.args) > 1:
            reading = Function(function, constants, function.args.args[1].arg).reading()
            for each in reading.reads:
                reads.setdefault(each.path, each)
    row: Path = next((path[: path.index(ROW) + 1] for path in reads if ROW in path), ())
    for function in functions if row else ():
        if _FILTERS.match(function.name) and function.args.args:
            reader = Function(function, constants, function.args.args[0].arg)
            read = {each.path: each for each in reader.reading().reads}
            read |= {path: Read(path, value) for path, value in held_in(function, reader)}
            for path, each in read.items():
                reads.setdefault((*row, *path), replace(each, path=(*row, *path)))
    longest = [path for path in reads if not any(goes_on(path, other) for other in reads)]
    return Reading(tuple(reads[path] for path in longest)) if longest else None


def _verbs_in(functions: Iterable[_Definition], constants: Mapping[str, JsonValue]) -> dict[str, str]:
    """The method of each path whose functions ask in one way only (`self._api_post`, `RESTMethod.POST`)."""
    found: dict[str, set[str]] = {}
    for function in functions:
        for path in paths_in(function, constants):
            found.setdefault(path, set()).update(_verbs_of(function))
    return {path: verbs.pop() for path, verbs in found.items() if len(verbs) == 1}


def _verbs_of(function: ast.AST) -> set[str]:
    attributes = {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}
    return {verb for verb in _VERBS if verb in attributes or f"_api_{verb.lower()}" in attributes}


def _verb_of(function: _Definition) -> str:
    """The only way in which a method asks; the framework itself asks for what a `…_request_path` names."""
    verbs = {"GET"} if function.name.endswith("_request_path") else _verbs_of(function)
    return verbs.pop() if len(verbs) == 1 else ""


def _states_in(tree: ast.Module, constants: Mapping[str, JsonValue]) -> Iterator[tuple[str, str]]:
    """The entries of tables whose values are `OrderState.…`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                word = valued(key, constants) if key is not None else None
                match value:
                    case ast.Attribute(value=ast.Name(id="OrderState"), attr=state) if state in STATES:
                        if isinstance(word, str | int) and not isinstance(word, bool):
                            yield str(word), STATES[state]


def _asked_in(
    functions: Sequence[_Definition], constants: Mapping[str, JsonValue], through: Through, verb: str = ""
) -> dict[str, str]:
    """The operation of each path that one of `METHODS` names: the method that names fewest others counts, of
    those the one that the path's own words speak for.

    Of several paths in one method those are left out whose words speak for something else. With `verb` only
    methods count that ask with this one alone.
    """
    found: dict[str, tuple[int, bool, int, str]] = {}
    order = list(METHODS)
    for function in functions:
        if function.name in METHODS and (not verb or verb == _verb_of(function)):
            path = "" if verb else through.of(function)[0]
            paths = paths_in(function, constants) or [each for each in (path,) if each]
            operation = METHODS[function.name]
            for path in paths:
                if len(paths) > 1 and named_so(path) not in ("", operation):
                    continue
                other = named_so(path) not in (operation, "ping")
                claim = (len(paths), other, order.index(function.name), operation)
                found[path] = min(found.get(path, claim), claim)
    return {path: operation for path, (*_, operation) in found.items()}


def _parsed(text: str) -> ast.Module | None:
    return parse(text, cython=False).tree


def _receives(function: ast.AST) -> bool:
    return any(
        isinstance(node, ast.Await)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Attribute)
        and node.value.func.attr == "receive"
        for node in ast.walk(function)
    )
