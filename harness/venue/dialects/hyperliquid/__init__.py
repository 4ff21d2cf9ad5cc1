"""Hyperliquid: actions signed by a wallet, questions asked by anybody."""

from harness.venue.dialects.hyperliquid.exchange import Hyperliquid

__all__ = ["Hyperliquid"]
