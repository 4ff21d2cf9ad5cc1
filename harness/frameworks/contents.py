"""Which imports the packages in a folder bring, read off their lists of files. Nothing of them runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from packaging.utils import canonicalize_name

_CODE = (".py", ".so", ".pyd")


def brought_by(*folders: Path) -> Mapping[str, frozenset[str]]:
    """For each top-level module in these folders the distributions that installed it."""
    found: dict[str, set[str]] = {}
    for distribution in distributions(path=[str(folder) for folder in folders]):
        name = canonicalize_name(distribution.metadata["Name"] or "")
        for module in _modules(distribution):
            found.setdefault(module, set()).add(name)
    return MappingProxyType({module: frozenset(names) for module, names in found.items()})


def _modules(distribution: Distribution) -> Iterator[str]:
    """From what was unpacked: a `top_level.txt` may be missing, and may be wrong."""
    for file in distribution.files or ():
        path = PurePosixPath(str(file))
        top = path.parts[0] if len(path.parts) > 1 else path.name.split(".")[0]
        if path.suffix in _CODE and top.isidentifier():
            yield top
