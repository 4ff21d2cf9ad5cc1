"""Runs uv: the only place that asks a package index for what trees of the framework need."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from harness.errors import UserError
from harness.ownership import dies_with_us

SECONDS = 900.0
# What people have set for pip counts for uv too, where uv itself is not told anything.
_FROM_PIP = {
    "PIP_INDEX_URL": "UV_DEFAULT_INDEX",
    "PIP_EXTRA_INDEX_URL": "UV_INDEX",
    "PIP_FIND_LINKS": "UV_FIND_LINKS",
    "PIP_CERT": "SSL_CERT_FILE",
}
_UNSOLVED = re.compile(r"No solution found|No compatible|unsatisfiable")
_UNBUILT = re.compile(
    r"(?:Failed to (?:download and )?build|Failed to prepare)\b[^`\n]*`([\w.-]+?)(?:==[^`]*)?`"
)
_WHEELLESS = re.compile(r"Wheels are required for `([\w.-]+)`")
_UNDATED = "missing an upload date"
_OFFLINE = "network was disabled"
# Packages of which an index of an earlier day has no usable file, and the day from which on it has one: files
# of atomicwrites were deleted and uploaded anew in July 2022; Twisted before 21.2.0 is .tar.bz2 (pypi.org).
_USABLE_FROM = {
    "atomicwrites": datetime(2022, 8, 1, tzinfo=UTC),
    "twisted": datetime(2021, 3, 1, tzinfo=UTC),
}


class NotInstalledError(UserError):
    """The packages could not be had."""


@dataclass(frozen=True)
class Answer:
    """`packages` are exact versions, None where there is no solution; `why` is then uv's reason.

    `unbuilt` are packages whose source distributions do not build here, `without_wheels` those that have no
    wheel and were not to be built. `undated`: the index does not say
    when its files were uploaded, so none of them counts as old enough. `unknown`: it was not to be asked, and
    what it said before is not enough.
    """

    packages: tuple[str, ...] | None
    why: str = ""
    unbuilt: tuple[str, ...] = ()
    without_wheels: tuple[str, ...] = ()
    undated: bool = False
    unknown: bool = False


def compiled(
    python: Path,
    requirements: Sequence[str],
    *,
    as_of: datetime | None = None,
    preferred: Sequence[str] = (),
    wheels_only: Sequence[str] = (),
    with_dependencies: bool = True,
    overriding: Sequence[str] = (),
    offline: bool = False,
    seconds: float = SECONDS,
    folder: Path,
) -> Answer:
    """What `requirements` come to for the interpreter, with what was on the index at `as_of`.

    `preferred` are versions to stay with where nothing speaks against them; `wheels_only` names packages that
    may not be built from source, `:all:` is every one: then nothing of any package runs. `overriding` are
    versions that go before what packages demand of each other. `offline`: by what the index said before,
    nothing is asked. `folder` is scratch.
    Raises NotInstalledError where the index does not answer, or this took more than `seconds`.
    """
    wanted, out = folder / "wanted.in", folder / "locked.txt"
    wanted.write_text("".join(f"{each}\n" for each in requirements), encoding="utf-8")
    out.write_text("".join(f"{each}\n" for each in preferred), encoding="utf-8")
    options = ["--python", str(python), "--no-header", "--no-annotate", "--no-python-downloads"]
    if as_of:
        options += ["--exclude-newer", as_of.isoformat()]
        later = {name: day for name, day in _USABLE_FROM.items() if as_of < day}
        options += [f"--exclude-newer-package={name}={day.date()}" for name, day in later.items()]
    options += [part for name in wheels_only for part in ("--only-binary", name)]
    options += [] if with_dependencies else ["--no-deps"]
    options += ["--offline"] if offline else []
    if overriding:
        absolute = folder / "overriding.in"
        absolute.write_text("".join(f"{each}\n" for each in overriding), encoding="utf-8")
        options += ["--override", str(absolute)]
    done = _run("pip", "compile", *options, "--output-file", str(out), str(wanted), seconds=seconds)
    if done.returncode == 0:
        lines = out.read_text(encoding="utf-8").splitlines()
        return Answer(tuple(line.strip() for line in lines if line.strip() and line[0] not in "#- "))
    if offline and _OFFLINE in done.stderr:
        return Answer(None, unknown=True)
    unbuilt = unbuilt_in(done.stderr)
    if not unbuilt and not _UNSOLVED.search(done.stderr):
        raise _not_had(done.stderr)
    wheelless = tuple(map(canonicalize_name, _WHEELLESS.findall(done.stderr)))
    return Answer(None, reason_in(done.stderr), unbuilt, wheelless, _UNDATED in done.stderr)


def hashed(python: str, packages: Sequence[str], folder: Path) -> str:
    """A requirements file of exactly these, each with the SHA-256 of every file that the index has of it.

    `python` is a version. `folder` is scratch. Raises NotInstalledError.
    """
    wanted, out = folder / "wanted.in", folder / "hashed.txt"
    wanted.write_text("".join(f"{each}\n" for each in packages), encoding="utf-8")
    options = ["--python-version", python, "--no-deps", "--generate-hashes", "--no-header", "--no-annotate"]
    done = _run("pip", "compile", *options, "--output-file", str(out), str(wanted))
    if done.returncode:
        raise _not_had(done.stderr)
    return out.read_text(encoding="utf-8")


def install(python: Path, packages: Sequence[str], folder: Path, seconds: float = SECONDS) -> tuple[str, ...]:
    """Install exactly these and nothing that they depend on; gives those that do not build from source.

    `folder` is scratch. Raises NotInstalledError where it fails for any other reason.
    """
    listed = folder / "locked.txt"
    listed.write_text("".join(f"{each}\n" for each in packages), encoding="utf-8")
    options = ("--python", str(python), "--no-deps", "--compile-bytecode")
    done = _run("pip", "install", *options, "-r", str(listed), seconds=seconds)
    if done.returncode == 0:
        return ()
    if unbuilt := unbuilt_in(done.stderr):
        return unbuilt
    raise _not_had(done.stderr)


def install_wheels(python: Path, packages: Sequence[str], target: Path, folder: Path) -> None:
    """Unpack wheels of exactly these (or at these paths) into `target`. Nothing of them runs."""
    listed = folder / "layer.txt"
    listed.write_text("".join(f"{each}\n" for each in packages), encoding="utf-8")
    options = ("--python", str(python), "--no-deps", "--only-binary", ":all:", "--target", str(target))
    done = _run("pip", "install", *options, "-r", str(listed))
    if done.returncode:
        raise _not_had(done.stderr)


def source_of(
    python: Path, requirement: str, as_of: datetime | None, folder: Path
) -> tuple[str, str | None] | None:
    """The address and SHA-256 of the source distribution of the newest release that fits, None without one.

    Nothing of it is looked into: uv is told that it depends on nothing. `folder` is scratch.
    """
    settings, out, wanted = (folder / name for name in ("uv.toml", "pylock.toml", "source.in"))
    name = canonicalize_name(Requirement(requirement).name)
    settings.write_text(f'[[dependency-metadata]]\nname = "{name}"\nrequires-dist = []\n', encoding="utf-8")
    wanted.write_text(f"{requirement}\n", encoding="utf-8")
    options = ["--config-file", str(settings), "pip", "compile", "--python", str(python), "--no-deps"]
    options += ["--exclude-newer", as_of.isoformat()] if as_of else []
    done = _run(*options, "--format", "pylock.toml", "--output-file", str(out), str(wanted))
    if done.returncode:
        if _UNSOLVED.search(done.stderr):
            return None
        raise _not_had(done.stderr)
    (package,) = tomllib.loads(out.read_text(encoding="utf-8"))["packages"]
    sdist = package.get("sdist")
    return (sdist["url"], sdist.get("hashes", {}).get("sha256")) if sdist else None


def new_environment(interpreter: Path, place: Path) -> None:
    done = _run("venv", "--no-project", "--python", str(interpreter), "--allow-existing", str(place))
    if done.returncode:
        raise _not_had(done.stderr)


def install_python(version: str) -> bool:
    """Whether uv could bring that Python."""
    return _run("python", "install", "--quiet", version, seconds=300).returncode == 0


@cache
def pythons_folder() -> Path | None:
    """Where uv keeps the Pythons that it brought."""
    done = _run("python", "dir", seconds=30)
    return Path(done.stdout.strip()) if done.returncode == 0 and done.stdout.strip() else None


def unbuilt_in(stderr: str) -> tuple[str, ...]:
    """Packages that uv says it could not build."""
    return tuple(dict.fromkeys(canonicalize_name(name) for name in _UNBUILT.findall(stderr)))


def reason_in(stderr: str) -> str:
    """uv's explanation in one piece, without its frame."""
    lines = [re.sub(r"^[\s×│╰▶─├]*(error:|cause:)?\s*", "", line) for line in stderr.splitlines()]
    return " ".join(line for line in lines if line)[:1500]


def _not_had(stderr: str) -> NotInstalledError:
    return NotInstalledError(
        f"the framework's packages could not be installed:\n{stderr.strip()[-1500:]}",
        where="the package index",
        hint="check the connection to the package index, then run the same command again",
    )


def _run(*arguments: str, seconds: float = SECONDS) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NO_COLOR": "1"}
    environment.pop("VIRTUAL_ENV", None)
    for theirs, ours in _FROM_PIP.items():
        if theirs in os.environ and ours not in os.environ:
            environment[ours] = os.environ[theirs]
    command = [*dies_with_us(), sys.executable, "-m", "uv", "--no-progress", *arguments]
    try:
        # Not where we are: a fork's uv.toml may lie there.
        return subprocess.run(
            command, capture_output=True, text=True, timeout=seconds, env=environment, cwd="/", check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _out_of_time(arguments, seconds) from error


def _out_of_time(arguments: Sequence[str], seconds: float) -> NotInstalledError:
    return NotInstalledError(
        f"the framework's packages could not be installed: `uv {' '.join(arguments[:2])}` took more than "
        f"{seconds:.0f} s",
        where="the package index",
        hint="run it again when the machine is less busy; what uv downloaded so far is kept",
    )
