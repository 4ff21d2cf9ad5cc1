"""What a framework generation looks like and needs: the words that every generation's module uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
Version = tuple[int, ...]


@dataclass(frozen=True)
class RequiredFile:
    """A file that a connector has to bring: what for, and the paths of which one will do, usual one first."""

    purpose: str
    any_of: tuple[str, ...]


@dataclass(frozen=True)
class Compilation:
    """How the tree's Cython modules are built. `folder` is the package that holds all of them."""

    folder: str
    language_level: int
    directives: Mapping[str, bool] = field(default_factory=dict)
    arguments: tuple[str, ...] = ("-std=c++11", "-O0", "-g0")


@dataclass(frozen=True)
class EnvironmentSpec:
    """The interpreter and the packages that a tree runs with.

    Any Python from `python_from` to `python_to` (two numbers: any patch of it) will do. `pins` is a
    requirements file with exact versions.
    """

    python_from: Version
    python_to: Version
    pins: Path
    compilation: Compilation

    def fits(self, version: Version) -> bool:
        return self.python_from <= version and version[: len(self.python_to)] <= self.python_to
