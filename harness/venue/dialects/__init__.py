"""One module an exchange: its REST and WebSocket wire format over the venue."""

from __future__ import annotations

import importlib
import pkgutil

from harness.errors import UserError
from harness.venue.dialects.base import Dialect

_NOT_DIALECTS = frozenset({"base", "rates", "signing", "listen_keys"})


def known() -> tuple[str, ...]:
    """Names of the dialects there are, sorted."""
    modules = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in modules if name not in _NOT_DIALECTS and not name.startswith("_")))


def dialect(name: str) -> type[Dialect]:
    """The dialect class of that name; raises `UserError` when there is none."""
    if name not in known():
        raise UserError(f"no dialect is called {name!r}", hint=f"known dialects: {', '.join(known())}")
    module = importlib.import_module(f"{__name__}.{name}")
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Dialect) and value.__dict__.get("name") == name:
            return value
    raise UserError(f"the module of dialect {name!r} defines no Dialect of that name")
