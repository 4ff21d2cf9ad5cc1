"""Whether the driver, and what it works with, is still what it was before the code under test came in.

Taken in the process that the fork shares, so what it says is a claim: only the careless are caught.
"""

import importlib
import sys
from typing import Any, Dict, List, Tuple

# What the driver speaks and keeps time with. Each is used by honest connectors, and replaced by none.
USED = (
    ("json", "dumps loads JSONEncoder JSONDecoder"),
    ("os", "write read fork kill waitpid _exit dup dup2"),
    ("time", "time time_ns monotonic monotonic_ns perf_counter sleep"),
    ("selectors", "DefaultSelector"),
    ("socket", "socket"),
    ("asyncio", "run open_connection ensure_future"),
    ("logging", "getLogger Handler LogRecord"),
)
MAX_TOLD = 50


class Seal:
    """Remembers functions by identity and by their code. `broken()` names those that are others now."""

    def __init__(self) -> None:
        self._kept = _everything()

    def broken(self) -> List[str]:
        now = _everything()
        return [name for name in sorted(self._kept) if not _same(self._kept[name], now.get(name))][:MAX_TOLD]


def shadowed(instance: Any) -> List[str]:
    """Methods of an object that were covered by something put on the object itself."""
    kind = type(instance)
    return ["{}.{}".format(kind.__name__, name) for name in sorted(vars(instance)) if hasattr(kind, name)]


def _everything() -> Dict[str, Tuple[Any, Any]]:
    found: Dict[str, Tuple[Any, Any]] = {}
    for name, attributes in USED:
        module = importlib.import_module(name)
        for attribute in attributes.split():
            _keep(found, "{}.{}".format(name, attribute), getattr(module, attribute, None))
    package = __name__.rpartition(".")[0]
    for name in [name for name in sys.modules if name == "__main__" or name.startswith(package + ".")]:
        for attribute, value in list(vars(sys.modules[name]).items()):
            if callable(value):
                _keep(found, "driver {}.{}".format(name.rpartition(".")[2], attribute), value)
    return found


def _keep(found: Dict[str, Tuple[Any, Any]], name: str, value: Any) -> None:
    found[name] = (value, getattr(value, "__code__", None))
    if isinstance(value, type) and name.startswith("driver "):
        for attribute, method in list(vars(value).items()):
            if callable(method):
                found["{}.{}".format(name, attribute)] = (method, getattr(method, "__code__", None))


def _same(before: Tuple[Any, Any], after: Any) -> bool:
    return after is not None and before[0] is after[0] and before[1] is after[1]
