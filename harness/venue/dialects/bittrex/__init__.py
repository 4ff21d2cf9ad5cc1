"""Bittrex as it was in 2020: REST v3, described, and the SignalR hub of its WebSocket API v1.1."""

from harness.venue.dialects.bittrex.exchange import Bittrex

__all__ = ["Bittrex"]
