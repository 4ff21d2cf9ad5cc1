"""Beaxy as it was in 2020: trading API v1 with its own login, public API v2, orders told in STOMP."""

from harness.venue.dialects.beaxy.exchange import Beaxy

__all__ = ["Beaxy"]
