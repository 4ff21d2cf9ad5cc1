"""What the gateway wrote down as JSON and back, equal. Every text is redacted on the way in."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any

from pydantic import JsonValue

from harness.gateway import entries as wire
from harness.gateway.entries import Entry

Redact = Callable[[str], str]
KINDS: dict[str, type[Any]] = {
    kind.__name__.lower(): kind
    for kind in (
        wire.Exchange, wire.Frame, wire.Socket, wire.RejectedConnection, wire.Lookup, wire.Handshake,
        wire.Trouble,
    )
}  # fmt: skip
_PAIRS = frozenset({"headers", "reply_headers"})
_BYTES = frozenset({"body", "reply", "first_bytes", "hello"})
_BASE64 = "base64"  # the one key of an object that stands for bytes which are no text


def kind_of(entry: object) -> str:
    """The word that an entry of this kind has in a file."""
    return type(entry).__name__.lower()


def written(entry: Entry, redact: Redact) -> dict[str, JsonValue]:
    """An entry as JSON, redacted: what differs from the fields' defaults."""
    found: dict[str, JsonValue] = {"entry": kind_of(entry)}
    for each in fields(entry):
        value = getattr(entry, each.name)
        if each.default is not MISSING and value == each.default:
            continue
        found[each.name] = _bytes(value, redact) if each.name in _BYTES else redacted_json(value, redact)
    return found


def read(plain: dict[str, Any]) -> Entry:
    """The entry that was written so. Raises ValueError, TypeError or KeyError where it is none."""
    given = {name: _field(name, value) for name, value in plain.items() if name != "entry"}
    entry: Entry = KINDS[plain["entry"]](**given)
    return entry


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
