"""The Pythons of this machine, and which of them a tree of the framework is run with."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from packaging.specifiers import SpecifierSet

from harness.errors import UserError
from harness.frameworks import uv
from harness.frameworks.generation import EnvironmentSpec, Version

ASK = (
    "import os, sys, sysconfig;"
    "print('.'.join(map(str, sys.version_info[:3])));"
    "print(os.path.realpath(sys.executable));"
    "print(os.path.join(sysconfig.get_path('include'), 'Python.h'))"
)
MINORS = range(7, 15)


class NoInterpreterError(UserError):
    """No Python on this machine fits the tree."""


@dataclass(frozen=True)
class Interpreter:
    path: Path
    version: Version

    @property
    def label(self) -> str:
        return ".".join(map(str, self.version))

    @property
    def minor(self) -> str:
        return ".".join(map(str, self.version[:2]))


def find_interpreters(
    spec: EnvironmentSpec, wanted: str = "", tested_with: Sequence[str] = (), as_of: datetime | None = None
) -> tuple[Interpreter, ...]:
    """One of each version that fits and can build extensions, the one to prefer first.

    `wanted` is a PEP 440 specifier. Preferred are those that the upstream is tested with, then the newest
    that was out at `as_of`. uv is asked to bring one where none is here.
    Raises NoInterpreterError, saying what to install.
    """
    allowed = SpecifierSet(wanted)
    minors = _minors(spec, allowed)
    found, without_headers = _fitting(spec, allowed, programs(minors))
    if not found and not without_headers and uv.install_python(_to_install(minors, as_of)):
        found, without_headers = _fitting(spec, allowed, _managed(minors))
    if found:
        return tuple(sorted(found, key=lambda each: _preference(each, tested_with, as_of)))
    if without_headers:
        bare = without_headers[0]
        raise NoInterpreterError(
            f"Python {bare.label} lacks the headers that building Cython modules needs",
            hint=f"sudo apt-get install python{bare.minor}-dev",
        )
    needed = wanted or f"{_label(spec.python_from)} to {_label(spec.python_to)}"
    raise NoInterpreterError(
        f"this needs Python {needed}, which is not on PATH, in pyenv's folder or in uv's",
        hint=f"uv python install {_to_install(minors, as_of)}",
    )


def programs(minors: Iterable[int]) -> Iterator[tuple[int, str]]:
    """Where this machine may have Pythons 3.x of these, each with its x, the one that runs us first."""
    minors = tuple(minors)
    if sys.version_info[1] in minors:
        yield sys.version_info[1], sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for minor in minors:
        if found := shutil.which(f"python3.{minor}"):
            yield minor, found
        for program in sorted(pyenv.glob(f"versions/3.{minor}.*/bin/python3"), reverse=True):
            yield minor, str(program)
    yield from _managed(minors)


def _managed(minors: Iterable[int]) -> Iterator[tuple[int, str]]:
    """Those that uv brought."""
    if folder := uv.pythons_folder():
        for minor in minors:
            for program in sorted(folder.glob(f"cpython-3.{minor}.*/bin/python3"), reverse=True):
                yield minor, str(program)


def _minors(spec: EnvironmentSpec, allowed: SpecifierSet) -> tuple[int, ...]:
    """Newest first."""
    return tuple(
        minor for minor in reversed(MINORS) if spec.fits((3, minor, 99)) and allowed.contains(f"3.{minor}.99")
    )


def _fitting(
    spec: EnvironmentSpec, allowed: SpecifierSet, candidates: Iterable[tuple[int, str]]
) -> tuple[list[Interpreter], list[Interpreter]]:
    """One interpreter a minor version with headers; and those without them that were asked before it."""
    found: dict[str, Interpreter] = {}
    without_headers = []
    for minor, candidate in candidates:
        if f"3.{minor}" in found:
            continue
        said = _ask(candidate)
        if said is None or not spec.fits(said[0].version) or not allowed.contains(said[0].label):
            continue
        interpreter, headers = said
        if headers.exists():
            found.setdefault(interpreter.minor, interpreter)
        else:
            without_headers.append(interpreter)
    return list(found.values()), without_headers


def _preference(
    each: Interpreter, tested_with: Sequence[str], as_of: datetime | None
) -> tuple[bool, bool, int]:
    return each.minor not in tested_with, not _was_out(each.version[1], as_of), -each.version[1]


def _was_out(minor: int, as_of: datetime | None) -> bool:
    """PEP 602: a Python 3.x each October, 3.8 in 2019."""
    return as_of is None or (as_of.year, as_of.month) >= (2011 + minor, 11)


def _to_install(minors: Sequence[int], as_of: datetime | None) -> str:
    fitting = [minor for minor in minors if _was_out(minor, as_of)] or minors
    return f"3.{fitting[0]}" if fitting else "3"


@cache
def _ask(program: str) -> tuple[Interpreter, Path] | None:
    """What an interpreter says of itself and where its Python.h is, None if it does not run."""
    try:
        said = subprocess.run(
            [program, "-I", "-c", ASK], capture_output=True, text=True, timeout=30, check=True
        ).stdout.splitlines()
    except (OSError, subprocess.SubprocessError):
        return None
    version, path, headers = said
    return Interpreter(Path(path), tuple(int(number) for number in version.split("."))), Path(headers)


def _label(version: Version) -> str:
    return ".".join(map(str, version))
