"""The released framework, built once; specimens of its connectors; checks run on them by hand."""

from __future__ import annotations

import itertools
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from demo.release import PACKAGE, VERSION
from harness.checking import Failed, NotApplicable, Undetermined, slugs_of
from harness.checking.attribution import OTHER_SEED, Trial
from harness.checking.plan import Plan, calm
from harness.checking.players import Part, Players
from harness.checking.policy import Ending
from harness.checking.runner import EVERY, parameters_of, policy_for, run
from harness.forks.released import released_tree
from harness.forks.upstream import packed_at
from harness.frameworks import GENERATIONS
from harness.frameworks.environment import BuildResult, EnvironmentBuilder
from harness.frameworks.runtime import TREE
from harness.outcome import Evidence, Severity, Status
from harness.paths import cache_dir
from harness.requirement import Catalogue, Profile
from harness.rounds.round import Candidate
from harness.sandbox import Backend
from harness.sandbox.protocol import Mount
from harness.scenarios.player import Player
from harness.scenarios.rig import Rigs
from harness.scenarios.scenario import Scenario
from harness.scenarios.trace.model import Header
from harness.venue.dialects import dialect
from tests.zoo.defect import Defect

Check = Callable[..., None]
SEED = 1
PACE: float = Plan.model_fields["scale"].default


@dataclass
class Specimen:
    """A connector on show: what the fixtures of a screening would hold of it.

    `player` plays the connector itself, `players` others too, where the policy wants that. `attached` is the
    evidence of the last check. Where it is not `thorough`, a planted defect is looked for once, as it is in
    every run of the suite, and no other connector is asked.
    """

    name: str
    backend: Backend
    runtime: BuildResult
    rigs: Rigs
    player: Player
    players: Players
    thorough: bool = True
    attached: tuple[Evidence, ...] = ()

    @property
    def given(self) -> Mapping[str, Any]:
        """The arguments of checks that are no scenarios."""
        return given_to(self.name, self.backend, self.runtime)

    def judge(self, check: Check) -> Ending:
        """What a round would find: the same runner, the same policy."""
        policy = policy_for(check, PACE, self.players.control, of_the_running=True)
        if not self.thorough and self.players.control is not None:
            policy = replace(policy, repeats=False, elsewhere=False)
        ending = policy.believed(run(check, policy, self.players, self.given), severity_of(check))
        self.attached = ending.evidence
        return ending

    def check(self, check: Check) -> None:
        """The same, raised as the check itself would."""
        ending = self.judge(check)
        match ending.status:
            case Status.FAILED:
                raise Failed(ending.summary, ending.evidence)
            case Status.NOT_APPLICABLE:
                raise NotApplicable(ending.summary, ending.evidence)
            case Status.UNDETERMINED:
                raise Undetermined(ending.summary, ending.evidence)
            case Status.HARNESS_ERROR:
                raise AssertionError("\n".join(each.text for each in ending.evidence))
            case _:
                return

    def look(self, check: Check, *scenarios: Scenario[Any]) -> None:
        """Have every trace looked into: of these scenarios only, and of all where it is `thorough`.

        For what such a check has to find in one of them: that it is given all is seen in `test_good.py`.
        """
        if self.thorough:
            self.check(check)
            return
        for scenario in scenarios:
            self.player.trace(scenario, PACE)
        given = {EVERY: iter(self.player.played()), **self.given}
        check(**{name: given[name] for name in parameters_of(check)})


def given_to(name: str, backend: Backend | None, runtime: BuildResult | None) -> Mapping[str, Any]:
    """What a screening would give for a merged connector, which changes nothing in upstream."""
    return {
        "backend": backend,
        "runtime": runtime,
        "build": runtime,
        "connector_name": name,
        "candidate": candidate(name),
        "lacks": lambda _text: None,
        "test_sources": (),
        "changed_paths": frozenset[str](),
    }


@cache
def severity_of(check: Check) -> Severity:
    """The gravest of the requirements that it verifies."""
    catalogue = Catalogue.load()
    return min((catalogue[slug].severity for slug in slugs_of(check)), key=list(Severity).index)


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

    def __init__(self, backend: Backend, folder: Path, *, thorough: bool = True) -> None:
        self._backend = backend
        self._folder = folder
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._thorough = thorough
        self._controls: dict[str, Player] = {}
        self._builder = EnvironmentBuilder(cache_dir(), backend)
        released = released_tree(PACKAGE, VERSION)
        self._base = self._builder.upstream(released, "v2", as_of=packed_at(released))
        self._built = self._builder.prepare(self._base, released, folder / "released")

    @contextmanager
    def good(self, name: str, seed: int = SEED) -> Iterator[Specimen]:
        with self._show(name, self._built, seed) as specimen:
            yield specimen

    def close(self) -> None:
        for control in self._controls.values():
            control.close()

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
        with self._show(
            defect.connector, replace(self._built, runtime=runtime), seed, control=True
        ) as specimen:
            yield specimen

    def built_with(self, name: str, source: str) -> BuildResult:
        """A tree with one module of that name for Cython."""
        tree = self._folder / f"tree-{name}"
        module = tree / GENERATIONS["v2"].connector_path("exchange", name) / f"{name}.pyx"
        module.parent.mkdir(parents=True)
        module.write_text(source, encoding="utf-8")
        return self._builder.prepare(self._base, tree, self._folder / f"built-{name}")

    @contextmanager
    def _show(
        self, name: str, built: BuildResult, seed: int = SEED, *, control: bool = False
    ) -> Iterator[Specimen]:
        """`control`: failures are tried on the untouched connector too."""
        rigs, first = self._player(name, built, Trial.FIRST, seed)

        def opened(part: Part, _number: int) -> Player:
            if part.trial is Trial.CONTROL:
                return _Shared(self._control(name))
            other = seed + OTHER_SEED if part.trial is Trial.OTHER_SEED else seed
            return self._player(name, built, part.trial, other)[1]

        tried = [Part(each) for each in Trial if control or each is not Trial.CONTROL]
        players = Players(first, opened, dict.fromkeys(tried, 1), control=name if control else None)
        try:
            yield Specimen(name, self._backend, built, rigs, first, players, self._thorough)
        finally:
            players.close()

    def _control(self, name: str) -> Player:
        """The untouched connector, which all its specimens share."""
        with self._lock:
            if name not in self._controls:
                self._controls[name] = self._player(name, self._built, Trial.CONTROL, SEED)[1]
            return self._controls[name]

    def _player(self, name: str, built: BuildResult, trial: Trial, seed: int) -> tuple[Rigs, Player]:
        on = dialect(name)
        rigs = Rigs(self._backend, built.runtime, on, name, seed)
        if trial is Trial.FIRST:
            rigs.looks_closer = lambda pace: PACE if pace <= calm(PACE) else None
        about = Header(
            scenario="", connector=name, dialect=name, seed=seed, pace=PACE, trial=trial.value,
            hosts=(*on.rest_hosts, *on.stream_hosts), ports=tuple(on.ports),
        )  # fmt: skip
        return rigs, Player(rigs, about)


class _Shared(Player):
    """A player that is closed by whoever keeps it."""

    def __init__(self, player: Player) -> None:
        self.__dict__ = player.__dict__

    def close(self) -> None:
        return
