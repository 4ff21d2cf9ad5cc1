"""Tiny forks that forge what is said of them: a connector of few lines, and unit tests of even fewer."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from textwrap import dedent, indent

from harness.clock import ScaledClock
from harness.driving.driver import LIMITS, Driver
from harness.frameworks.runtime import TREE, VENV, Runtime
from harness.frameworks.unit_tests import UnitTestResult, run_unit_tests
from harness.sandbox.protocol import Backend, Limits, Mount
from tests.frameworks.local import TINY
from tests.frameworks.packages import tools
from tests.hostile.world import Arena
from tests.sandbox.world import PYTHON

KEYS = {"tiny_api_key": "k"}
SCALE = 50.0
TIGHT = replace(LIMITS, memory_bytes=512 << 20, output_bytes=64 << 20, processes=64, wall_seconds=120)
MODULE = "hummingbot/connector/exchange/tiny/tiny_exchange.py"
PACKAGE, TESTS = "hummingbot/forger", "test/forger"
# What a forger finds ready: `say` writes to all its process can talk through, `frame` looks into callers.
PRELUDE = """
import json, signal, stat, threading

def channels():
    for number in range(3, 64):
        try:
            mode = os.fstat(number).st_mode
        except OSError:
            continue
        if stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode):
            yield number

def say(words):
    for number in channels():
        rest = words if isinstance(words, bytes) else words.encode()
        try:
            os.set_blocking(number, True)
            while rest:
                rest = rest[os.write(number, rest):]
            os.set_blocking(number, False)
        except OSError:
            pass

def frame(name):
    here = sys._getframe()
    while name not in here.f_locals:
        here = here.f_back
    return here.f_locals[name]
"""
_ENV = {"PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"}


@contextmanager
def driven(
    arena: Arena, place: Path, members: str = "", on_import: str = "", limits: Limits = TIGHT
) -> Iterator[Driver]:
    """The tiny framework in a sandbox, with a connector that has these `members` as well."""
    tree = place / "fork"
    shutil.copytree(TINY, tree, ignore=shutil.ignore_patterns("__pycache__"))
    body = indent(dedent(members).strip("\n"), "    ") or "    pass"
    forged = f"{PRELUDE}\n{dedent(on_import)}\n\nclass TinyExchange(TinyExchange):\n{body}\n"
    (tree / MODULE).write_text((tree / MODULE).read_text() + forged)
    env = {**_ENV, "PYTHONPATH": TREE, "MARKER": arena.marker}
    runtime = Runtime("v2", PYTHON, (Mount(tree, TREE),), env)
    clock = ScaledClock(SCALE)
    with Driver(arena.backend, runtime, "tiny", clock=clock, limits=limits) as driver:
        yield driver


def works(driver: Driver) -> bool:
    """Whether another scenario finds the connector as it was first."""
    with driver.scenario(["A-B"], KEYS) as connector:
        return connector.network_status() == "STOPPED"


def with_tests(place: Path, files: Mapping[str, str]) -> Runtime:
    """A tree with these test files; `PACKAGE` has one file of four lines, or what is among the files."""
    sources = {
        "hummingbot/__init__.py": "",
        f"{PACKAGE}/__init__.py": "",
        f"{PACKAGE}/code.py": "def one():\n    return 1\n\n\ndef two():\n    return 2\n",
        "test/__init__.py": "",
    }
    for path, text in {**sources, **files}.items():
        target = place / "tree" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(dedent(text))
    env = {**_ENV, "PYTHONPATH": TREE}
    return Runtime(
        "v2", f"{VENV}/bin/python", (Mount(tools().folder, VENV), Mount(place / "tree", TREE)), env
    )


def unit_tests(
    backend: Backend, place: Path, files: Mapping[str, str], limits: Limits | None = None
) -> UnitTestResult:
    """What the harness makes of these test files."""
    tight = limits or replace(TIGHT, memory_bytes=1 << 30, output_bytes=8 << 20)
    return run_unit_tests(backend, with_tests(place, files), [TESTS], [PACKAGE], tight)
