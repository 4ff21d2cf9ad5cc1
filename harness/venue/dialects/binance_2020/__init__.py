"""Binance as it was in 2020, for connectors of that year."""

from harness.venue.dialects.binance_2020.exchange import Binance2020

__all__ = ["Binance2020"]
