"""What it takes to run one tree of the framework in a sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from harness.sandbox import inside
from harness.sandbox.identity import PLAIN
from harness.sandbox.protocol import Job, Limits, Mount

Generation = Literal["v2", "v1", "v0"]

INSIDE = Path(inside.__file__).resolve().parent
# Paths inside the sandbox. They are the same everywhere, so that nothing built for them names this machine.
VENV = "/venv"
LAYER = "/layer"
TREE = "/tree"


@dataclass(frozen=True)
class Runtime:
    """An environment and a built tree, ready to be mounted.

    `python` is the interpreter's path inside; `certificate_files` are paths inside where a package keeps a
    list of authorities of its own, to be covered by ours.
    """

    generation: Generation
    python: str
    mounts: tuple[Mount, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    certificate_files: tuple[str, ...] = ()


def our_program(
    runtime: Runtime, program: str, order: str, limits: Limits, *mounts: Mount, background: bool = False
) -> Job:
    """A program of ours (a module of `inside`) in the runtime, with one argument and no way out."""
    ours = Mount(INSIDE, f"{PLAIN.folder}/{PLAIN.package}")
    return Job(
        argv=(runtime.python, "-m", f"{PLAIN.package}.{program}", order),
        mounts=(*runtime.mounts, ours, *mounts),
        env={**runtime.env, "PYTHONPATH": f"{PLAIN.folder}:{runtime.env['PYTHONPATH']}"},
        limits=limits,
        background=background,
    )
