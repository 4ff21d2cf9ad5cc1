"""One adapter a framework generation: the same commands, whatever the framework's own words for them are."""

from typing import Any, Dict, Tuple

GENERATIONS: Dict[str, str] = {"v2": "v2", "v1": "v1", "v0": "v0"}


def load(generation: str) -> Any:
    """The adapter of a generation, made but not yet importing the framework."""
    import importlib

    if generation not in GENERATIONS:
        raise ValueError("no adapter for generation {!r}".format(generation))
    module = importlib.import_module("{}.{}".format(__name__, GENERATIONS[generation]))
    return module.Adapter()


def known() -> Tuple[str, ...]:
    return tuple(GENERATIONS)
