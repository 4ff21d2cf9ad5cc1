"""What our driver never says: signs that the code under test spoke in its place."""

from __future__ import annotations

import threading

from harness.text import one_line

MOST = 20  # kept; the rest is counted
MAX_SHOWN = 160


class Irregularities:
    """A list that any thread may add to. The pipe is ours, so all of it is observed, not claimed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: list[str] = []
        self._kinds: set[str] = set()
        self._left_out = 0

    def note(self, what: str, said: bytes = b"") -> None:
        """`what` was wrong, with the beginning of what was `said`."""
        shown = one_line(said[:MAX_SHOWN].decode("utf-8", "replace"), MAX_SHOWN)
        with self._lock:
            new = what not in self._kinds and len(self._kinds) < MOST
            if len(self._kept) < MOST or new:  # a flood of one kind hides none of another
                self._kinds.add(what)
                self._kept.append(f"{what}: {shown}" if shown else what)
            else:
                self._left_out += 1

    def all(self) -> tuple[str, ...]:
        """Oldest first."""
        with self._lock:
            more = (f"and {self._left_out} more",) if self._left_out else ()
            return (*self._kept, *more)
