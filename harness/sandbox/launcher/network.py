"""A network namespace in which every address is this machine and every connection ends at the shim."""

from __future__ import annotations

import fcntl
import os
import socket
import struct

_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1
# Every address is local, so that a hard-coded one gets an answer too.
_ROUTES = "route add local 0.0.0.0/0 dev lo\n"
_ROUTES_6 = "route add local ::/0 dev lo\n"


def raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        request = struct.pack("16sh22x", b"lo", 0)
        (flags,) = struct.unpack_from("h", fcntl.ioctl(handle, _SIOCGIFFLAGS, request), 16)
        fcntl.ioctl(handle, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | _IFF_UP))


def redirect_all(ip: str, nft: str, tcp_port: int, dns_port: int, with_ipv6: bool) -> None:
    """Send all TCP to `tcp_port` and UDP 53 to `dns_port`, whatever the destination. Needs CAP_NET_ADMIN."""
    _run([ip, "-batch", "-"], _ROUTES + (_ROUTES_6 if with_ipv6 else ""))
    _run([nft, "-f", "-"], ruleset(tcp_port, dns_port))


def ruleset(tcp_port: int, dns_port: int) -> str:
    return f"""table inet harness {{
  chain out {{
    type nat hook output priority -100
    meta l4proto tcp redirect to :{tcp_port}
    udp dport 53 redirect to :{dns_port}
  }}
}}
"""


def _run(argv: list[str], text: str) -> None:
    """Run a program with `text` as its input; its last words are the error."""
    given, said = os.memfd_create("input"), os.memfd_create("output")
    os.write(given, text.encode())
    os.lseek(given, 0, os.SEEK_SET)
    actions = [(os.POSIX_SPAWN_DUP2, source, number) for number, source in enumerate((given, said, said))]
    pid = os.posix_spawn(argv[0], argv, {}, file_actions=actions)
    _, status = os.waitpid(pid, 0)
    words = os.pread(said, 1000, 0).decode("utf-8", "replace").strip()
    os.close(given)
    os.close(said)
    if status != 0:
        raise OSError(f"{' '.join(argv)} failed: {words}")
