"""Where a container engine may listen: what the user set for the docker command, else the usual sockets."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LOCAL = "unix://"


@dataclass(frozen=True)
class Address:
    """One engine's address. `certificates` is a folder of the client's TLS files, `source` who named it."""

    url: str
    source: str
    certificates: str | None = None

    @property
    def local(self) -> bool:
        """Whether it is a socket of this machine."""
        return self.url.startswith(_LOCAL)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead Docker's own tools and the SDK there."""
        tls = {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": self.certificates} if self.certificates else {}
        return {"DOCKER_HOST": self.url, **tls}

    def knock(self) -> None:
        """Raise OSError where nobody listens at a local socket: the SDK leaks one for each try that fails."""
        if self.local:
            with socket.socket(socket.AF_UNIX) as handle:
                handle.settimeout(5)
                handle.connect(self.url.removeprefix(_LOCAL))

    def __str__(self) -> str:
        return f"{self.url} ({self.source})"


def candidates(environ: Mapping[str, str] = os.environ) -> tuple[Address, ...]:
    """The engines to try, in order. One that the user named is the only one."""
    if url := environ.get("DOCKER_HOST"):
        path = environ.get("DOCKER_CERT_PATH", str(_configuration(environ)))
        return (Address(url, "DOCKER_HOST", path if environ.get("DOCKER_TLS_VERIFY") else None),)
    if context := _context(environ):
        return (context,)
    return tuple(
        Address(f"{_LOCAL}{path}", "usual place") for path in _usual_sockets(environ) if path.is_socket()
    )


def _usual_sockets(environ: Mapping[str, str]) -> list[Path]:
    """Docker's of the machine, then the user's own engines': rootless Docker, Podman."""
    own = Path(environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}")
    found = [Path("/var/run/docker.sock"), own / "docker.sock", own / "podman" / "podman.sock"]
    return [*found, Path("/run/podman/podman.sock")] if os.getuid() == 0 else found


def _configuration(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("DOCKER_CONFIG") or Path.home() / ".docker")


def _context(environ: Mapping[str, str]) -> Address | None:
    """The docker context in use, None for the default one or one that cannot be read."""
    folder = _configuration(environ)
    name = environ.get("DOCKER_CONTEXT") or _read(folder / "config.json").get("currentContext")
    if not isinstance(name, str) or name in ("", "default"):
        return None
    # The docker command names a context's folders so.
    number = hashlib.sha256(name.encode()).hexdigest()
    endpoint = _read(folder / "contexts" / "meta" / number / "meta.json").get("Endpoints", {}).get("docker")
    if not endpoint or not endpoint.get("Host"):
        return None
    certificates = folder / "contexts" / "tls" / number / "docker"
    return Address(
        endpoint["Host"], f"docker context {name}", str(certificates) if certificates.is_dir() else None
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
