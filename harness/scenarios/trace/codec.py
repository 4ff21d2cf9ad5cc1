"""Entries of a trace as JSON and back, equal. Every text is redacted on the way in."""

from __future__ import annotations

from typing import Any, cast

from pydantic import JsonValue, TypeAdapter

from harness.gateway import codec as wire
from harness.gateway.codec import Redact, kind_of, redacted_json
from harness.gateway.entries import Entry as WireEntry
from harness.scenarios.trace import model
from harness.scenarios.trace.model import Entry

_OTHERS: dict[str, type[Any]] = {
    kind.__name__.lower(): kind
    for kind in (
        model.Began, model.Asked, model.FaultBegan, model.FaultEnded, model.Happened, model.Logged,
        model.Printed, model.Sampled, model.Ordered, model.Filled, model.Posted, model.Leaked,
        model.LoggedSecret, model.Meddled, model.Overflowed, model.Noted, model.Ended, model.Cut,
    )
}  # fmt: skip
KINDS = (*wire.KINDS, *_OTHERS)
_ADAPTERS: dict[str, TypeAdapter[Any]] = {}


def _adapter(kind: str) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(_OTHERS[kind])
    return _ADAPTERS[kind]


def written(entry: Entry, redact: Redact) -> dict[str, JsonValue]:
    """An entry as JSON, redacted."""
    kind = kind_of(entry)
    if kind in wire.KINDS:
        return wire.written(cast(WireEntry, entry), redact)
    dumped = _adapter(kind).dump_python(entry, mode="json")
    return {"entry": kind, **{name: redacted_json(value, redact) for name, value in dumped.items()}}


def read(plain: dict[str, Any]) -> Entry:
    """The entry that was written so. Raises ValueError or TypeError where it is none."""
    kind = plain.get("entry")
    if kind in wire.KINDS:
        return wire.read(plain)
    if kind not in _OTHERS:
        raise ValueError(f"{kind!r} is no kind of entry")
    other: Entry = _adapter(kind).validate_python({key: plain[key] for key in plain if key != "entry"})
    return other
