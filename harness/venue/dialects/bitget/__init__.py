"""Bitget spot, API v2: REST, and streams for the market and the account."""

from harness.venue.dialects.bitget.exchange import Bitget

__all__ = ["Bitget"]
