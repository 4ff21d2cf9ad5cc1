"""Tiny forks that are built on an upstream with nothing in it, and what becomes of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from harness.frameworks.environment import SUBMISSION_LIMITS, Base, BuildResult, EnvironmentBuilder
from harness.sandbox.protocol import Backend, Job, Limits
from tests.frameworks.packages import tools
from tests.sandbox.world import said

PACKAGE = "hummingbot/forger"
BRIEF = replace(SUBMISSION_LIMITS, memory_bytes=1 << 30, cpu_seconds=10, wall_seconds=20)
FINE = "def answer():\n    return 42\n"


@dataclass(frozen=True)
class Yard:
    """A backend, and a folder in which forks are built on `base`."""

    backend: Backend
    place: Path
    base: Base

    @classmethod
    def open(cls, backend: Backend, place: Path) -> Yard:
        for folder in ("bytecode/files", "upstream"):
            (place / folder).mkdir(parents=True)
        base = Base("v2", tools(), {}, place / "bytecode", place / "upstream")
        return cls(backend, place, base)

    def build(
        self,
        name: str,
        files: Mapping[str, str | bytes],
        limits: Limits = SUBMISSION_LIMITS,
        earlier: Path | None = None,
    ) -> BuildResult:
        """A fork with these files, exported and prepared as a submission is that began at `earlier`."""
        return EnvironmentBuilder(self.place, self.backend, limits).prepare(
            self.base, self.tree(name, files), self.place / f"{name}-work", earlier=earlier
        )

    def tree(self, name: str, files: Mapping[str, str | bytes]) -> Path:
        """An exported tree with these files."""
        tree = self.place / name
        for path, content in {f"{PACKAGE}/__init__.py": "", "hummingbot/__init__.py": "", **files}.items():
            target = tree / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tree

    def stored(self) -> list[str]:
        """The compiled modules that forks may share."""
        return sorted(path.name.split(".")[0] for path in (self.place / "modules").rglob("*.so"))

    def work(self, name: str) -> Path:
        """The tree that is run."""
        return self.place / f"{name}-work" / "tree"

    def run(self, built: BuildResult, program: str) -> object:
        """What a program in the built tree prints, as JSON."""
        job = Job((built.runtime.python, "-c", program), built.runtime.mounts, built.runtime.env)
        answer: object = json.loads(said(self.backend.run(job)))
        return answer

    def next_build(self) -> bool:
        """Whether the next fork builds and runs."""
        built = self.build("next", {f"{PACKAGE}/fine.pyx": FINE})
        return (
            built.ok and self.run(built, "from hummingbot.forger.fine import answer; print(answer())") == 42
        )
