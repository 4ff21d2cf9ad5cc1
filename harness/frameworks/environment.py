"""Makes trees of the framework runnable: packages, compiled modules and byte code, each built once and kept.

The store is written from upstream's tree alone. What a submission changes is built for it alone and stays in
its own folder.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

from harness import temporary
from harness.errors import OurFailure
from harness.frameworks import GENERATIONS
from harness.frameworks.building import LIMITS, Compiled, Progress, SandboxBuilder, collect
from harness.frameworks.generation import EnvironmentSpec
from harness.frameworks.interpreter import find_interpreter
from harness.frameworks.runtime import TREE, VENV, Generation, Runtime
from harness.frameworks.sources import BuildInputs, is_placeholder
from harness.frameworks.store import digest, get_or_make
from harness.frameworks.venv import environment, key_of, packages_folder
from harness.sandbox.protocol import Backend, Limits, Mount

# What of an exported tree is run: the framework and its tests. Raised when what is stored changes its layout.
FOLDERS = ("hummingbot", "test")
STORED_AS = "1"
# All of upstream takes three minutes of one core; a submission rebuilds that at most.
SUBMISSION_LIMITS = replace(LIMITS, memory_bytes=4 << 30, cpu_seconds=300, wall_seconds=600)
_COMPILED = (".so", ".pyd", ".pyc", ".pyo")
# One thread each: a sandbox has few processes to spare, and forking after threads have started is unsafe.
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/tmp/work",  # noqa: S108 - a path inside the sandbox
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONNOUSERSITE": "1",
    "PYTHONSAFEPATH": "1",
    "PYTHONHASHSEED": "0",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class Base:
    """Upstream, built: what submissions are built upon. `builds` and `bytecode` are folders of the store."""

    generation: Generation
    venv: Path
    builds: Path
    bytecode: Path
    tree: Path


@dataclass(frozen=True)
class BuildResult:
    """A tree made runnable, or why it could not be.

    `compiled` are the modules that were built for this tree alone, `failed` those of them that did not build,
    `log` and `warnings` what the compilers said about them. `seconds` is real time. `runtime` is there even
    when a module failed: what does not need that module still runs.
    """

    ok: bool
    runtime: Runtime
    compiled: tuple[str, ...]
    failed: tuple[str, ...]
    log: str
    warnings: tuple[str, ...]
    seconds: float


def silent(_done: int, _total: int, _module: str) -> None:
    """No progress shown."""


class EnvironmentBuilder:
    """Prepares trees in `cache`, with compilers in `backend`; `limits` are those of a submission's build."""

    def __init__(self, cache: Path, backend: Backend, limits: Limits = SUBMISSION_LIMITS) -> None:
        self._cache = cache
        self._backend = backend
        self._limits = limits

    def upstream(self, tree: Path, generation: Generation, progress: Progress = silent) -> Base:
        """Build upstream's exported `tree`, about 90 s on two cores the first time, nothing later.

        Raises NoInterpreterError or NotInstalledError, which the user can put right, and OurFailure when
        upstream itself does not build.
        """
        spec = self._spec(generation)
        interpreter = find_interpreter(spec)
        venv = environment(self._cache, spec, interpreter)
        builder = SandboxBuilder(self._backend, venv, _ENVIRONMENT)
        how = spec.compilation
        inputs = BuildInputs.read(tree, how.folder)
        made_with = (STORED_AS, key_of(spec, interpreter), repr(how))
        key = digest([*made_with, *(part for pair in sorted(inputs.digests.items()) for part in pair)])
        builds = get_or_make(
            self._cache / "builds",
            key,
            lambda place: _build_upstream(builder, tree, inputs, spec, place, progress),
        )
        bytecode = get_or_make(
            self._cache / "bytecode",
            digest([*made_with, *_python_digests(tree)]),
            lambda place: _precompile(builder, tree, place),
        )
        return Base(generation, venv, builds, bytecode, tree)

    def prepare(self, base: Base, tree: Path, work: Path, progress: Progress = silent) -> BuildResult:
        """Make an exported `tree`, a submission's or upstream's own, runnable in the new folder `work`."""
        began = time.monotonic()
        how = self._spec(base.generation).compilation
        work.mkdir(parents=True)
        ours = work / "tree"
        _copy_sources(tree, ours)
        _adopt_bytecode(base, ours)
        inputs = BuildInputs.read(ours, how.folder)
        before = json.loads((base.builds / "manifest.json").read_text(encoding="utf-8"))
        unchanged = inputs.unchanged_modules(before)
        for module in unchanged:
            _adopt_module(base.builds / "modules", ours, module)
        changed = [module for module in inputs.modules if module not in unchanged]
        results: tuple[Compiled, ...] = ()
        if changed:
            builder = SandboxBuilder(self._backend, base.venv, _ENVIRONMENT, self._limits)
            results = builder.compile_modules(ours, changed, how, ours, progress)
        return _result(runtime_of(base, ours), results, time.monotonic() - began)

    @staticmethod
    def _spec(generation: Generation) -> EnvironmentSpec:
        module: ModuleType = GENERATIONS[generation]
        spec: EnvironmentSpec = module.environment_spec()
        return spec


def _build_upstream(
    builder: SandboxBuilder,
    tree: Path,
    inputs: BuildInputs,
    spec: EnvironmentSpec,
    place: Path,
    progress: Progress,
) -> None:
    modules = [module for module in inputs.modules if not is_placeholder(module)]
    results = builder.compile_modules(tree, modules, spec.compilation, place / "modules", progress)
    failed = [result for result in results if not result.ok]
    if failed:
        raise OurFailure(
            f"{len(failed)} of upstream's {len(modules)} modules do not build, first {failed[0].module}:\n"
            f"{failed[0].log[-2000:]}",
            where=str(tree),
        )
    (place / "manifest.json").write_text(json.dumps(dict(inputs.digests), indent=1), encoding="utf-8")


def _precompile(builder: SandboxBuilder, tree: Path, place: Path) -> None:
    with temporary.folder("tree", place) as copy:
        _copy_sources(tree, copy / "tree")
        out = copy / "out"
        out.mkdir()
        builder.precompile(copy / "tree", out)
        collect(out, place / "files", ".pyc", lambda _: True)


def _python_digests(tree: Path) -> list[str]:
    inputs = sorted(path for folder in FOLDERS for path in (tree / folder).rglob("*.py") if path.is_file())
    return [
        part for path in inputs for part in (path.relative_to(tree).as_posix(), digest([path.read_bytes()]))
    ]


def _copy_sources(tree: Path, destination: Path) -> None:
    """Regular files only, and nothing compiled: what runs is what can be read."""

    def unwanted(folder: str, names: list[str]) -> list[str]:
        return [
            name
            for name in names
            if name == "__pycache__" or name.endswith(_COMPILED) or (Path(folder) / name).is_symlink()
        ]

    destination.mkdir(parents=True)
    for name in FOLDERS:
        if (tree / name).is_dir():
            shutil.copytree(tree / name, destination / name, ignore=unwanted)
    if (destination / "test").is_dir():
        # Releases lack this empty file of upstream's; without it `test` would mean the standard library's.
        (destination / "test" / "__init__.py").touch()
    destination.chmod(0o755)


def _adopt_bytecode(base: Base, tree: Path) -> None:
    """Put upstream's byte code beside the sources; Python ignores it where a source differs."""
    for path in (base.bytecode / "files").rglob("*.pyc"):
        target = tree / path.relative_to(base.bytecode / "files")
        if target.parent.parent.is_dir():
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, target)


def _adopt_module(modules: Path, tree: Path, module: str) -> None:
    stem = Path(module).with_suffix("")
    for built in (modules / stem.parent).glob(f"{stem.name}.*.so"):
        shutil.copyfile(built, tree / stem.parent / built.name)


def runtime_of(base: Base, tree: Path) -> Runtime:
    """How to run a tree that `prepare` made on `base`."""
    certifi = packages_folder(base.venv) / "certifi" / "cacert.pem"
    inside = f"{VENV}/{certifi.relative_to(base.venv).as_posix()}"
    return Runtime(
        generation=base.generation,
        python=f"{VENV}/bin/python",
        mounts=(Mount(base.venv, VENV), Mount(tree, TREE)),
        env={**_ENVIRONMENT, "PYTHONPATH": TREE},
        certificate_files=(inside,) if certifi.exists() else (),
    )


def _result(runtime: Runtime, results: Sequence[Compiled], seconds: float) -> BuildResult:
    failed = tuple(result.module for result in results if not result.ok)
    log = "\n".join(f"== {result.module}\n{result.log.rstrip()}" for result in results if result.log.strip())
    warnings = tuple(
        line.strip()[:500]
        for result in results
        for line in result.log.splitlines()
        if "warning:" in line.lower() and "NumPy API" not in line
    )
    compiled = tuple(result.module for result in results)
    return BuildResult(not failed, runtime, compiled, failed, log[-65536:], warnings, seconds)
