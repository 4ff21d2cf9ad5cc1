"""A trace in a terminal: a line an entry, and how two traces of one scenario differ."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from harness.gateway import entries as wire
from harness.gateway.codec import kind_of
from harness.gateway.describe import describe
from harness.scenarios.trace.model import (
    Asked,
    Began,
    Cut,
    Ended,
    Entry,
    FaultBegan,
    FaultEnded,
    Filled,
    Happened,
    Leaked,
    Logged,
    LoggedSecret,
    Meddled,
    Noted,
    Ordered,
    Overflowed,
    Posted,
    Printed,
    Sampled,
    Trace,
)
from harness.text import one_line

WIDTH = 160
_WIRE = (
    wire.Exchange, wire.Frame, wire.Socket, wire.RejectedConnection, wire.Lookup, wire.Handshake, wire.Trouble
)  # fmt: skip
OFTEN = ("stream:book", "stream:trades")  # market data, shown only on demand


def lines(trace: Trace, *, market_data: bool = False) -> Iterator[str]:
    """`+12.345  kind  what`, in seconds since the trace began."""
    beginning = trace.entries[0].at if trace.entries else 0.0
    for entry in trace.entries:
        if market_data or not _is_market_data(entry):
            yield f"{entry.at - beginning:+10.3f}  {kind_of(entry):<12} {one_line(told(entry), WIDTH)}"


def differences(first: Trace, second: Trace) -> Iterator[str]:
    """What happened in one and not in the other, as kinds and operations, without times."""
    yield from difflib.unified_diff(
        list(_gist(first)), list(_gist(second)), _name(first), _name(second), lineterm="", n=2
    )


def told(entry: Entry) -> str:
    """An entry in words."""
    if isinstance(entry, _WIRE):
        return describe(entry)[0]
    words: Callable[[Any], str] = _WORDS[type(entry)]
    return words(entry)


def _said(fields: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in fields.items() if value is not None)


def _logged(entry: Logged) -> str:
    error = f" | {entry.line.error.strip().splitlines()[-1]}" if entry.line.error.strip() else ""
    return f"{entry.line.level} {entry.line.logger}: {entry.line.message}{error}"


def _leaked(entry: Leaked) -> str:
    how = " as the exchange demands" if entry.demanded else ""
    return f"{entry.secret} in the {entry.place} to {entry.host}{how}: {entry.excerpt}"


def _ordered(entry: Ordered) -> str:
    order = entry.order
    return (
        f"{order.side.value} {order.amount:f} {order.market.name} at {order.price}: "
        f"{order.status.value}, {order.filled:f} filled ({order.client_order_id})"
    )


def _filled(entry: Filled) -> str:
    fill = entry.fill
    what = f"{fill.side.value} {fill.amount:f} {fill.market.name} at {fill.price:f}"
    return f"{what}, fee {fill.fee:f} {fill.fee_asset}"


def _posted(entry: Posted) -> str:
    row = entry.row
    return f"{row.asset} {row.delta:+f} {row.bucket.value}: {row.reason.value}"


_WORDS: dict[type[Any], Callable[[Any], str]] = {
    Began: lambda e: f"an exchange opens, the connector trades {e.pair}",
    Asked: lambda e: f"{e.command}: {_said(e.arguments)}".rstrip(": "),
    FaultBegan: lambda e: f"{e.fault} of {e.operation} begins",
    FaultEnded: lambda e: f"{e.fault} of {e.operation} ends, applied {e.applied} times",
    Happened: lambda e: f"{e.event.kind}: {_said(e.event.data)}",
    Logged: _logged,
    Printed: lambda e: e.text,
    Meddled: lambda e: e.text,
    Sampled: lambda e: f"{len(e.usage.tasks)} tasks, {e.usage.sockets} sockets",
    Ended: lambda e: f"{e.how.value}: {e.why}".rstrip(": "),
    Cut: lambda e: f"left out: {_said(e.left_out)}",
    Overflowed: lambda e: f"{e.entries} entries did not fit into the record",
    Noted: lambda e: f"the scenario's notes: {e.view}",
    Leaked: _leaked,
    LoggedSecret: lambda e: f"{e.secret} in a log record of {e.logger}: {e.text}",
    Ordered: _ordered,
    Filled: _filled,
    Posted: _posted,
}


def _is_market_data(entry: Entry) -> bool:
    return isinstance(entry, wire.Frame) and entry.operation in OFTEN and entry.direction == "received"


def _gist(trace: Trace) -> Iterator[str]:
    """A line an entry, with nothing in it that another seed or another moment changes."""
    for entry in trace.entries:
        gist: Callable[[Any], str] | None = _GISTS.get(type(entry))
        if gist is not None and not _is_market_data(entry):
            yield f"{kind_of(entry)} {gist(entry)}"


_GISTS: dict[type[Any], Callable[[Any], str]] = {
    wire.Exchange: lambda e: f"{e.operation or e.path} {e.status}",
    wire.Frame: lambda e: f"{e.direction} {e.operation}" + (f" {e.status}" if e.asks else ""),
    wire.Socket: lambda e: f"{e.operation} closed by {e.closed_by} with {e.close_code}",
    Asked: lambda e: e.command,
    Happened: lambda e: e.event.kind,
    Ordered: lambda e: f"{e.order.side.value} {e.order.status.value}",
    Filled: lambda e: e.fill.side.value,
    FaultBegan: lambda e: f"{e.fault} of {e.operation}",
    Ended: lambda e: e.how.value,
}


def _name(trace: Trace) -> str:
    head = trace.header
    return f"{head.connector} {head.scenario} at {head.pace:g}x ({head.trial})"
