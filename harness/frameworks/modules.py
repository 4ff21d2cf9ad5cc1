"""Compiled modules of upstream's trees, each kept by what it was made from. No fork's are among them."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness import temporary
from harness.errors import OurFailure
from harness.frameworks.building import Compiled, Progress, SandboxBuilder
from harness.frameworks.generation import Compilation
from harness.frameworks.sources import is_placeholder
from harness.frameworks.store import digest
from harness.paths import locked

Keys = Mapping[str, str]
"""By the path of a module from its tree's root: what names it in the store."""


@dataclass(frozen=True)
class ModuleStore:
    """A folder a module, named by its key, with the compiled file in it."""

    folder: Path

    def missing(self, wanted: Keys) -> list[str]:
        return [
            module
            for module, key in wanted.items()
            if not is_placeholder(module) and not (self.folder / key).exists()
        ]

    def complete(
        self, builder: SandboxBuilder, tree: Path, wanted: Keys, how: Compilation, progress: Progress
    ) -> tuple[Compiled, ...]:
        """Build what is not there yet of `wanted`, modules of `tree`, which is upstream's.

        One that another process is building is waited for. Gives what did not build.
        """
        if not self.missing(wanted):
            return ()
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = self.folder / f".{digest(sorted(wanted.values()))}.lock"
        with locked(lock), temporary.folder("modules", self.folder) as out:
            missing = self.missing(wanted)
            results = builder.compile_modules(tree, missing, how, out, progress) if missing else ()
            for result in results:
                if result.ok:
                    self._add(wanted[result.module], _built(out, result.module))
        return tuple(result for result in results if not result.ok)

    def copy_into(self, tree: Path, wanted: Keys) -> None:
        for module, key in wanted.items():
            for built in (self.folder / key).glob("*.so"):
                shutil.copyfile(built, tree / Path(module).parent / built.name)

    def _add(self, key: str, built: Path) -> None:
        """Keep it, unless another process, which wants other modules too, was first."""
        with temporary.folder("module", self.folder) as place:
            place.chmod(0o755)
            built.replace(place / built.name)
            try:
                place.rename(self.folder / key)
            except OSError as error:
                if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                    raise


def build_upstream(
    store: ModuleStore,
    builder: SandboxBuilder,
    tree: Path,
    wanted: Keys,
    how: Compilation,
    progress: Progress,
) -> None:
    """Have all modules of an upstream in the store. Raises OurFailure where one does not build."""
    failed = store.complete(builder, tree, wanted, how, progress)
    if failed:
        raise OurFailure(
            f"{len(failed)} of upstream's {len(wanted)} modules do not build, first {failed[0].module}:\n"
            f"{failed[0].log[-2000:]}",
            where=str(tree),
        )


def _built(out: Path, module: str) -> Path:
    stem = Path(module).with_suffix("")
    return next((out / stem.parent).glob(f"{stem.name}.*.so"))
