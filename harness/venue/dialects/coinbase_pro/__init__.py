"""Coinbase Pro's API of 2020, with the feed of every order."""

from harness.venue.dialects.coinbase_pro.exchange import CoinbasePro

__all__ = ["CoinbasePro"]
