"""What a container engine says of itself, as far as a sandbox depends on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import docker

# What /info says of a limit: its field, what it bounds and the cgroup controller that does.
_LIMITS = {"MemoryLimit": ("memory", "memory"), "PidsLimit": ("processes", "pids")}


@dataclass(frozen=True)
class Traits:
    """`kind` is "Docker" or "Podman"; `unlimited` names what the engine cannot bound."""

    kind: str
    version: str
    system: str
    cgroup: str
    storage: str
    rootless: bool
    remapped: bool
    seccomp: bool
    runtimes: frozenset[str]
    default_runtime: str
    unlimited: tuple[str, ...]

    @property
    def podman(self) -> bool:
        return self.kind == "Podman"

    def why_not(self, runtime: str | None) -> str | None:
        """Why jobs cannot be run by it, under that runtime if one is given; what helps comes after the →."""
        if self.system != "linux":
            return f"the engine runs {self.system or 'an unknown system'}, not Linux → use a Linux engine"
        if runtime and runtime not in self.runtimes:
            known = ", ".join(sorted(self.runtimes)) or "none"
            return (
                f"the engine has no runtime {runtime}, only {known} → name it in the engine's "
                f'"runtimes" (for Docker in /etc/docker/daemon.json) and start the engine anew'
            )
        if self.unlimited:
            help_ = (
                "let systemd delegate these cgroup controllers to your user "
                "(https://rootlesscontaine.rs/getting-started/common/cgroup2/)"
                if self.rootless
                else "start it where cgroups are mounted and may be written"
            )
            return f"the engine cannot limit {' and '.join(self.unlimited)} → {help_}"
        return None

    def __str__(self) -> str:
        manner = " rootless" if self.rootless else ""
        return f"{self.kind} {self.version}{manner}"


def traits_of(client: docker.DockerClient) -> Traits:
    """Ask the engine. Raises DockerException, or OSError where it answers in no way we know."""
    info: dict[str, Any] = client.info()
    version: dict[str, Any] = client.version()
    components = [str(each.get("Name", "")) for each in version.get("Components") or ()]
    options = " ".join(info.get("SecurityOptions") or ())
    said = Traits(
        kind="Podman" if any("podman" in name.lower() for name in components) else "Docker",
        version=str(version.get("Version", "unknown")),
        system=str(info.get("OSType", "")).lower(),
        cgroup=f"{info.get('CgroupDriver', 'none')} v{info.get('CgroupVersion', '?')}",
        storage=str(info.get("Driver", "")),
        rootless="name=rootless" in options,
        remapped="name=userns" in options,
        seccomp="name=seccomp" in options,
        runtimes=frozenset(info.get("Runtimes") or ()),
        default_runtime=str(info.get("DefaultRuntime", "")),
        unlimited=tuple(what for field, (what, _) in _LIMITS.items() if not info.get(field)),
    )
    return _corrected(said, client) if said.podman else said


def _corrected(said: Traits, client: docker.DockerClient) -> Traits:
    """Podman's Docker dialect keeps quiet about users, and promises limits that it has no controller for."""
    answer = client.api.get(f"{client.api.base_url}/v4.0.0/libpod/info", timeout=60)
    answer.raise_for_status()
    host: dict[str, Any] = answer.json()["host"]
    controllers = host.get("cgroupControllers") or ()
    return replace(
        said,
        rootless=bool(host["security"]["rootless"]),
        unlimited=tuple(what for what, controller in _LIMITS.values() if controller not in controllers),
    )
