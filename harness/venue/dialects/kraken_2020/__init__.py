"""Kraken as it was in 2020, for connectors of that year."""

from harness.venue.dialects.kraken_2020.exchange import Kraken2020

__all__ = ["Kraken2020"]
