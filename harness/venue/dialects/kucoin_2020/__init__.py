"""KuCoin as it was in 2020, for connectors of that year."""

from harness.venue.dialects.kucoin_2020.exchange import Kucoin2020

__all__ = ["Kucoin2020"]
