"""Kraken spot: REST with a nonce in the body, WebSockets of version 1 (Hummingbot) and 2 (ccxt)."""

from harness.venue.dialects.kraken.exchange import Kraken

__all__ = ["Kraken"]
