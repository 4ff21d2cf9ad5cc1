"""Exchanges that are described as data and spoken by one dialect."""

from __future__ import annotations

from pathlib import Path

from harness.venue.described.dialect import DescribedDialect
from harness.venue.described.dialect_class import dialect_of
from harness.venue.described.loading import SHIPPED, load
from harness.venue.dialects import dialect
from harness.venue.dialects.base import Dialect

__all__ = ["DescribedDialect", "described_dialect", "dialect_or_description", "shipped_dialects"]


def described_dialect(path: Path) -> type[DescribedDialect]:
    """The dialect of the description at `path`, with its review laid over it; raises UserError."""
    return dialect_of(load(path))


def dialect_or_description(name: str) -> type[Dialect]:
    """By the name of an exchange, or by the path of a description (`….yml`); raises UserError."""
    return described_dialect(Path(name)) if name.endswith((".yml", ".yaml")) else dialect(name)


def shipped_dialects() -> dict[str, type[DescribedDialect]]:
    """Those of the descriptions that come with the harness, by the exchange's name."""
    paths = (path for path in sorted(SHIPPED.glob("*.yml")) if "." not in path.stem)
    return {made.name: made for made in map(described_dialect, paths)}
