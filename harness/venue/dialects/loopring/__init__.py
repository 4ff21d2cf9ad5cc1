"""Loopring as it was in 2020: REST and WebSocket v2, orders signed with Poseidon and EdDSA."""

from harness.venue.dialects.loopring.exchange import Loopring

__all__ = ["Loopring"]
