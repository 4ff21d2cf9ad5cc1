"""Checksums of order books, by which clients find out that theirs went astray."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from harness.venue.dialects.decimals import plain
from harness.venue.model import Level


def interleaved(bids: Sequence[Level], asks: Sequence[Level], depth: int = 25) -> int:
    """CRC-32, signed, of the best levels of both sides in turn: `bid:amount:ask:amount:…` (OKX, Bitget)."""
    parts: list[str] = []
    for index in range(depth):
        for side in (bids, asks):
            if index < len(side):
                parts += [plain(side[index].price), plain(side[index].amount)]
    value = zlib.crc32(":".join(parts).encode())
    return value - (1 << 32) if value >= 1 << 31 else value
