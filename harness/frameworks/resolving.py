"""What an upstream declares, resolved once to exact packages and installed: shared by all of its forks."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from pydantic import BaseModel, ConfigDict

from harness import temporary
from harness.frameworks import uv
from harness.frameworks.declaration import Declaration, name_of
from harness.frameworks.generation import EnvironmentSpec
from harness.frameworks.interpreter import Interpreter, find_interpreters
from harness.frameworks.relaxation import Relaxation, relaxed
from harness.frameworks.store import digest, get_or_make

LOCK = "lock.json"
RESOLVED_AS = "1"  # raised when the same declaration comes to another lock
BUILDING = frozenset({"cython", "numpy", "setuptools", "wheel"})
RESOLVING_PIP = Version("20.3")
MAX_INSTALLS = 12
PATIENCE = 900.0  # seconds for one environment, all questions and the installation together
# Half an hour each from source: a Python that has their wheels is preferred.
LONG = ("numpy", "pandas", "scipy")
NOT_ON_INDEX = "an address, which no package index answers for"


class Lock(BaseModel):
    """The environment of an upstream. `packages` are exact; installed are these and no others.

    `as_of` is the instant whose index was asked, None where the index does not say when files were uploaded
    (`undated`) or no instant is known. `wheels_only` are packages that had to be taken in a version with a
    wheel, since others do not build here.
    """

    model_config = ConfigDict(frozen=True)

    python: str
    packages: tuple[str, ...]
    as_of: datetime | None = None
    undated: bool = False
    relaxations: tuple[Relaxation, ...] = ()
    wheels_only: tuple[str, ...] = ()

    def left_out(self) -> tuple[str, ...]:
        """What was declared and is not there in any version."""
        return tuple(each.declared for each in self.relaxations if each.instead is None)


@dataclass(frozen=True)
class Environment:
    """`folder` is a virtual environment, made of `lock` with the Python at `python`."""

    folder: Path
    lock: Lock
    python: Path

    @property
    def packages(self) -> Path:
        return packages_folder(self.folder)

    def built_with(self) -> str:
        """What compiled modules depend on: environments with the same share them."""
        tools = (each for each in self.lock.packages if name_of(each) in BUILDING)
        return digest([str(self.python), self.lock.python, platform.machine(), *tools])


def environment(
    cache: Path, spec: EnvironmentSpec, declaration: Declaration, as_of: datetime | None
) -> Environment:
    """Resolve and install what is declared, about a minute the first time, nothing later.

    Raises NoInterpreterError or NotInstalledError, which the user can put right.
    """
    interpreters = find_interpreters(spec, declaration.python, declaration.tested_with, as_of)

    def make(place: Path) -> None:
        with temporary.folder("resolving", place) as scratch:
            until = time.monotonic() + PATIENCE
            python, lock = _Resolver(cache, spec, declaration, as_of, scratch, until).best(interpreters)
        (place / "python").write_text(str(python.path), encoding="utf-8")
        (place / LOCK).write_text(lock.model_dump_json(indent=1), encoding="utf-8")

    place = get_or_make(cache / "locks", _key(spec, declaration, as_of, interpreters), make)
    lock = Lock.model_validate_json((place / LOCK).read_text(encoding="utf-8"))
    python = Path((place / "python").read_text(encoding="utf-8"))
    return Environment(_installed(cache, lock, python), lock, python)


def packages_folder(venv: Path) -> Path:
    """Where its packages lie."""
    return next((venv / "lib").glob("python3*")) / "site-packages"


def _key(
    spec: EnvironmentSpec,
    declaration: Declaration,
    as_of: datetime | None,
    interpreters: Sequence[Interpreter],
) -> str:
    pythons = [f"{each.path} {each.label}" for each in interpreters]
    day = as_of.isoformat() if as_of else ""
    return digest(
        [
            RESOLVED_AS,
            json.dumps(asdict(declaration)),
            *spec.tools,
            *spec.advised,
            day,
            *pythons,
            platform.machine(),
        ]
    )


class _Unbuilt(Exception):  # noqa: N818 - a word of this module's, not an error of anybody's
    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


def _installed(cache: Path, lock: Lock, python: Path, seconds: float = PATIENCE) -> Path:
    """The virtual environment of a lock. Raises _Unbuilt where a package of it does not build."""

    def make(place: Path) -> None:
        uv.new_environment(python, place)
        with temporary.folder("installing", place) as scratch:
            if unbuilt := uv.install(place / "bin" / "python", lock.packages, scratch, seconds):
                raise _Unbuilt(unbuilt)

    key = digest([*lock.packages, str(python), lock.python, platform.machine()])
    return get_or_make(cache / "environments", key, make)


@dataclass(frozen=True)
class _Resolver:
    cache: Path
    spec: EnvironmentSpec
    declaration: Declaration
    as_of: datetime | None
    scratch: Path
    until: float

    def left(self) -> float:
        """Seconds of our patience; at least one, so that it is uv's call that runs out of it."""
        return max(self.until - time.monotonic(), 1.0)

    def best(self, interpreters: Sequence[Interpreter]) -> tuple[Interpreter, Lock]:
        """The first interpreter for which nothing has to give way, else the one for which least has to."""
        quick = [each for each in interpreters if _Question(self, each, LONG).has_wheels()]
        for interpreter in quick:
            if lock := self._locked(interpreter, LONG, relaxing=False):
                return interpreter, lock
        for interpreter in interpreters:
            if lock := self._locked(interpreter, (), relaxing=False):
                return interpreter, lock
        for candidates, wheels in ((quick, LONG), (interpreters, ())):
            if found := self._least_relaxed(candidates, wheels):
                return found
        raise uv.NotInstalledError(
            f"the framework's packages do not build for Python {interpreters[0].label}",
            hint="`harness doctor` names what is missing to build them",
        )

    def _least_relaxed(
        self, interpreters: Sequence[Interpreter], wheels_only: tuple[str, ...]
    ) -> tuple[Interpreter, Lock] | None:
        """Only what is best by the index is installed, unless it does not build."""
        answers = [
            (len(answer.relaxations), each)
            for each in interpreters
            if (answer := _Question(self, each, wheels_only).answer(relaxing=True))
        ]
        for _, interpreter in sorted(answers, key=lambda pair: pair[0]):
            if lock := self._locked(interpreter, wheels_only, relaxing=True):
                return interpreter, lock
        return None

    def _locked(
        self, interpreter: Interpreter, wheels_only: tuple[str, ...], *, relaxing: bool
    ) -> Lock | None:
        """Resolved and installed: only what was installed is known to build. None where it cannot be."""
        for _ in range(MAX_INSTALLS):
            lock = _Question(self, interpreter, wheels_only).answer(relaxing=relaxing)
            if lock is None:
                return None
            try:
                _installed(self.cache, lock, interpreter.path, self.left())
            except _Unbuilt as error:
                if not set(error.names) - set(wheels_only):
                    return None
                wheels_only = tuple(sorted({*wheels_only, *error.names}))
            else:
                return lock
        return None


class _Question:
    """One declaration for one interpreter. Each answer of the index is asked for once."""

    def __init__(self, resolver: _Resolver, interpreter: Interpreter, wheels_only: tuple[str, ...]) -> None:
        self._of = resolver
        self._python = interpreter
        self._wheels_only = set(wheels_only)
        self._as_of = resolver.as_of
        self._undated = False

    def has_wheels(self) -> bool:
        """Of what takes long to build; asked of these alone, so that nothing is built for the answer."""
        demands = [each for each in self._demands() if name_of(each) in LONG]
        return self._ask(demands).packages is not None

    def answer(self, *, relaxing: bool) -> Lock | None:
        """None where something would have to give way and may not."""
        demands = self._demands()
        resolved = self._ask(demands)
        if resolved.packages is None and resolved.undated and self._as_of:
            self._as_of, self._undated = None, True
            resolved = self._ask(demands)
        gone: tuple[Relaxation, ...] = ()
        if resolved.packages is None:
            if not relaxing:
                return None
            demands, gone = relaxed(demands, self._why_not)
            resolved = self._ask(demands)
        exact = {name_of(each): each for each in resolved.packages or ()}
        gone = tuple(
            each.model_copy(update={"instead": each.instead and exact[name_of(each.instead)]})
            for each in gone
        )
        alone, missing = self._alone(resolved.packages or ())
        elsewhere = (
            Relaxation(declared=each, instead=None, why=NOT_ON_INDEX)
            for each in self._of.declaration.elsewhere
        )
        return Lock(
            python=self._python.label,
            packages=tuple(sorted({*(resolved.packages or ()), *alone})),
            as_of=self._as_of,
            undated=self._undated,
            relaxations=(*gone, *missing, *elsewhere),
            wheels_only=tuple(sorted(self._wheels_only.difference(LONG))),
        )

    def _demands(self) -> tuple[str, ...]:
        """What builds and tests the tree first, pinned as it is declared."""
        marked = [
            each
            for each in self._of.declaration.requirements
            if (marker := Requirement(each).marker) is None
            or marker.evaluate({"python_version": self._python.minor})
        ]
        names = {name_of(each) for each in marked}
        tools = [name for name in self._of.spec.tools if name not in names]
        wanted = sorted([*tools, *marked], key=lambda each: name_of(each) not in self._of.spec.tools)
        return (*wanted, *(each for each in self._of.spec.advised if name_of(each) in names))

    def _why_not(self, demands: Sequence[str]) -> str | None:
        """By what the index has said so far, where that is enough: it says the same for minutes."""
        answer = self._ask(demands, offline=True)
        if answer.unknown:
            answer = self._ask(demands)
        return None if answer.packages is not None else answer.why

    def _overriding(self, demands: Sequence[str]) -> list[str]:
        """Exact versions, where they are installed by a pip that keeps to them whatever packages demand.

        Before 20.3 (pip's change log) it only warned of packages that contradict each other.
        """
        pip = next((each for each in demands if name_of(each) == "pip"), "")
        exact = [each for each in demands if "==" in each and ";" not in each]
        return exact if pip in exact and Version(pip.partition("==")[2].rstrip(".*")) < RESOLVING_PIP else []

    def _ask(
        self, demands: Sequence[str], *, with_dependencies: bool = True, offline: bool = False
    ) -> uv.Answer:
        """What does not build is asked for again in versions with wheels, before anything gives way."""
        while True:
            answer = uv.compiled(
                self._python.path,
                demands,
                as_of=self._as_of,
                wheels_only=sorted(self._wheels_only),
                with_dependencies=with_dependencies,
                overriding=self._overriding(demands),
                offline=offline,
                seconds=self._of.left(),
                folder=self._of.scratch,
            )
            new = set(answer.unbuilt) - self._wheels_only
            if not new:
                return answer
            self._wheels_only |= new

    def _alone(self, packages: Sequence[str]) -> tuple[list[str], list[Relaxation]]:
        """Packages that the upstream installs without what they depend on."""
        there = {canonicalize_name(each.partition("==")[0]) for each in packages}
        found: list[str] = []
        missing: list[Relaxation] = []
        for each in self._of.declaration.alone:
            if name_of(each) in there:
                continue
            answer = self._ask([each], with_dependencies=False)
            if answer.packages is None:
                missing.append(Relaxation(declared=each, instead=None))
            else:
                found += answer.packages
        return found, missing
