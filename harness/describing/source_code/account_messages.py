"""Messages of an account's stream, by what the connector's source makes of them. Pure.

The framework hands each message to `_user_stream_event_listener` (hummingbot/connector/exchange_py_base.py).
It tells them apart by what stands in them (`message["channel"] == "orders"`), and makes orders' updates,
fills and balances of the rest, or hands it to another method that does.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from harness.describing.documents.leaves import Path, name_of
from harness.describing.documents.names import fact_named, facts_named
from harness.describing.source_code.becoming import OF_THE_ORDER
from harness.describing.source_code.function_reading import Function
from harness.describing.source_code.source import KEYED, Message, Read, Reading, goes_on

_LISTENER = "_user_stream_event_listener"
_QUEUE = "_iter_user_event_queue"
_DEPTH = 4  # methods that hand a message on to one another
# Of these in all, and leaves of one message: a fork may have any number of methods, each of which calls all.
_MOST_METHODS = 200
_MOST_LEAVES = 400
_KIND = re.compile(r"chan|topic|event|stream|method|table|subject|^(ch|arg|feed)$", re.I)
_NAMED = re.compile(rf"{_KIND.pattern}|type|^(e|op)$", re.I)
_FEE = re.compile(r"fee|commission", re.I)
_Definition = ast.FunctionDef | ast.AsyncFunctionDef
_Chosen = Mapping[Path, JsonValue]


def account_messages(
    functions: Sequence[_Definition],
    constants: Mapping[str, JsonValue],
    states: Mapping[str, str],
    opening: Mapping[str, Path],
) -> Iterator[Message]:
    """Those that tell of orders, fills, balances or positions, in the order of the source.

    `states` are the exchange's words for an order's states; `opening` as `Function` takes it.
    """
    reader = _Reader({each.name: each for each in functions}, constants, states, opening)
    for function in functions:
        given = _message_in(function) if function.name == _LISTENER else ""
        for part in reader.parts(function, given) if given else ():
            yield from _message(part)


def _message_in(function: _Definition) -> str:
    """The name of the message in the listener, empty where it does not go through the queue."""
    for node in ast.walk(function):
        match node:
            case ast.AsyncFor(target=ast.Name(id=name), iter=ast.Call(func=ast.Attribute(attr=attr))) if (
                attr == _QUEUE
            ):
                return name
    return ""


@dataclass(frozen=True)
class _Part:
    """A kind of message, or a part of one: what stands where by which it is known, and what is read of it."""

    chosen: _Chosen
    reading: Reading

    def within(self, path: Path) -> _Part:
        """The message whose part at this path that one is."""
        reads = tuple(replace(each, path=(*path, *each.path)) for each in self.reading.reads)
        chosen = {(*path, *at): value for at, value in self.chosen.items()}
        return _Part(chosen, replace(self.reading, reads=reads))


class _Reader:
    def __init__(
        self,
        functions: Mapping[str, _Definition],
        constants: Mapping[str, JsonValue],
        states: Mapping[str, str],
        opening: Mapping[str, Path],
    ) -> None:
        self._functions = functions
        self._constants = constants
        self._opening = opening
        self._states = {each.lower() for each in states}
        self._left = _MOST_METHODS

    def parts(
        self, function: _Definition, given: str, callers: tuple[str, ...] = (), *, known: bool = False
    ) -> Iterator[_Part]:
        """The kinds of messages, or of parts of one, that a method is given as that argument.

        `callers` are the methods that handed it on; `known`: of what kind it is has been found out before.
        """
        chain = (*callers, function.name)
        whole = self._function(function, given)
        whole.learn()

        def of_one_kind(statements: list[ast.stmt]) -> bool:
            part = self._function(ast.Module(statements, []), given)
            readings = [part.reading(), *(each.reading for each in self._handed(part, chain, known=True))]
            return _kinds([each for one in readings for each in one.reads]) in _OF_ONE_MESSAGE

        branches = _Branches(whole, self._states, of_one_kind)
        for chosen, statements in branches.of(function.body, {}, [], known=known):
            part = self._function(ast.Module(statements, []), given)
            handed = list(self._handed(part, chain, known=known or bool(chosen)))
            reading = part.reading()
            if any(each.chosen for each in handed):  # the kinds are told apart there
                for each in handed:
                    yield _Part({**chosen, **each.chosen}, each.reading)
            else:
                for each in handed:
                    reading = _both(reading, each.reading)
            yield _Part(chosen, reading)

    def _function(self, node: ast.AST, given: str) -> Function:
        return Function(node, self._constants, given, self._opening)

    def _handed(self, part: Function, chain: tuple[str, ...], *, known: bool) -> Iterator[_Part]:
        """What other methods make of what they are given."""
        for name, argument, path in part.handed_on() if len(chain) <= _DEPTH else ():
            function = self._functions.get(name) if name not in chain else None
            given = _argument(function, argument) if function is not None else ""
            if function is not None and given and self._left:
                self._left -= 1
                for each in self.parts(function, given, chain, known=known):
                    yield each.within(path)


class _Branches:
    """The branches of a method for kinds of messages. `of_one_kind` says whether statements are for one."""

    def __init__(
        self, whole: Function, states: Collection[str], of_one_kind: Callable[[list[ast.stmt]], bool]
    ) -> None:
        self._whole = whole
        self._states = states
        self._of_one_kind = of_one_kind

    def of(
        self, body: Sequence[ast.stmt], chosen: _Chosen, before: Sequence[ast.stmt], *, known: bool
    ) -> Iterator[tuple[_Chosen, list[ast.stmt]]]:
        """What is done with each kind: (what tells that it is one, its statements).

        Once a kind is known, what is compared tells no other, but where it is named as one, or one method is
        for several things.
        """
        own = list(before)
        plain = len(own)
        for statement in body:
            if not self._chooses(statement, [*own, statement], known=known):
                own.append(statement)
                continue
            if isinstance(statement, ast.If):
                said = dict(self._said(statement.test))
                inner = known or bool(said)
                yield from self.of(statement.body, {**chosen, **said}, own, known=inner)
                yield from self.of(statement.orelse, chosen, own, known=known)
                continue
            if isinstance(statement, ast.For | ast.AsyncFor):
                loop = ast.For(statement.target, statement.iter, [ast.Pass()], [])
                own.append(ast.copy_location(loop, statement))
                plain += 1
            for part in ("body", "orelse", "finalbody"):
                yield from self.of(getattr(statement, part, ()), chosen, own, known=known)
        if len(own) > plain:
            yield chosen, own

    def _chooses(self, statement: ast.stmt, statements: list[ast.stmt], *, known: bool) -> bool:
        """Whether kinds of messages are told apart in it."""
        tests = [node.test for node in ast.walk(statement) if isinstance(node, ast.If)]
        paths = [path for test in tests for path, _ in self._said(test)]
        if not paths or not known:
            return bool(paths)
        return any(_KIND.search(name_of(path)) for path in paths) or not self._of_one_kind(statements)

    def _said(self, test: ast.expr) -> Iterator[tuple[Path, JsonValue]]:
        """What stands where in the messages that pass a test; what is a state of an order tells no kind."""
        whole = self._whole
        match test:
            case ast.BoolOp(op=ast.And(), values=values):
                for each in values:
                    yield from self._said(each)
                return
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
                path, value = whole.path(left), whole.value(right)
                if path is None:
                    path, value = whole.path(right), whole.value(left)
            case ast.Compare(
                left=left, ops=[ast.In()], comparators=[ast.Tuple() | ast.List() | ast.Set() as several]
            ):
                path, value = whole.path(left), whole.value(several.elts[0]) if several.elts else None
            case ast.Compare(left=left, ops=[ast.In()], comparators=[right]):
                path, value = whole.path(right), whole.value(left)
                path = path if path and _NAMED.search(name_of(path)) else None
            case ast.Call(func=ast.Attribute(value=inner, attr="startswith" | "endswith"), args=[left]):
                path, value = whole.path(inner), whole.value(left)
            case _:
                return
        kind = isinstance(value, str | int) and not isinstance(value, bool)
        if path and kind and str(value).lower() not in self._states:
            yield path, value


def _argument(function: _Definition, argument: int | str) -> str:
    names = [each.arg for each in function.args.args if each.arg not in ("self", "cls")]
    names += [each.arg for each in function.args.kwonlyargs]
    if isinstance(argument, str):
        return argument if argument in names else ""
    return names[argument] if argument < len(names) else ""


def _both(own: Reading, handed: Reading) -> Reading:
    """What either reads, the first before the second; the unit is that of a time that becomes something."""
    known = {each.path for each in own.reads}
    more = [each for each in handed.reads if each.path not in known][: _MOST_LEAVES - len(known)]
    timed = any(each.fact.endswith((".at", "_at")) for each in more)
    return Reading((*own.reads, *more), handed.unit if timed else own.unit)


def _message(part: _Part) -> Iterator[Message]:
    """The message, where it tells of something, and of one kind of thing.

    Leaves that become nothing are known by their names. A message about a fill that has no id, but its
    order's state, tells of the order.
    """
    reads = part.reading.reads
    facts = {each.fact.partition("|")[0] for each in reads}
    told = _kinds(reads)
    if told not in _OF_ONE_MESSAGE:
        return
    states = any(fact_named(name_of(each.path), "order") == "order.status" for each in reads)
    of_order = told == ["stream:fills"] and "fill.trade_id" not in facts and states
    operation = "stream:orders" if of_order else told[0]
    thing = operation.partition(":")[2].removesuffix("s")
    named = facts_named({each.path: (_name(each.path),) for each in reads}, thing)
    known = {path: Read(path, wanted=value) for path, value in part.chosen.items()}
    for each in reads:
        name = named[each.path]
        if of_order and each.fact.startswith("fill."):  # the sum of them, by whatever name
            fact = OF_THE_ORDER.get(each.fact, "") if each.fact != "fill.amount" else name or "order.filled"
        else:
            fact = _told(each.fact, thing) or (name if name not in facts else "")
        if fact or each.wanted is not None or not each.may_lack:
            known.setdefault(each.path, replace(each, fact=fact))
    longest = [path for path in known if not any(goes_on(path, other) for other in known)]
    if not any(KEYED in path for path in longest):  # no template has objects whose keys are anything
        read = Reading(tuple(known[path] for path in longest), part.reading.unit)
        yield Message(operation, dict(part.chosen), read)


def _kinds(reads: Iterable[Read]) -> list[str]:
    """The operations of what is read."""
    facts = {each.fact.partition("|")[0] for each in reads}
    return [name for name, known in _OPERATIONS.items() if not facts.isdisjoint(known)]


def _name(path: Path) -> str:
    """A leaf's name; what stands in a fee is its amount or its asset."""
    steps = [step for step in path if isinstance(step, str)]
    return "_".join(steps[-2:]) if len(steps) > 1 and _FEE.search(steps[-2]) else name_of(path)


def _told(fact: str, thing: str) -> str:
    """The fact as a message about that thing has it: an order's ids are the order's, a fill's the fill's."""
    if thing == "order":
        return OF_THE_ORDER[fact] if fact in ("fill.order_id", "fill.client_order_id") else fact
    known = {of_order: of_fill for of_fill, of_order in OF_THE_ORDER.items()} if thing == "fill" else {}
    return known.get(fact, fact)


_OPERATIONS: Mapping[str, frozenset[str]] = {
    "stream:orders": frozenset({"order.status"}),
    "stream:fills": frozenset({"fill.price", "fill.trade_id", "fill.amount"}),
    "stream:balances": frozenset({"balance.free", "balance.total"}),
    "stream:positions": frozenset({"position.entry_price", "position.unrealised_pnl"}),
}
_OF_ONE_MESSAGE = (["stream:orders", "stream:fills"], *([each] for each in _OPERATIONS))
