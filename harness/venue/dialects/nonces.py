"""Numbers that a client may use only once, in ascending order."""

from __future__ import annotations

import threading
from collections.abc import Hashable


class AscendingNonces:
    """For each key the highest number taken so far. May be used from any thread."""

    def __init__(self) -> None:
        self._highest: dict[Hashable, int] = {}
        self._lock = threading.Lock()

    def take(self, key: Hashable, nonce: int) -> bool:
        """False, and nothing is taken, when it is not above the highest."""
        with self._lock:
            if nonce <= self._highest.get(key, -1):
                return False
            self._highest[key] = nonce
            return True
