"""A document's leaves, each changed alone, and what was made of it as flat attributes."""

import contextlib
import copy
import re
from decimal import Decimal
from typing import Any, Iterator, Tuple

from . import wire


def plain(value: Any) -> Any:
    """JSON's own types; an object of the framework's as its public attributes."""
    if isinstance(value, (list, tuple)) and not hasattr(value, "_asdict"):
        return [plain(item) for item in value]
    names = getattr(value, "__dict__", None)
    if names and type(value).__module__.startswith("hummingbot.") and not hasattr(value, "name"):
        return {name: wire.plain(item) for name, item in names.items() if not name.startswith("_")}
    return wire.plain(value)


def leaves(value: Any, path: Tuple[Any, ...]) -> Iterator[Tuple[Tuple[Any, ...], Any]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from leaves(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path, value


def another(leaf: Any) -> Any:
    """Another value of the same kind: a number stays of its size, a word becomes one nobody knows."""
    if isinstance(leaf, bool):
        return not leaf
    if isinstance(leaf, (int, float)):
        return leaf + 1 if leaf else 7
    if isinstance(leaf, str):
        with contextlib.suppress(Exception):
            number = Decimal(leaf)
            if number.is_finite():
                return str(number + 1) if number else "7"
        amount = re.match(r"(\d+(?:\.\d+)?)( ?[A-Za-z]+)\Z", leaf)  # with its unit: `20.0 USD`
        return str(Decimal(amount.group(1)) + 1) + amount.group(2) if amount else "Q" + leaf
    return "Q"


def with_leaf(document: Any, path: Tuple[Any, ...], leaf: Any) -> Any:
    if not path:
        return leaf
    whole = copy.deepcopy(document)
    place = whole
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = leaf
    return whole


def flat(value: Any, name: str) -> Iterator[Tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from flat(item, "{}.{}".format(name, key) if name else str(key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from flat(item, "{}[{}]".format(name, index))
    else:
        yield name, value
