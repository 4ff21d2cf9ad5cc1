"""Bybit spot, API v5, unified account: signed headers, streams behind an `auth` frame."""

from harness.venue.dialects.bybit.exchange import Bybit

__all__ = ["Bybit"]
