"""The image that the docker backend runs jobs in, and how it is made with and without a registry."""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import docker
from docker.errors import APIError, BuildError, ImageNotFound

from harness import temporary
from harness.errors import UserError
from harness.ownership import dies_with_us
from harness.sandbox import engine
from harness.sandbox.protocol import NoSandboxError, SandboxFailure

Progress = Callable[[str], None]

DOCKERFILE = Path(__file__).resolve().parents[2] / "Dockerfile"
REPOSITORY = "connector-harness-sandbox"
_BASE_REPOSITORY = "connector-harness-base"
# mmdebstrap copies them from this machine.
_FORGET = '--customize-hook=rm -f "$1/etc/resolv.conf" "$1/etc/hostname"'
_APT_SOURCES = ("/etc/apt/sources.list", "/etc/apt/sources.list.d/debian.sources")


def tag() -> str:
    """The image's name; it changes with the Dockerfile, so that a stale image is never used."""
    return f"{REPOSITORY}:{hashlib.sha256(DOCKERFILE.read_bytes()).hexdigest()[:12]}"


def exists(client: docker.DockerClient) -> bool:
    try:
        client.images.get(tag())
    except ImageNotFound:
        return False
    return True


def build(progress: Progress, base: str | None = None) -> str:
    """Build the image and return its name; `progress` is told each step.

    From `base` if given, else from the Dockerfile's own base where a registry answers, else from one made of
    Debian packages. Raises NoSandboxError when no engine answers or the tool for the last way is missing,
    UserError when the build from `base` fails, SandboxFailure when another does.
    """
    client = docker.from_env(timeout=600, environment=engine.address().environment)
    try:
        if base:
            _build(client, base, progress)
        else:
            _build_from_what_there_is(client, progress)
    except (APIError, BuildError) as error:
        if base:
            hint = "name a Debian image that this machine has or its engine can pull"
            raise UserError(
                f"the image was not built from {base!r}: {_first_line(error)}", where="--base", hint=hint
            ) from error
        raise SandboxFailure(
            f"the image was not built: {_first_line(error)}", where=str(DOCKERFILE)
        ) from error
    finally:
        client.close()
    return tag()


def _build_from_what_there_is(client: docker.DockerClient, progress: Progress) -> None:
    try:
        _build(client, None, progress)
        progress("The base came from a registry.")
    except (APIError, BuildError) as error:
        progress(f"Not from a registry ({_first_line(error)}): making a base from Debian packages instead.")
        _build(client, _debian_base(client, progress), progress)
        progress("The base was made here from Debian packages.")


def _build(client: docker.DockerClient, base: str | None, progress: Progress) -> None:
    """One build on `base`, on the Dockerfile's own where that is None."""
    steps = client.api.build(
        fileobj=io.BytesIO(DOCKERFILE.read_bytes()),
        tag=tag(),
        buildargs={"BASE_IMAGE": base} if base else {},
        rm=True,
        forcerm=True,
        decode=True,
    )
    for step in steps:
        if "error" in step:
            raise BuildError(step["error"], iter(()))
        if text := step.get("stream", "").strip():
            progress(text)


def _debian_base(client: docker.DockerClient, progress: Progress) -> str:
    """Bootstrap Debian of this machine's release (its interpreters run there) and import it."""
    tool = shutil.which("mmdebstrap")
    if tool is None:
        raise NoSandboxError("mmdebstrap is not installed", hint="sudo apt-get install mmdebstrap")
    release, packages = debian_release(Path("/etc/os-release").read_text()), packages_wanted()
    sources = [path for path in _APT_SOURCES if Path(path).is_file()][-1:]
    with temporary.folder("base") as folder:
        archive = folder / "base.tar"
        command = [
            *dies_with_us(),
            tool,
            "--variant=minbase",
            f"--include={','.join(packages)}",
            _FORGET,
            release,
            str(archive),
            *sources,
        ]
        progress(f"mmdebstrap {release}, {len(packages)} packages")
        env = {**os.environ, "TMPDIR": str(folder)}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
        if done.returncode != 0:
            raise SandboxFailure(f"mmdebstrap failed: {done.stderr.strip()[-1000:]}", where=" ".join(command))
        progress("importing the base into the engine")
        client.api.import_image(str(archive), repository=_BASE_REPOSITORY, tag=release)
    return f"{_BASE_REPOSITORY}:{release}"


def packages_wanted() -> tuple[str, ...]:
    """The Debian packages that the Dockerfile names."""
    found = re.search(r'^ARG PACKAGES="([^"]+)"', DOCKERFILE.read_text(), re.MULTILINE)
    if found is None:
        raise SandboxFailure("no ARG PACKAGES line", where=str(DOCKERFILE))
    return tuple(found[1].split())


def debian_release(os_release: str) -> str:
    """The code name in an os-release file, Debian 12's where it is no Debian's."""
    fields = dict(line.split("=", 1) for line in os_release.splitlines() if "=" in line)
    name = fields.get("VERSION_CODENAME", "").strip('"')
    return name if fields.get("ID", "").strip('"') == "debian" and name else "bookworm"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
