"""Recordings that one client of ours asks for."""

from __future__ import annotations

from pathlib import Path

import zstandard

from harness.clock import ScaledClock
from harness.recordings.far_end import Way
from harness.recordings.keys import Keys
from harness.recordings.recording import Recording, load
from harness.recordings.session import Blind, record
from harness.venue.dialects.base import Dialect
from tests.recordings.asker import Asker, Work
from tests.recordings.far import bitstamp

BOOK = '{"event":"bts:subscribe","data":{"channel":"diff_order_book_btcusdt"}}'
SAYS = '{{"event":"bts:subscribe","data":{{"channel":"{}"}}}}'
REAL = Keys("Kq7wT3nPz9RbXe2LmVc5", "Sg8hYd4JfUa6ZoQi1CvN0xWtEpMr3BkD")


def recorded(
    path: Path, work: Work, where: Way, real: Keys | None, kind: type[Dialect] | None = None
) -> tuple[Recording, Asker, tuple[str, ...]]:
    """A recording of bitstamp that one client of ours asked for; the client; what was noted."""
    clock, askers = ScaledClock(), list[Asker]()

    def clients(blind: Blind) -> list[Asker]:
        askers.append(Asker(work, blind.credentials))
        return askers

    notes = record(
        path, Blind.of(kind or bitstamp(), clock), clients, pair="BTC-USDT", seconds=1, way=where, real=real,
        clock=clock,
    )  # fmt: skip
    return load(path), askers[0], notes


def plain(path: Path) -> str:
    with path.open("rb") as file:
        return zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True).read().decode()
