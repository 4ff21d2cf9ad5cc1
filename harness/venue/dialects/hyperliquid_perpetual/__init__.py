"""Hyperliquid's perpetuals."""

from harness.venue.dialects.hyperliquid_perpetual.exchange import HyperliquidPerpetual

__all__ = ["HyperliquidPerpetual"]
