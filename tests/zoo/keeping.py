"""The released framework, built once; specimens of its connectors; checks run on them by hand."""

from __future__ import annotations

import inspect
import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from checks.conformance.scenarios import Scenarios
from demo.release import PACKAGE, VERSION
from harness.checking import Failed
from harness.checking.plan import Plan, calm
from harness.driving.numbers import reckoning
from harness.forks.released import released_tree
from harness.frameworks import GENERATIONS
from harness.frameworks.environment import BuildResult, EnvironmentBuilder
from harness.frameworks.runtime import TREE
from harness.outcome import Evidence
from harness.paths import cache_dir
from harness.requirement import Profile
from harness.rounds.round import Candidate
from harness.sandbox import Backend
from harness.sandbox.protocol import Mount
from harness.scenarios.rig import Rigs
from harness.venue.dialects import dialect
from tests.zoo.defect import Defect

T = TypeVar("T")
Check = Callable[..., None]
SEED = 1
PACE: float = Plan.model_fields["scale"].default


@dataclass
class Specimen:
    """A connector on show: what the fixtures of a screening would hold of it.

    `attached` is the evidence of the last check.
    """

    name: str
    backend: Backend
    runtime: BuildResult
    rigs: Rigs
    scenarios: Scenarios
    attached: list[Evidence] = field(default_factory=list)

    def check(self, check: Check, pace: float = PACE) -> None:
        """Run a check as a screening does; raises what it finds."""

        self.attached.clear()

        def play(scenario: Callable[[Rigs, float], T], *, alone: bool = False) -> T:
            played = self.scenarios.play(scenario, PACE if alone else pace)
            if alone:
                return played
            self.attached.extend(self.scenarios.seen(scenario, pace))
            return played

        offered: dict[str, Any] = {
            "play": play,
            "evidence": lambda *items: self.attached.extend(items),
            "backend": self.backend,
            "runtime": self.runtime,
            "build": self.runtime,
            "connector_name": self.name,
            "candidate": candidate(self.name),
            "rigs": self.rigs,
            "last_try": pace == calm(PACE),
            "running_unit_tests": None,
        }
        with reckoning():
            check(**{name: offered[name] for name in inspect.signature(check).parameters})

    def check_patiently(self, check: Check) -> None:
        """The same, with the second, calm try that a failed check gets."""
        try:
            self.check(check)
        except Failed:
            self.check(check, calm(PACE))


def kind_of(name: str) -> Literal["exchange", "derivative"]:
    return "derivative" if dialect(name).markets[0].perpetual else "exchange"


def profile_of(name: str) -> Profile:
    return "v2-perpetual" if kind_of(name) == "derivative" else "v2-spot"


def candidate(name: str) -> Candidate:
    """The row of a round's file that a screening would be given."""
    return Candidate.model_validate(
        {
            "name": name,
            "repository": f"https://git.example.org/{name}",
            "connectors": [name],
            "kind": kind_of(name),
            "exchange": {"hosts": list(dialect(name).rest_hosts), "dialect": name},
        }
    )


class Zoo:
    """Keeps the built framework and shows connectors of it, untouched or spoilt."""

    def __init__(self, backend: Backend, folder: Path) -> None:
        self._backend = backend
        self._folder = folder
        self._numbers = itertools.count(1)
        self._builder = EnvironmentBuilder(cache_dir(), backend)
        released = released_tree(PACKAGE, VERSION)
        self._base = self._builder.upstream(released, "v2")
        self._built = self._builder.prepare(self._base, released, folder / "released")

    @contextmanager
    def good(self, name: str) -> Iterator[Specimen]:
        with self._show(name, self._built) as specimen:
            yield specimen

    @contextmanager
    def bad(self, defect: Defect, seed: int = SEED) -> Iterator[Specimen]:
        """Its connector with the defect planted in a copy of the package, mounted over it."""
        place = self._folder / f"{defect.connector}-{next(self._numbers)}"
        (tree,) = (mount.source for mount in self._built.runtime.mounts if mount.target == TREE)
        package = GENERATIONS["v2"].connector_path(kind_of(defect.connector), defect.connector)
        shutil.copytree(tree / package, place, ignore=shutil.ignore_patterns("__pycache__"))
        for edit in defect.edits:
            edit.plant(place)
        over = Mount(place, f"{TREE}/{package}")
        runtime = replace(self._built.runtime, mounts=(*self._built.runtime.mounts, over))
        with self._show(defect.connector, replace(self._built, runtime=runtime), seed) as specimen:
            yield specimen

    def built_with(self, name: str, source: str) -> BuildResult:
        """A tree with one module of that name for Cython."""
        tree = self._folder / f"tree-{name}"
        module = tree / GENERATIONS["v2"].connector_path("exchange", name) / f"{name}.pyx"
        module.parent.mkdir(parents=True)
        module.write_text(source, encoding="utf-8")
        return self._builder.prepare(self._base, tree, self._folder / f"built-{name}")

    @contextmanager
    def _show(self, name: str, built: BuildResult, seed: int = SEED) -> Iterator[Specimen]:
        rigs = Rigs(self._backend, built.runtime, dialect(name), name, seed)
        try:
            yield Specimen(name, self._backend, built, rigs, Scenarios(rigs))
        finally:
            rigs.close()
