"""A thing that a connector asks its user for."""

from __future__ import annotations

from typing import Protocol


class Asked(Protocol):
    """A field of a config map, as `harness.driving.claims.ConfigField` tells of it."""

    @property
    def name(self) -> str: ...
    @property
    def prompt(self) -> str: ...
    @property
    def connect_key(self) -> bool: ...
    @property
    def required(self) -> bool: ...
    @property
    def default(self) -> str | None: ...
    @property
    def kind(self) -> str: ...
