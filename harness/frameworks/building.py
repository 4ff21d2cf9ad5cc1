"""Runs the compilers in the sandbox, with no network, and takes their results out again with care."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from harness.errors import OurFailure
from harness.frameworks.generation import Compilation
from harness.frameworks.runtime import INSIDE, TREE, VENV
from harness.sandbox.protocol import Backend, Job, Limits, Mount

OUT = "/out"
LIMITS = Limits(
    memory_bytes=6 << 30, tmp_bytes=2 << 30, file_bytes=512 << 20, output_bytes=256 << 20,
    cpu_seconds=900, wall_seconds=1800,
)  # fmt: skip
MAX_MODULE_BYTES = 64 << 20
MAX_LINE = 1 << 20
PATIENCE = 60.0  # seconds that a backend may take to end what ran out of time
MAX_DEPTH = 64
# Says how many of how many modules are built, and which one came last.
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Compiled:
    """How one module's build went; `log` is what Cython and the compiler wrote.

    `out_of_time`: its turn had not ended when the real time was up, which also depends on the machine.
    """

    module: str
    ok: bool
    seconds: float
    log: str
    out_of_time: bool = False


@dataclass(frozen=True)
class SandboxBuilder:
    """Where compilers run: a backend, an environment, and how its interpreter is called inside."""

    backend: Backend
    venv: Path
    env: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = LIMITS

    def compile_modules(
        self, tree: Path, modules: Sequence[str], how: Compilation, out: Path, progress: Progress
    ) -> tuple[Compiled, ...]:
        """Build `modules` of `tree`, and write what was built into the folder `out`, laid out as the tree is.

        They come through a pipe, so the sandbox has no folder of this machine to write to.
        """
        order = {
            "tree": TREE,
            "modules": list(modules),
            "language_level": how.language_level,
            "directives": dict(how.directives),
            "arguments": list(how.arguments),
            "jobs": min(os.cpu_count() or 1, len(modules)),
        }
        process = self.backend.start(self._job((Mount(tree, TREE),), "inside.build"))
        wanted = set(modules)
        results: dict[str, Compiled] = {}
        try:
            # Not an argument: a fork may have more modules than a command line can name.
            with suppress(BrokenPipeError):
                process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.close()
            while line := process.stdout.readline(MAX_LINE):
                said = _announced(line)
                if said is not None and said.module in wanted - results.keys():
                    results[said.module] = _received(said, process.stdout, out)
                    progress(len(results), len(wanted), said.module)
            end = process.wait(self.limits.wall_seconds + PATIENCE)
        finally:
            process.kill()
        why = f"the build ended early ({end.reason} {end.detail}) {process.stderr_tail()}".strip()
        late = end.reason == "wall_clock"
        return tuple(results.get(module) or Compiled(module, False, 0.0, why, late) for module in modules)

    def precompile(self, tree: Path, out: Path) -> None:
        """Byte code of every Python file of `tree`, which is upstream's, into the empty folder `out`."""
        mounts = (Mount(tree, TREE), Mount(out, OUT, writable=True))
        done = self.backend.run(self._job(mounts, "inside.precompile", TREE, OUT, str(os.cpu_count() or 1)))
        if not done.exit.ok:
            said = done.stderr.decode("utf-8", "replace")[-2000:]
            raise OurFailure(f"byte code could not be made: {done.exit.detail or done.exit.reason} {said}")

    def _job(self, mounts: tuple[Mount, ...], module: str, *arguments: str) -> Job:
        mounts = (Mount(self.venv, VENV), Mount(INSIDE, "/harness/inside"), *mounts)
        env = {**self.env, "PYTHONPATH": "/harness", "CC": "gcc", "CXX": "g++"}
        return Job((f"{VENV}/bin/python", "-m", module, *arguments), mounts, env, limits=self.limits)


@dataclass(frozen=True)
class _Announced:
    """What the builder says of a module; `size` bytes of it follow, which want to be named `file`."""

    module: str
    ok: bool
    seconds: float
    log: str
    file: str
    size: int


def _announced(line: bytes) -> _Announced | None:
    """A line of the builder, None if it is none: a build may print anything."""
    try:
        said = json.loads(line)
        return _Announced(
            str(said["module"]), said["ok"] is True, float(said["seconds"]), str(said["log"]),
            str(said["file"]), int(said["size"]),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def _received(said: _Announced, stream: BinaryIO, out: Path) -> Compiled:
    """Built is what has come here, not what was said to be."""
    if not said.ok:
        return Compiled(said.module, False, said.seconds, said.log)
    place = PurePosixPath(said.module)
    right = re.fullmatch(re.escape(place.stem) + r"\.[\w.-]{1,100}\.so", said.file)
    data = stream.read(said.size) if right and 0 < said.size <= MAX_MODULE_BYTES else b""
    if not right or not data or len(data) != said.size:
        log = f"{said.log}\nit was said to be built, but no module came"
        return Compiled(said.module, False, said.seconds, log)
    target = out / place.parent / said.file
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    return Compiled(said.module, True, said.seconds, said.log)


def collect(source: Path, destination: Path, suffix: str, wanted: Callable[[str], bool]) -> tuple[str, ...]:
    """Copy the regular files with `suffix` from a folder that a sandbox could write to; gives their paths.

    Links, whatever is too large and whatever lies too deep are left behind; nothing keeps its owner or mode.
    """
    taken = []
    for relative, path in _regular_files(source):
        if relative.endswith(suffix) and wanted(relative):
            target = destination / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target, follow_symlinks=False)
            target.chmod(0o644)
            taken.append(relative)
    return tuple(taken)


def _regular_files(folder: Path) -> Iterator[tuple[str, Path]]:
    for parent, folders, names in os.walk(folder, followlinks=False):
        depth = len(Path(parent).relative_to(folder).parts)
        folders[:] = [
            name for name in folders if depth < MAX_DEPTH and not (Path(parent) / name).is_symlink()
        ]
        for name in names:
            path = Path(parent) / name
            status = path.lstat()
            if stat.S_ISREG(status.st_mode) and status.st_size <= MAX_MODULE_BYTES:
                yield path.relative_to(folder).as_posix(), path
