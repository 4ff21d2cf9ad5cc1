"""Libraries that a submission adds to what upstream declares: a layer over the environment, for it alone.

Wheels are unpacked, which runs nothing of them. What the index has only as sources is built in the sandbox.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from harness import temporary
from harness.frameworks import uv
from harness.frameworks.declaration import name_of
from harness.frameworks.resolving import NOT_ON_INDEX, Environment
from harness.frameworks.sdists import Builder, NotBuiltError
from harness.frameworks.store import digest, get_or_make
from harness.sandbox.protocol import Backend

RESULT, PACKAGES = "additions.json", "packages"
LAYERED_AS = "1"
MAX_ASKED, MAX_BUILT = 50, 8
TOO_MANY = f"no more than {MAX_ASKED} libraries are installed for one submission"
_RUN_BY_THEMSELVES = frozenset({"sitecustomize", "usercustomize"})


class Unavailable(BaseModel):
    """A library that the submission declares and that cannot be had: nothing that needs it can be decided."""

    model_config = ConfigDict(frozen=True)

    declared: str
    why: str


class Additions(BaseModel):
    """`asked` is what the submission declares beyond upstream, `packages` what was installed for it.

    `built` of them had to be built from source.
    """

    model_config = ConfigDict(frozen=True)

    asked: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    built: tuple[str, ...] = ()
    unavailable: tuple[Unavailable, ...] = ()


@dataclass(frozen=True)
class Layer:
    """`folder` goes before the environment's packages; None where there is nothing to add."""

    additions: Additions = field(default_factory=Additions)
    folder: Path | None = None


def layer(
    cache: Path,
    backend: Backend,
    environment: Environment,
    commit: str,
    asked: Sequence[str],
    as_of: datetime | None,
) -> Layer:
    """What `commit` adds, over `environment`. Raises NotInstalledError where the index does not answer."""
    if not asked:
        return Layer()

    def make(place: Path) -> None:
        packages = place / PACKAGES
        packages.mkdir()
        with temporary.folder("resolving", place) as scratch:
            found = _Adding(backend, environment, as_of, place, scratch).all(asked)
            if found.packages:
                uv.install_wheels(environment.python, found.packages, packages, scratch)
            if taken := _taken(packages):
                found = _refused(
                    found, f"it brings {', '.join(taken)}, which is not a library's name to have"
                )
        (place / RESULT).write_text(found.model_dump_json(), encoding="utf-8")

    day = as_of.isoformat() if as_of else ""
    key = digest([LAYERED_AS, commit, environment.folder.name, day, *asked])
    place = get_or_make(cache / "layers", key, make)
    additions = Additions.model_validate_json((place / RESULT).read_text(encoding="utf-8"))
    return Layer(additions, place / PACKAGES if additions.packages else None)


def _taken(packages: Path) -> list[str]:
    """Top-level names in a layer that are Python's own, the framework's, or run by themselves."""
    names = {path.name.split(".")[0] for path in packages.iterdir()}
    return sorted(names & (sys.stdlib_module_names | {"hummingbot", "test", *_RUN_BY_THEMSELVES}))


def _refused(found: Additions, why: str) -> Additions:
    missing = tuple(Unavailable(declared=each, why=why) for each in found.asked)
    return found.model_copy(update={"packages": (), "built": (), "unavailable": missing})


class _Adding:
    def __init__(
        self, backend: Backend, environment: Environment, as_of: datetime | None, place: Path, scratch: Path
    ) -> None:
        self._environment = environment
        self._as_of = None if environment.lock.undated else as_of
        self._scratch = scratch
        self._builder = Builder(backend, environment, self._as_of, place)
        self._kept: list[str] = []
        self._built: dict[str, str] = {}
        self._unavailable: list[Unavailable] = []

    def all(self, asked: Sequence[str]) -> Additions:
        on_index = [each for each in asked if name_of(each)]
        self._unavailable += [
            Unavailable(declared=each, why=NOT_ON_INDEX) for each in asked if not name_of(each)
        ]
        self._unavailable += [Unavailable(declared=each, why=TOO_MANY) for each in on_index[MAX_ASKED:]]
        self._add(on_index[:MAX_ASKED])
        resolved = self._ask(()).packages or ()
        there = set(self._environment.lock.packages)
        new = tuple(each for each in resolved if each not in there)
        return Additions(
            asked=tuple(asked), packages=new, built=tuple(self._built), unavailable=tuple(self._unavailable)
        )

    def _add(self, block: Sequence[str]) -> None:
        if not block or self._ask(block).packages is not None:
            self._kept.extend(block)
        elif len(block) > 1:
            self._add(block[: len(block) // 2])
            self._add(block[len(block) // 2 :])
        else:
            self._add_with_sources(block[0])

    def _add_with_sources(self, demand: str) -> None:
        """Builds what has no wheel, one package after the other, until the demand can be met."""
        for _ in range(MAX_BUILT):
            answer = self._ask([demand])
            if answer.packages is not None:
                self._kept.append(demand)
                return
            new = [name for name in answer.without_wheels if name not in self._built]
            if not new:
                self._unavailable.append(Unavailable(declared=demand, why=answer.why))
                return
            try:
                wanted = demand if name_of(demand) == new[0] else new[0]
                self._built[new[0]] = f"{new[0]} @ {self._builder.wheel(wanted).as_uri()}"
            except NotBuiltError as error:
                self._unavailable.append(Unavailable(declared=demand, why=f"{new[0]}: {error}"))
                return

    def _ask(self, more: Sequence[str]) -> uv.Answer:
        return uv.compiled(
            self._environment.python,
            [*self._kept, *more, *self._built.values()],
            as_of=self._as_of,
            preferred=self._environment.lock.packages,
            wheels_only=(":all:",),
            folder=self._scratch,
        )
