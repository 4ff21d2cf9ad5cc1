"""What a framework generation looks like and needs: the words that every generation's module uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.frameworks.declaration import Declaration, Read

HERE = Path(__file__).resolve().parent
Version = tuple[int, ...]


@dataclass(frozen=True)
class RequiredFile:
    """A file that a connector has to bring: what for, and the paths of which one will do, usual one first."""

    purpose: str
    any_of: tuple[str, ...]


def required_in(folder: str, *wanted: tuple[str, tuple[str, ...]]) -> tuple[RequiredFile, ...]:
    """Files of a folder, each by what it is for and the names of which one will do."""
    return tuple(
        RequiredFile(purpose, tuple(f"{folder}/{file}" for file in files)) for purpose, files in wanted
    )


@dataclass(frozen=True)
class Compilation:
    """How the tree's Cython modules are built. `folder` is the package that holds all of them."""

    folder: str
    language_level: int
    directives: Mapping[str, bool] = field(default_factory=dict)
    arguments: tuple[str, ...] = ("-std=c++11", "-O0", "-g0")


@dataclass(frozen=True)
class EnvironmentSpec:
    """What trees of a generation run with.

    Any Python from `python_from` to `python_to` (two numbers: any patch of it) can be driven. `declared`
    reads off a tree which of them, and which packages, it wants itself; `directives` which of Cython's it
    sets. `tools` are packages that we need to build and test it, in any version that goes with the rest;
    `advised` are bounds that hold where nothing declared contradicts them. `folders` of a tree are what is
    run, its tests among them (for `unit_test_seconds` at most); `folder` is the one that its compiled modules
    lie in. A connector's tests that have to run without keys are those whose names go on with
    `keyless_tests`, and `test_environment` tells them that there are none.
    """

    python_from: Version
    python_to: Version
    declared: Callable[[Read], Declaration]
    directives: Callable[[Read], Mapping[str, bool]]
    folder: str = "hummingbot"
    folders: tuple[str, ...] = ("hummingbot", "test")
    language_level: int = 3
    unit_test_seconds: int = 600
    keyless_tests: str = ""
    test_environment: Mapping[str, str] = field(default_factory=dict)
    tools: tuple[str, ...] = (
        "cython", "numpy", "setuptools", "wheel", "coverage", "pytest", "pytest-asyncio", "pytest-timeout",
    )  # fmt: skip

    # aioresponses, which connectors' tests use, does not know aiohttp 3.14: upstream's setup/environment.yml
    # says so at 2bfaccc4, and its setup.py, which is all that a release has, forgets it.
    advised: tuple[str, ...] = ("aiohttp<3.14",)

    def fits(self, version: Version) -> bool:
        return self.python_from <= version and version[: len(self.python_to)] <= self.python_to

    def compilation(self, read: Read) -> Compilation:
        return Compilation(self.folder, self.language_level, self.directives(read))
