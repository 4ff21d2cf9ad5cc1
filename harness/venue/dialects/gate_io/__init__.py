"""Gate spot, API v4: REST and streams at one host, each private channel signed by itself."""

from harness.venue.dialects.gate_io.exchange import GateIo

__all__ = ["GateIo"]
