"""A released package's sources, from the package index that the user's pip is configured for."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import threading
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

from harness import temporary
from harness.errors import OurFailure, UserError
from harness.forks import limits
from harness.ownership import dies_with_us
from harness.paths import cache_dir, locked

Progress = Callable[[str], None]


def released_tree(package: str, version: str, progress: Progress | None = None) -> Path:
    """The unpacked source distribution of `package` `version`; about 25 s the first time, nothing later.

    `progress` gets pip's lines as they come. Nothing is installed, but pip runs the package's build backend
    to read its metadata: this is for upstream's releases, never for a fork.
    Raises UserError when the index has no such source distribution.
    """
    home = cache_dir() / "released"
    home.mkdir(parents=True, exist_ok=True)
    place = home / f"{package}-{version}"
    with locked(home / f"{package}-{version}.lock"):
        if not place.exists():
            with temporary.folder("fetch", home) as scratch:
                archive = _download(package, version, scratch / "archive", progress or _silent)
                unpacked = unpack(archive, scratch / "unpacked")
                unpacked.rename(place)
    return place


def _download(package: str, version: str, folder: Path, progress: Progress) -> Path:
    command = [
        *dies_with_us(),
        *_pip(),
        "download",
        "--no-deps",
        "--no-binary",
        package,
        "--progress-bar",
        "off",
    ]
    command += ["--dest", str(folder), f"{package}=={version}"]
    progress(f"Getting {package} {version} from the package index")
    # Where its own temporary files go along when we are killed.
    code, last = _followed(command, progress, {**os.environ, "TMPDIR": str(folder.parent)})
    archives = sorted(folder.glob("*.tar.*")) if folder.exists() else []
    if code == 0 and archives:
        return archives[0]
    said = next(
        (line for line in reversed(last) if line.startswith("ERROR")), last[-1] if last else "no output"
    )
    raise UserError(
        f"the source distribution of {package} {version} could not be downloaded: {said}",
        where="the package index",
        hint=f"look at it with `pip download --no-deps --no-binary {package} {package}=={version}`",
    )


def _followed(command: list[str], progress: Progress, env: Mapping[str, str]) -> tuple[int, deque[str]]:
    """The exit code and last lines of a command whose lines go to `progress` as they come."""
    last: deque[str] = deque(maxlen=20)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env
    ) as process:
        timer = threading.Timer(limits.DOWNLOAD_SECONDS, process.kill)
        timer.start()
        try:
            for line in process.stdout or ():
                last.append(line.rstrip())
                progress(line.rstrip())
        except BaseException:
            process.kill()
            raise
        finally:
            timer.cancel()
    return process.returncode, last


def _pip() -> list[str]:
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    for tool in ("uv", "pip", "pip3"):
        if found := shutil.which(tool):
            return [found, "tool", "run", "--python", sys.executable, "pip"] if tool == "uv" else [found]
    raise UserError("pip is not installed", hint="`python -m ensurepip` installs it")


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack a source distribution and give back its one top folder.

    Python's `data` filter refuses names, links and modes that reach outside; sums are limited here.
    """
    total = 0
    try:
        with tarfile.open(archive) as tar:
            for number, member in enumerate(tar):
                total += member.size
                if number > limits.RELEASED_FILES or total > limits.RELEASED_BYTES:
                    raise OurFailure("the source distribution is larger than our limits", where=str(archive))
                tar.extract(member, folder, filter="data")
    except tarfile.TarError as error:
        raise OurFailure(
            f"the source distribution cannot be unpacked: {error}", where=str(archive)
        ) from error
    tops = list(folder.iterdir()) if folder.exists() else []
    if len(tops) != 1 or not tops[0].is_dir():
        raise OurFailure("the source distribution does not have exactly one top folder", where=str(archive))
    return tops[0]


def _silent(_line: str) -> None:
    pass
