"""A generation's packages, installed once for every pin set and interpreter."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

from harness.errors import UserError
from harness.frameworks.generation import EnvironmentSpec
from harness.frameworks.interpreter import Interpreter
from harness.frameworks.store import digest, get_or_make
from harness.ownership import dies_with_us

INSTALL_SECONDS = 1800
# What people have set for pip counts for uv too, where uv itself is not told anything.
_FROM_PIP = {
    "PIP_INDEX_URL": "UV_DEFAULT_INDEX",
    "PIP_EXTRA_INDEX_URL": "UV_INDEX",
    "PIP_FIND_LINKS": "UV_FIND_LINKS",
    "PIP_CERT": "SSL_CERT_FILE",
}


class NotInstalledError(UserError):
    """The packages could not be had."""


def key_of(spec: EnvironmentSpec, interpreter: Interpreter) -> str:
    return digest([spec.pins.read_bytes(), str(interpreter.path), interpreter.label, platform.machine()])


def environment(cache: Path, spec: EnvironmentSpec, interpreter: Interpreter) -> Path:
    """The folder of the virtual environment, made unless it is there. Raises NotInstalledError."""

    def make(folder: Path) -> None:
        _uv("venv", "--no-project", "--python", str(interpreter.path), "--allow-existing", str(folder))
        python = str(folder / "bin" / "python")
        _uv("pip", "install", "--python", python, "--compile-bytecode", "-r", str(spec.pins))

    return get_or_make(cache / "environments", key_of(spec, interpreter), make)


def packages_folder(venv: Path) -> Path:
    """Where its packages lie."""
    return next((venv / "lib").glob("python3*")) / "site-packages"


def _uv(*arguments: str) -> None:
    environment = {**os.environ}
    environment.pop("VIRTUAL_ENV", None)
    for theirs, ours in _FROM_PIP.items():
        if theirs in os.environ and ours not in os.environ:
            environment[ours] = os.environ[theirs]
    command = [*dies_with_us(), sys.executable, "-m", "uv", "--quiet", *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=INSTALL_SECONDS, env=environment, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise NotInstalledError(f"`uv {arguments[0]}` took more than {INSTALL_SECONDS} s") from error
    if done.returncode:
        said = done.stderr.strip()[-1500:]
        raise NotInstalledError(
            f"the framework's packages could not be installed:\n{said}",
            where=arguments[-1],
            hint="check the connection to the package index, then run the same command again",
        )
