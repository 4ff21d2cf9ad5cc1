"""The container that owns a job's network and runs the shim; the host's side of `launcher/keeper.py`."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path

import docker
from docker.errors import DockerException
from docker.types import Mount, Ulimit

from harness.sandbox import engine, etc, image, settings
from harness.sandbox.container import attach, frames
from harness.sandbox.protocol import SandboxFailure

_HERE = Path(__file__).resolve().parent
_PROGRAM = (
    "import sys; sys.path.insert(0, '/harness'); "
    "from launcher.keeper import main; main('/harness/gateway.sock')"
)
_READY = b"ready\n"
_READY_SECONDS = 60


class Keeper:
    """Started by the constructor; nothing may run in its network before `await_ready` has returned."""

    def __init__(self, client: docker.DockerClient, gateway: Path) -> None:
        self._container = client.containers.create(
            image.tag(),
            ["python3", "-I", "-S", "-c", _PROGRAM],
            **settings.shared(),
            network_mode="none",
            # Engines switch IPv6 off: then what tries it would fail unseen.
            sysctls={"net.ipv6.conf.all.disable_ipv6": "0"} if socket.has_ipv6 else {},
            hostname=etc.HOST,
            cap_add=["NET_ADMIN", "NET_RAW", "SETUID", "SETGID"],
            security_opt=["no-new-privileges"],
            pids_limit=32,
            ulimits=[Ulimit(name="nofile", soft=4096, hard=4096), *settings.nproc()],
            mem_limit=256 << 20,
            mounts=[
                engine.bind(_HERE / "launcher", "/harness/launcher"),
                engine.bind(_HERE / "inside" / "shim.py", "/harness/inside/shim.py"),
                Mount("/harness/gateway.sock", str(gateway.resolve()), type="bind"),
            ],
        )
        try:
            # Held open: when this process ends, the keeper's stdin ends, and the keeper with it.
            self._stream = attach(client, self._container)
            self._reader = self._stream.makefile("rb")
            self._container.start()
        except BaseException:
            self.remove()
            raise

    @property
    def network(self) -> str:
        """The job's `network_mode`."""
        return f"container:{self._container.id}"

    def await_ready(self) -> None:
        """Wait until every way out leads to the shim. Raises SandboxFailure when that cannot be set up."""
        words = b""
        try:
            self._stream.settimeout(_READY_SECONDS)
            for _, data in frames(self._reader):
                words += data
                if words.endswith(_READY):
                    return
        except TimeoutError:
            words += f"\nno word for {_READY_SECONDS} s".encode()
        raise SandboxFailure(f"the shim's container failed: {words.decode('utf-8', 'replace')[-1000:]}")

    def remove(self) -> None:
        with contextlib.suppress(DockerException):
            self._container.remove(force=True)
        for handle in ("_reader", "_stream"):
            if hasattr(self, handle):
                getattr(self, handle).close()
