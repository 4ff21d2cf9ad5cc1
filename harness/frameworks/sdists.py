"""Packages that the index has only as sources: their wheel is built in the sandbox, with no network.

Outside, a source distribution is a file: two of its texts are read, nothing of it runs.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
import tomllib
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from harness import temporary
from harness.frameworks import uv
from harness.frameworks.declaration import name_of
from harness.frameworks.resolving import Environment
from harness.frameworks.runtime import INSIDE, VENV
from harness.sandbox.protocol import WORK, Backend, Completed, Job, Limits, Mount

LIMITS = Limits(
    memory_bytes=2 << 30, tmp_bytes=1 << 30, file_bytes=256 << 20, output_bytes=128 << 20,
    cpu_seconds=300, wall_seconds=600,
)  # fmt: skip
MAX_BYTES = 64 << 20
MAX_MEMBERS = 20_000
MAX_TEXT = 1 << 18
DOWNLOAD_SECONDS = 60
LEGACY = ("setuptools.build_meta:__legacy__", ("setuptools", "wheel"))


class NotBuiltError(Exception):
    """There is no wheel of it; the text says why."""


@dataclass(frozen=True)
class _Building:
    """What its `pyproject.toml` says of building it."""

    backend: str
    requires: tuple[str, ...]
    backend_path: tuple[str, ...] = ()


@dataclass(frozen=True)
class Builder:
    """Builds wheels for `environment` into the folder `place`; the index is asked as it was at `as_of`."""

    backend: Backend
    environment: Environment
    as_of: datetime | None
    place: Path

    def wheel(self, requirement: str) -> Path:
        """The wheel of the newest fitting release. Raises NotBuiltError."""
        with temporary.folder("sdist", self.place) as scratch:
            archive = self._archive(requirement, scratch)
            said = _building(archive)
            more = json.loads(self._run("requires", archive, said, self._tools(said.requires, scratch)))
            wanted = (*said.requires, *(str(each) for each in more["requires"]))
            tools = self._tools(wanted, scratch)
            name, data = _wheel_in(self._run("build", archive, said, tools), requirement)
        target = self.place / name
        target.write_bytes(data)
        return target

    def _archive(self, requirement: str, scratch: Path) -> Path:
        found = uv.source_of(self.environment.python, requirement, self.as_of, scratch)
        if found is None:
            raise NotBuiltError("the package index has no release of it that fits")
        url, expected = found
        if not url.partition("?")[0].endswith((".tar.gz", ".tar.bz2", ".tgz")):
            raise NotBuiltError(f"its sources are no tar archive: {url}")
        try:
            with urllib.request.urlopen(url, timeout=DOWNLOAD_SECONDS) as reply:  # noqa: S310 - the index's
                data = reply.read(MAX_BYTES + 1)
        except OSError as error:
            raise NotBuiltError(f"its sources could not be had: {error}") from error
        if len(data) > MAX_BYTES or (expected and hashlib.sha256(data).hexdigest() != expected):
            raise NotBuiltError("its sources are too large, or not those that the index lists")
        archive = scratch / "sources.tar"
        archive.write_bytes(data)
        return archive

    def _tools(self, requires: tuple[str, ...], scratch: Path) -> Path:
        """A folder with what building needs, from wheels."""
        python = self.environment.python
        answer = uv.compiled(python, requires, as_of=self.as_of, wheels_only=(":all:",), folder=scratch)
        if answer.packages is None:
            raise NotBuiltError(f"what it is built with cannot be had: {answer.why}")
        target = scratch / f"tools-{len(requires)}"
        uv.install_wheels(python, answer.packages, target, scratch)
        target.mkdir(exist_ok=True)
        return target

    def _run(self, step: str, archive: Path, said: _Building, tools: Path) -> bytes:
        order = {
            "sdist": "/sdist/sources.tar", "backend": said.backend,
            "backend_path": list(said.backend_path), "step": step,
        }  # fmt: skip
        archive.parent.chmod(0o755)
        done = self.backend.run(
            Job(
                (f"{VENV}/bin/python", "-m", "inside.wheel", json.dumps(order)),
                (
                    Mount(self.environment.folder, VENV),
                    Mount(INSIDE, "/harness/inside"),
                    Mount(archive, "/sdist/sources.tar"),
                    Mount(tools, "/tools"),
                ),
                {
                    "PATH": "/usr/bin:/bin",
                    "HOME": WORK,
                    "LANG": "C.UTF-8",
                    "PYTHONPATH": "/harness:/tools",
                },
                limits=LIMITS,
            )
        )
        return _said(done, step)


def _said(done: Completed, step: str) -> bytes:
    if not done.exit.ok:
        words = done.stderr.decode("utf-8", "replace").strip()[-600:]
        raise NotBuiltError(f"its {step} step ended with {done.exit.code or done.exit.reason}: {words}")
    return done.stdout


def _building(archive: Path) -> _Building:
    """Raises NotBuiltError on what is no archive, or whose `pyproject.toml` is none."""
    backend, requires = LEGACY
    try:
        with tarfile.open(archive) as tar:
            for number, member in enumerate(tar):
                if number > MAX_MEMBERS:
                    break
                if (
                    member.isfile()
                    and member.name.count("/") == 1
                    and member.name.endswith("/pyproject.toml")
                ):
                    source = tar.extractfile(member)
                    text = source.read(MAX_TEXT).decode("utf-8") if source else ""
                    table = tomllib.loads(text).get("build-system", {})
                    return _Building(
                        str(table.get("build-backend", backend)),
                        tuple(map(str, table.get("requires", requires))),
                        tuple(map(str, table.get("backend-path", ()))),
                    )
    except (tarfile.TarError, OSError, EOFError, ValueError, AttributeError, TypeError) as error:
        raise NotBuiltError(f"its sources cannot be read: {error}") from error
    return _Building(backend, requires)


def _wheel_in(said: bytes, requirement: str) -> tuple[str, bytes]:
    """What was built is a wheel of what was asked for, whatever it says."""
    line, _, data = said.partition(b"\n")
    try:
        told = json.loads(line)
        name, size = str(told["file"]), int(told["size"])
        package = parse_wheel_filename(name)[0]
    except (ValueError, KeyError, TypeError, InvalidWheelFilename) as error:
        raise NotBuiltError(f"no wheel came: {error}") from error
    if package != canonicalize_name(name_of(requirement)) or len(data) != size or "/" in name:
        raise NotBuiltError(f"a wheel of {package} came in place of {name_of(requirement)}")
    return name, data
