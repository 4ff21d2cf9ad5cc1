"""Binance spot: REST, market streams, the WebSocket API and listen keys."""

from harness.venue.dialects.binance.exchange import Binance

__all__ = ["Binance"]
