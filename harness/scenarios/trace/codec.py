"""Entries of a trace as JSON and back, equal. Every text is redacted on the way in."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any

from pydantic import JsonValue, TypeAdapter

from harness.gateway import entries as wire
from harness.scenarios.trace import model
from harness.scenarios.trace.model import Entry

Redact = Callable[[str], str]
_WIRE: dict[str, type[Any]] = {
    kind.__name__.lower(): kind
    for kind in (
        wire.Exchange, wire.Frame, wire.Socket, wire.RejectedConnection, wire.Lookup, wire.Handshake,
        wire.Trouble,
    )
}  # fmt: skip
_OTHERS: dict[str, type[Any]] = {
    kind.__name__.lower(): kind
    for kind in (
        model.Began, model.Asked, model.FaultBegan, model.FaultEnded, model.Happened, model.Logged,
        model.Printed, model.Sampled, model.Ordered, model.Filled, model.Posted, model.Leaked,
        model.LoggedSecret, model.Meddled, model.Overflowed, model.Noted, model.Ended, model.Cut,
    )
}  # fmt: skip
KINDS = (*_WIRE, *_OTHERS)
_PAIRS = frozenset({"headers", "reply_headers"})
_BYTES = frozenset({"body", "reply", "first_bytes", "hello"})
_BASE64 = "base64"  # the one key of an object that stands for bytes which are no text


_ADAPTERS: dict[str, TypeAdapter[Any]] = {}


def _adapter(kind: str) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(_OTHERS[kind])
    return _ADAPTERS[kind]


def kind_of(entry: Entry) -> str:
    """The word that an entry of this kind has in a file."""
    return type(entry).__name__.lower()


def written(entry: Entry, redact: Redact) -> dict[str, JsonValue]:
    """An entry as JSON, redacted."""
    kind = kind_of(entry)
    if kind in _WIRE:
        plain = _wire_fields(entry, redact)
    else:
        dumped = _adapter(kind).dump_python(entry, mode="json")
        plain = {name: redacted_json(value, redact) for name, value in dumped.items()}
    return {"entry": kind, **plain}


def read(plain: dict[str, Any]) -> Entry:
    """The entry that was written so. Raises ValueError or TypeError where it is none."""
    kind = plain.get("entry")
    given = {name: value for name, value in plain.items() if name != "entry"}
    if kind in _WIRE:
        entry: Entry = _WIRE[kind](**{name: _field(name, value) for name, value in given.items()})
        return entry
    if kind not in _OTHERS:
        raise ValueError(f"{kind!r} is no kind of entry")
    other: Entry = _adapter(kind).validate_python(given)
    return other


def redacted_json(value: Any, redact: Redact) -> Any:
    match value:
        case str():
            return redact(value)
        case list() | tuple():
            return [redacted_json(each, redact) for each in value]
        case dict():
            return {redact(name): redacted_json(each, redact) for name, each in value.items()}
        case _:
            return value


def _wire_fields(entry: Any, redact: Redact) -> dict[str, JsonValue]:
    """What differs from the field's default."""
    found: dict[str, JsonValue] = {}
    for each in fields(entry):
        value = getattr(entry, each.name)
        if each.default is not MISSING and value == each.default:
            continue
        found[each.name] = _bytes(value, redact) if each.name in _BYTES else redacted_json(value, redact)
    return found


def _bytes(value: bytes, redact: Redact) -> JsonValue:
    try:
        return redact(value.decode("utf-8"))
    except UnicodeDecodeError:
        text = redact(value.decode("latin-1"))
        kept = value if text == value.decode("latin-1") else text.encode("utf-8")
        return {_BASE64: base64.b64encode(kept).decode()}


def _field(name: str, value: Any) -> Any:
    if name in _BYTES:
        return base64.b64decode(value[_BASE64]) if isinstance(value, dict) else value.encode("utf-8")
    if name in _PAIRS:
        return tuple((str(key), str(text)) for key, text in value)
    if name == "closed_by":
        return wire.ClosedBy(value)
    if name == "reason":
        return wire.RejectionReason(value)
    return value
