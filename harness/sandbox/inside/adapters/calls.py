"""How every part of an adapter calls a connector, whose methods differ in whether they are coroutines."""

import importlib
import inspect
import logging
from typing import Any, List


class Part:
    """A part of an adapter. `_connector` is the connector once it has been constructed."""

    # Where the framework keeps its order types, sides and kinds of price.
    WORDS = "hummingbot.core.data_type.common"

    def __init__(self) -> None:
        self._connector: Any = None
        self._words_lie_in = self.WORDS

    def _words(self) -> Any:
        return importlib.import_module(self._words_lie_in)


async def settled(value: Any) -> Any:
    """What a method gives, whether it is a coroutine's or a plain one."""
    return await value if inspect.isawaitable(value) else value


async def tried(method: Any, *arguments: Any) -> Any:
    """The same, or None where it raises: then one figure is missing, and the others can be told."""
    try:
        return await settled(method(*arguments))
    except Exception:
        logging.getLogger(__name__).debug("%s raised", method, exc_info=True)
        return None


def names(kinds: Any) -> List[str]:
    """Of order types or position modes; some connectors give names instead of the framework's own."""
    return [str(getattr(kind, "name", kind)) for kind in kinds or ()]
