from __future__ import annotations

from tests.sandbox.fixtures import backend, gateway

__all__ = ["backend", "gateway"]
