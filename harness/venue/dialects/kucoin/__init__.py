"""KuCoin spot, classic account: REST, and streams behind a token."""

from harness.venue.dialects.kucoin.exchange import Kucoin

__all__ = ["Kucoin"]
