"""The Python that a generation runs on: the one running us where it fits, else one on PATH."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from harness.errors import UserError
from harness.frameworks.generation import EnvironmentSpec, Version

ASK = (
    "import os, sys, sysconfig;"
    "print('.'.join(map(str, sys.version_info[:3])));"
    "print(os.path.realpath(sys.executable));"
    "print(os.path.join(sysconfig.get_path('include'), 'Python.h'))"
)


class NoInterpreterError(UserError):
    """No Python on this machine fits the generation."""


@dataclass(frozen=True)
class Interpreter:
    path: Path
    version: Version

    @property
    def label(self) -> str:
        return ".".join(map(str, self.version))


def find_interpreter(spec: EnvironmentSpec) -> Interpreter:
    """One that fits and can build extensions. Raises NoInterpreterError, saying what to install."""
    without_headers: list[str] = []
    for candidate in _candidates(spec):
        found = _ask(candidate)
        if found is None or not spec.fits(found[0].version):
            continue
        interpreter, headers = found
        if headers.exists():
            return interpreter
        without_headers.append(interpreter.label)
    wanted = f"Python {_label(spec.python_from)} to {_label(spec.python_to)}"
    if without_headers:
        raise NoInterpreterError(
            f"Python {without_headers[0]} is here without the headers that Cython modules are built with",
            hint=f"sudo apt-get install python{'.'.join(without_headers[0].split('.')[:2])}-dev",
        )
    raise NoInterpreterError(
        f"this needs {wanted}, and none is on PATH", hint=f"uv python install {_label(spec.python_to[:2])}"
    )


def _candidates(spec: EnvironmentSpec) -> list[str]:
    newest_first = range(spec.python_to[1], spec.python_from[1] - 1, -1)
    return [sys.executable, *(found for minor in newest_first if (found := shutil.which(f"python3.{minor}")))]


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
