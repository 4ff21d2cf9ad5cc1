"""Numbers that a client may use only once, in ascending order."""

from __future__ import annotations

import threading
from collections.abc import Hashable


class AscendingNonces:
    """For each key the highest numbers taken so far. May be used from any thread.

    A number may be up to `window` below the highest, for those that overtake each other, and be taken once.
    """

    def __init__(self, window: int = 0) -> None:
        self._window = window
        self._taken: dict[Hashable, set[int]] = {}
        self._lock = threading.Lock()

    def take(self, key: Hashable, nonce: int) -> bool:
        """False, and nothing is taken, when it is too low or was taken before."""
        with self._lock:
            taken = self._taken.get(key, set())
            if nonce in taken or (taken and nonce < max(taken) - self._window):
                return False
            lowest = max(taken | {nonce}) - self._window
            self._taken[key] = {number for number in taken | {nonce} if number >= lowest}
            return True
