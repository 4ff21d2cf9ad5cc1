"""Binance's USDⓈ-margined perpetuals."""

from harness.venue.dialects.binance_perpetual.exchange import BinancePerpetual

__all__ = ["BinancePerpetual"]
