"""A trial job: whether a backend really confines what it runs and leads it to the gateway, as it claims."""

from __future__ import annotations

import json
import socket
import sys
import threading
from pathlib import Path

from harness import temporary
from harness.sandbox.protocol import Backend, Job, Limits, SandboxFailure

_MODULES = "ssl, sqlite3, ctypes, zlib, lzma, bz2"
_WORD = b"from outside"
# Addresses that nobody has (RFC 5737, RFC 3849): what answers there is the gateway.
_CODE = f"""
import json, os, socket, {_MODULES}
status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
held = [name for name in ("CapPrm", "CapEff", "CapBnd") if int(status.get(name, "0"), 16)]
try:
    os.close(os.open("/planted", os.O_CREAT | os.O_WRONLY)); writable = True
except OSError:
    writable = False
def call(address):
    try:
        with socket.create_connection((address, 443), 10) as link: return link.recv(100) == {_WORD!r}
    except OSError: return None
# Without IPv6 there is no way for it to go.
led = bool(call("192.0.2.1")) and call("2001:db8::1") is not False
filtered = status.get("Seccomp", "0").strip() == "2"
sealed = status.get("NoNewPrivs", "1").strip() == "1"
print(json.dumps([held, writable, led, filtered, sealed]))
"""


def why_not(backend: Backend, *, filtered: bool = True, remedy: str = "do not use it") -> str | None:
    """Run the trial. Raises SandboxFailure.

    `filtered`: whether the kernel must show a system call filter. `remedy` helps where a wall has a hole.
    """
    # The Python that runs us stands for those that jobs bring: it has to find its libraries in there.
    python = str(Path(sys.executable).resolve())
    with temporary.folder("trial") as folder, socket.socket(socket.AF_UNIX) as server:
        folder.chmod(0o711)
        path = folder / "gateway.sock"
        server.bind(str(path))
        server.listen()
        thread = threading.Thread(target=_answer, args=(server,), daemon=True)
        thread.start()
        try:
            done = backend.run(
                Job((python, "-I", "-S", "-c", _CODE), limits=Limits(wall_seconds=60), gateway=path)
            )
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
    if not done.exit.ok:
        words = done.stderr.decode("utf-8", "replace").strip()[-300:]
        return f"{python} does not run in it: {words or done.exit} → use a Python that does"
    return _verdict(done.stdout, filtered, remedy)


def _verdict(said: bytes, filtered: bool, remedy: str) -> str | None:
    try:
        capabilities, writable, led, has_filter, sealed = json.loads(said)
    except ValueError as error:
        raise SandboxFailure(f"the trial run printed {said[:200]!r}") from error
    flaws = [f"keep capabilities ({', '.join(capabilities)})"] if capabilities else []
    flaws += ["may write to the root file system"] if writable else []
    flaws += ["can gain privileges"] if not sealed else []
    flaws += ["run without a seccomp filter"] if filtered and not has_filter else []
    flaws += ["do not reach the gateway with every connection"] if not led else []
    return f"jobs {', '.join(flaws)} → {remedy}" if flaws else None


def _answer(server: socket.socket) -> None:
    """Be the gateway: say the word on every connection that the shim hands over."""
    while True:
        try:
            shim, _ = server.accept()
        except OSError:
            return
        with shim:
            _, descriptors, _, _ = socket.recv_fds(shim, 4096, 1)
            for descriptor in descriptors:
                with socket.socket(fileno=descriptor) as link:
                    link.sendall(_WORD)
