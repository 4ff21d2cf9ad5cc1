"""What a scenario writes down of itself: typed, stored in its trace, and read back from there.

A view is a dataclass derived from `View`; its field `rig_number` is the number of the exchange that it is
about. A field of a wire type (`SeenExchange` …) is stored as the entry's number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import FrozenInstanceError, fields, is_dataclass
from types import MappingProxyType
from typing import Annotated, Any, TypeVar

from pydantic import JsonValue, PlainSerializer, PlainValidator, TypeAdapter, ValidationError, ValidationInfo

from harness.errors import HarnessError
from harness.gateway.entries import Entry, Exchange, Handshake, Requested, Socket
from harness.scenarios.trace.model import Noted, Part, Trace

T = TypeVar("T")


class NotInTraceError(HarnessError):
    """A trace has no such notes, or what they name was left out of it."""


class View:
    """`part` is the exchange that it is about, and everything that was seen there, once it was read.

    A scenario may fill it in step by step; as checks get it, read from a trace, no field can be set and no
    list or dict in it changed: what one check did would change what the next one judges. Raises
    FrozenInstanceError, TypeError or AttributeError then.
    """

    def __setattr__(self, name: str, value: object) -> None:
        self._refuse_once_read(name)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        self._refuse_once_read(name)
        super().__delattr__(name)

    def _refuse_once_read(self, name: str) -> None:
        if "_part" in self.__dict__:
            raise FrozenInstanceError(f"{type(self).__name__}.{name} cannot change: it is read from a trace")

    @property
    def part(self) -> Part:
        part = self.__dict__.get("_part")
        if not isinstance(part, Part):
            raise LookupError(f"{type(self).__name__} was not read from a trace")
        return part


def _number(entry: Entry) -> int:
    return entry.number


def _entry(number: Any, info: ValidationInfo) -> Any:
    if not isinstance(number, int):
        return number
    found = (info.context or {}).get(number)
    if found is None:
        raise ValueError(f"the trace has no entry {number}")
    return found


_AS_NUMBER = PlainSerializer(_number, return_type=int)
SeenExchange = Annotated[Exchange, PlainValidator(_entry), _AS_NUMBER]
SeenRequest = Annotated[Requested, PlainValidator(_entry), _AS_NUMBER]
SeenSocket = Annotated[Socket, PlainValidator(_entry), _AS_NUMBER]
SeenHandshake = Annotated[Handshake, PlainValidator(_entry), _AS_NUMBER]

_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def noted(view: object, at: float) -> Noted:
    """A view as an entry of a trace."""
    facts: JsonValue = _adapter(type(view)).dump_python(view, mode="json")
    return Noted(at, type(view).__name__, facts)


def view_of(trace: Trace, kind: type[T]) -> T:
    """The scenario's notes. Raises NotInTraceError."""
    notes = [each for each in trace.of(Noted) if each.view == kind.__name__]
    if not notes:
        raise NotInTraceError(f"the trace of {trace.title} has no notes of the kind {kind.__name__}")
    entries = {each.number: each for each in trace.wire.entries()}
    try:
        view: T = _adapter(kind).validate_python(notes[-1].facts, context=entries)
    except ValidationError as error:
        raise NotInTraceError(f"the notes of {trace.title} cannot be read: {str(error)[:500]}") from error
    _finish(view, trace.parts)
    return view


def _finish(value: object, parts: tuple[Part, ...]) -> object:
    """The value as checks get it: each view in it knows the exchange that it is about, and no list, set or
    dict in it can change."""
    if is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            found = getattr(value, each.name)
            finished = _finish(found, parts)
            if finished is not found:
                object.__setattr__(value, each.name, finished)
        if isinstance(value, View):
            object.__setattr__(value, "_part", parts[getattr(value, "rig_number")])  # noqa: B009 - a field
    elif isinstance(value, list | tuple):
        finished_items = [_finish(item, parts) for item in value]
        unchanged = isinstance(value, tuple) and all(
            a is b for a, b in zip(finished_items, value, strict=True)
        )
        return value if unchanged else tuple(finished_items)
    elif isinstance(value, set):
        return frozenset(value)
    elif isinstance(value, Mapping):
        return MappingProxyType({key: _finish(item, parts) for key, item in value.items()})
    return value
