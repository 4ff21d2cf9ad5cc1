"""Makes trees of the framework runnable: packages, compiled modules and byte code, each built once and kept.

The store is written from upstream's tree alone. What a submission changes is built for it alone and stays in
its own folder.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import ModuleType

from packaging.requirements import Requirement
from packaging.version import Version

from harness import temporary
from harness.frameworks import GENERATIONS
from harness.frameworks.additions import Layer
from harness.frameworks.building import LIMITS, Compiled, Progress, SandboxBuilder, collect
from harness.frameworks.declaration import FILES as DECLARING
from harness.frameworks.declaration import Read, name_of
from harness.frameworks.generation import Compilation, EnvironmentSpec
from harness.frameworks.modules import Keys, ModuleStore, build_upstream
from harness.frameworks.resolving import Environment, Lock, environment
from harness.frameworks.runtime import LAYER, TREE, VENV, Generation, Runtime
from harness.frameworks.sources import BuildInputs
from harness.frameworks.store import digest, get_or_make
from harness.sandbox.protocol import Backend, Limits, Mount

# Raised when what is stored changes its layout.
STORED_AS = "2"
# All of upstream takes three minutes of one core; a submission rebuilds that at most.
SUBMISSION_LIMITS = replace(LIMITS, memory_bytes=4 << 30, cpu_seconds=300, wall_seconds=600)
# In warnings of code that Cython itself writes, whatever it translates.
_OF_CYTHON = ("NumPy API", "-Winvalid-offsetof", "__Pyx_", "__pyx_")
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
    """Upstream, built: what submissions are built upon. `modules` names what it is compiled to, `bytecode` is
    a folder of the store.
    """

    generation: Generation
    environment: Environment
    modules: Keys
    bytecode: Path
    tree: Path

    @property
    def made_of(self) -> str:
        """What a submission's build depends on besides the submission."""
        return digest([*sorted(self.modules.values()), str(self.bytecode), str(self.environment.folder)])


@dataclass(frozen=True)
class BuildResult:
    """A tree made runnable, or why it could not be.

    `compiled` are the modules that were built for this tree alone, `failed` those of them that did not build,
    `log` and `warnings` what the compilers said about them. `seconds` is real time; `out_of_time`: it was up
    before all were built. `runtime` is there even when a module failed: what does not need that module still
    runs.
    """

    ok: bool
    runtime: Runtime
    compiled: tuple[str, ...]
    failed: tuple[str, ...]
    log: str
    warnings: tuple[str, ...]
    seconds: float
    out_of_time: bool = False


def silent(_done: int, _total: int, _module: str) -> None:
    """No progress shown."""


def spec_of(generation: Generation) -> EnvironmentSpec:
    module: ModuleType = GENERATIONS[generation]
    spec: EnvironmentSpec = module.environment_spec()
    return spec


def exported(generation: Generation) -> tuple[str, ...]:
    """What an upstream's export holds: what is run, and what says what it is run with."""
    return (*spec_of(generation).folders, *DECLARING)


def compilation(spec: EnvironmentSpec, read: Read, lock: Lock) -> Compilation:
    """How a tree's modules are built with the compilers of `lock`.

    Where a declared Cython 3 gave way to 0.29, functions of one argument take it by name all the same: the
    default of `always_allow_keywords` changed in 3.0 (Cython's change log, 3.0.0 alpha 1).
    """
    how = spec.compilation(read)
    if any(_major(each) < 3 for each in lock.packages if name_of(each) == "cython") and any(
        _major(each.declared) >= 3 for each in lock.relaxations if name_of(each.declared) == "cython"
    ):
        return replace(how, directives={"always_allow_keywords": True, **how.directives})
    return how


def _major(demand: str) -> int:
    """Of the version that a demand asks for at least; 0 where it names none."""
    wanted = (each for each in Requirement(demand).specifier if each.operator in ("==", ">=", "~="))
    return max((Version(each.version.removesuffix(".*")).major for each in wanted), default=0)


class EnvironmentBuilder:
    """Prepares trees in `cache`, with compilers in `backend`; `limits` are those of a submission's build."""

    def __init__(self, cache: Path, backend: Backend, limits: Limits = SUBMISSION_LIMITS) -> None:
        self._cache = cache
        self._backend = backend
        self._limits = limits

    def upstream(
        self, tree: Path, generation: Generation, progress: Progress = silent, as_of: datetime | None = None
    ) -> Base:
        """Build upstream's exported `tree`, about 90 s on two cores the first time, nothing later.

        Its packages are those that it declares, as they were at `as_of`. Raises NoInterpreterError or
        NotInstalledError, which the user can put right, and OurFailure when upstream itself does not build.
        """
        spec, read = spec_of(generation), reading(tree)
        made = environment(self._cache, spec, spec.declared(read), as_of)
        how = compilation(spec, read, made.lock)
        keys = BuildInputs.read(tree, how.folder).keys(_made_with(made, how))
        builder = SandboxBuilder(self._backend, made.folder, _ENVIRONMENT)
        build_upstream(self._modules, builder, tree, keys, how, progress)
        bytecode = get_or_make(
            self._cache / "bytecode",
            digest([STORED_AS, made.lock.python, *_python_digests(tree, spec.folders)]),
            lambda place: _precompile(builder, tree, spec.folders, place),
        )
        return Base(generation, made, keys, bytecode, tree)

    def prepare(
        self, base: Base, tree: Path, work: Path, progress: Progress = silent, earlier: Path | None = None
    ) -> BuildResult:
        """Make an exported `tree`, a submission's or upstream's own, runnable in the new folder `work`.

        `earlier` is upstream's where the submission's work began: what is as it was there is upstream's too.
        """
        how = compilation(spec_of(base.generation), reading(base.tree), base.environment.lock)
        work.mkdir(parents=True)
        ours = work / "tree"
        _copy_sources(tree, spec_of(base.generation).folders, ours)
        _adopt_bytecode(base, ours)
        keys = BuildInputs.read(ours, how.folder).keys(_made_with(base.environment, how))
        known = _alike(keys, base.modules)
        if earlier is not None and len(known) < len(keys):
            known |= self._known_earlier(base, earlier, keys, how, progress)
        self._modules.copy_into(ours, known)
        began = time.monotonic()
        results: tuple[Compiled, ...] = ()
        if changed := [module for module in keys if module not in known]:
            builder = SandboxBuilder(self._backend, base.environment.folder, _ENVIRONMENT, self._limits)
            results = builder.compile_modules(ours, changed, how, ours, progress)
        return _result(runtime_of(base, ours), results, time.monotonic() - began)

    def _known_earlier(
        self, base: Base, tree: Path, keys: Keys, how: Compilation, progress: Progress
    ) -> dict[str, str]:
        """Those of `keys` that upstream's earlier `tree` has too, but for what does not build."""
        known = _alike(keys, BuildInputs.read(tree, how.folder).keys(_made_with(base.environment, how)))
        builder = SandboxBuilder(self._backend, base.environment.folder, _ENVIRONMENT)
        failed = {each.module for each in self._modules.complete(builder, tree, known, how, progress)}
        return {module: key for module, key in known.items() if module not in failed}

    @property
    def _modules(self) -> ModuleStore:
        return ModuleStore(self._cache / "modules")


def _alike(keys: Keys, others: Keys) -> dict[str, str]:
    return {module: key for module, key in keys.items() if others.get(module) == key}


def _made_with(made: Environment, how: Compilation) -> tuple[str, ...]:
    return (STORED_AS, made.built_with(), repr(how))


def reading(folder: Path) -> Read:
    """The text of files below a folder that we wrote ourselves."""

    def read(path: str) -> str | None:
        file = folder / path
        return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else None

    return read


def _precompile(builder: SandboxBuilder, tree: Path, folders: Sequence[str], place: Path) -> None:
    with temporary.folder("tree", place) as copy:
        _copy_sources(tree, folders, copy / "tree")
        out = copy / "out"
        out.mkdir()
        builder.precompile(copy / "tree", out)
        collect(out, place / "files", ".pyc", lambda _: True)


def _python_digests(tree: Path, folders: Sequence[str]) -> list[str]:
    inputs = sorted(path for folder in folders for path in (tree / folder).rglob("*.py") if path.is_file())
    return [
        part for path in inputs for part in (path.relative_to(tree).as_posix(), digest([path.read_bytes()]))
    ]


def _copy_sources(tree: Path, folders: Sequence[str], destination: Path) -> None:
    """Regular files only, and nothing compiled: what runs is what can be read."""

    def unwanted(folder: str, names: list[str]) -> list[str]:
        return [
            name
            for name in names
            if name == "__pycache__" or name.endswith(_COMPILED) or (Path(folder) / name).is_symlink()
        ]

    destination.mkdir(parents=True)
    for name in folders:
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


def runtime_of(base: Base, tree: Path, added: Layer | None = None) -> Runtime:
    """How to run a tree that `prepare` made on `base`; `added` are libraries of its own, which go first."""
    venv = base.environment.folder
    certifi = base.environment.packages / "certifi" / "cacert.pem"
    authorities = [f"{VENV}/{certifi.relative_to(venv).as_posix()}"] if certifi.exists() else []
    mounts, path = [Mount(venv, VENV), Mount(tree, TREE)], TREE
    if added and added.folder:
        mounts.append(Mount(added.folder, LAYER))
        path = f"{TREE}:{LAYER}"
        if (added.folder / "certifi" / "cacert.pem").exists():
            authorities.append(f"{LAYER}/certifi/cacert.pem")
    return Runtime(
        generation=base.generation,
        python=f"{VENV}/bin/python",
        mounts=tuple(mounts),
        env={**_ENVIRONMENT, "PYTHONPATH": path},
        certificate_files=tuple(authorities),
    )


def _result(runtime: Runtime, results: Sequence[Compiled], seconds: float) -> BuildResult:
    failed = tuple(result.module for result in results if not result.ok)
    log = "\n".join(f"== {result.module}\n{result.log.rstrip()}" for result in results if result.log.strip())
    warnings = tuple(
        line.strip()[:500]
        for result in results
        for line in result.log.splitlines()
        if "warning:" in line.lower() and not any(mark in line for mark in _OF_CYTHON)
    )
    compiled = tuple(result.module for result in results)
    late = any(result.out_of_time for result in results)
    return BuildResult(not failed, runtime, compiled, failed, log[-65536:], warnings, seconds, late)
