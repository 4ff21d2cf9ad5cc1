"""On which exchanges every test of a dialect is run."""

from __future__ import annotations

from harness.venue.described import shipped_dialects
from harness.venue.dialects import spoken_by

# Descriptions that take the place of a written dialect; the others are tested by `test_measured.py`.
LIKE_WRITTEN = ("bitget", "bitstamp", "gate_io")
DESCRIBED = tuple(name for name in shipped_dialects() if name not in LIKE_WRITTEN)
NAMES = tuple(name for name in spoken_by("v2") if name not in DESCRIBED)
