"""Bybit's USDT perpetuals: API v5 of the spot dialect, category linear."""

from harness.venue.dialects.bybit_perpetual.exchange import BybitPerpetual

__all__ = ["BybitPerpetual"]
