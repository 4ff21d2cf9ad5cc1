"""What `harness doctor` finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing the harness needs. `remedy` is a command, empty where nothing is missing.

    `backend`: whether this is a sandbox, of which one that works is enough.
    """

    what: str
    state: str
    remedy: str = ""
    backend: bool = False

    @property
    def ok(self) -> bool:
        return not self.remedy
