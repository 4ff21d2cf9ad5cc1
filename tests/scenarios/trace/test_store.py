"""A trace as a file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.gateway.entries import Frame
from harness.scenarios.trace.codec import written
from harness.scenarios.trace.model import Cut, Noted
from harness.scenarios.trace.store import (
    TraceError,
    header_of,
    kept_in,
    load,
    name_of,
    packed,
    unpacked,
    write,
)
from tests.scenarios.trace.sample import ENTRIES, HEADER, TRACE


def test_a_trace_comes_back_equal(tmp_path: Path) -> None:
    path = tmp_path / "traces" / name_of(HEADER)
    write(path, packed(HEADER, ENTRIES))
    assert load(path) == TRACE
    assert header_of(path) == HEADER
    assert kept_in(path.parent) == (path,)


def test_the_name_says_what_it_is_of() -> None:
    assert name_of(HEADER) == "trade-12-first.ndjson.zst"
    other = HEADER.model_copy(
        update={"trial": "other seed", "pace": 2.5, "scenario": "../x y", "prefix": "binance"}
    )
    assert name_of(other) == "binance-.._x_y-2.5-other_seed.ndjson.zst"


def test_market_data_is_left_out_first_and_it_is_said() -> None:
    book = [
        Frame(5.0 + n, "h", 2, "connector", "received", "stream:book", "x" * 1000, number=20 + n)
        for n in range(9)
    ]
    private = Frame(15.0, "h", 2, "connector", "received", "stream:orders", "y" * 1000, number=40)
    entries = (*ENTRIES[:-1], private, *book)
    others = [entry for entry in entries if entry not in book]
    room = sum(len(json.dumps(written(entry, str))) for entry in others) + 3000
    trace = unpacked(packed(HEADER, entries, most_bytes=room))
    left = trace.of(Cut)[0].left_out
    assert 0 < left["frame"] < len(book)
    assert private in trace.entries
    assert not trace.complete


def test_a_request_over_a_websocket_is_kept_before_messages() -> None:
    order = Frame(15.0, "h", 2, "connector", "sent", "place_order", "x" * 1000, number=50)
    told = [replace(order, direction="received", operation="stream:orders", number=40 + n) for n in range(9)]
    entries = (*told, order)
    room = 2 * len(json.dumps(written(order, str)))
    kept = unpacked(packed(HEADER, entries, most_bytes=room)).wire.entries()
    assert order in kept
    assert len(kept) < len(entries)


def test_what_the_scenario_noted_is_never_left_out() -> None:
    trace = unpacked(packed(HEADER, ENTRIES[:-1], most_bytes=10))
    assert trace.of(Noted)
    assert trace.of(Cut)[0].left_out == {"exchange": 1, "frame": 3}


def test_what_is_no_trace_is_named(tmp_path: Path) -> None:
    nonsense = tmp_path / "x.ndjson.zst"
    nonsense.write_bytes(b"nonsense")
    torn = tmp_path / "y.ndjson.zst"
    torn.write_bytes(packed(HEADER, ENTRIES)[:-20])
    for path in (nonsense, torn):
        with pytest.raises(TraceError, match=str(path)):
            load(path)
    with pytest.raises(TraceError, match="cannot be read"):
        load(tmp_path / "missing")
