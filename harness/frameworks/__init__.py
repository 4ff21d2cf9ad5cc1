"""The framework generations that submissions come in, one module each with the same names in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType, ModuleType

from harness.errors import UserError
from harness.frameworks import v0, v1, v2
from harness.frameworks.runtime import Generation

GENERATIONS: Mapping[Generation, ModuleType] = MappingProxyType({"v1": v1, "v2": v2, "v0": v0})


class UnknownGenerationError(UserError):
    """A tree that looks like no generation of the framework we know."""


def generation_of(tree_paths: Iterable[str]) -> Generation:
    """Which generation a tree is; raises UnknownGenerationError."""
    paths = frozenset(tree_paths)
    for name, module in GENERATIONS.items():
        if module.detect(paths):
            return name
    known = ", ".join(GENERATIONS)
    raise UnknownGenerationError(
        f"the tree is not a known generation of Hummingbot ({known})",
        hint="check that the repository is a fork of hummingbot/hummingbot",
    )
