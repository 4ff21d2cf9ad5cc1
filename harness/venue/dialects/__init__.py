"""One module an exchange: its REST and WebSocket wire format over the venue. Described ones are found too."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from functools import cache

from harness.errors import UserError
from harness.venue.dialects.base import Dialect


@cache
def _all() -> dict[str, type[Dialect]]:
    from harness.venue.described import shipped_dialects  # stands on this package's modules

    found: dict[str, type[Dialect]] = {**shipped_dialects()}
    for module in pkgutil.iter_modules(__path__):
        for value in vars(importlib.import_module(f"{__name__}.{module.name}")).values():
            named = isinstance(value, type) and issubclass(value, Dialect) and "name" in vars(value)
            if named and value.name == module.name:
                found[module.name] = value
    return found


def known() -> tuple[str, ...]:
    """Names of the dialects there are, sorted."""
    return tuple(sorted(_all()))


def spoken_by(framework: str) -> tuple[str, ...]:
    """Names of those that connectors of this framework generation speak, sorted."""
    return tuple(name for name in known() if dialect(name).framework == framework)


def connector_of(name: str) -> str:
    """The connector that speaks the dialect of that name."""
    return dialect(name).connector or name


def dialect_of(connector: str, framework: str) -> str | None:
    """The dialect that a connector speaks in a framework generation, None where it is not simulated."""
    return next((name for name in spoken_by(framework) if connector_of(name) == connector), None)


def dialect(name: str) -> type[Dialect]:
    """The dialect class of that name; raises `UserError` when there is none."""
    found = _all().get(name)
    if found is None:
        close = difflib.get_close_matches(name, known(), 1)
        meant = f"did you mean {close[0]!r}? " if close else ""
        raise UserError(f"there is no dialect {name!r}", hint=f"{meant}known: {', '.join(known())}")
    return found
