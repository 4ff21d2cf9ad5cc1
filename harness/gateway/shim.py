"""What the shim says: JSON lines, one for each connection it passes on, name looked up or datagram seen."""

from __future__ import annotations

import json
import os
import socket
import stat
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass

from harness.gateway.waiting import readable

LONGEST_LINE = 4096
MOST_DESCRIPTORS = 8  # in one message


@dataclass(frozen=True)
class Connected:
    """A TCP connection taken in the sandbox, with the address that the client asked for."""

    ip: str
    port: int
    connection: socket.socket


@dataclass(frozen=True)
class LookedUp:
    name: str
    kind: str


@dataclass(frozen=True)
class Datagram:
    ip: str
    port: int


Said = Connected | LookedUp | Datagram


async def messages(shim: socket.socket, patience: float) -> AsyncIterator[Said | bytes]:
    """Each line as it comes, until the shim closes; bytes that are no such line end it.

    `patience` is how many real seconds a begun line may take. The connections belong to the caller.
    """
    text, passed = b"", deque[int]()
    try:
        while await readable(shim, patience if text else None):
            try:
                data, descriptors, _, _ = socket.recv_fds(shim, LONGEST_LINE, MOST_DESCRIPTORS)
            except OSError:
                return
            passed.extend(descriptors)
            text += data
            *lines, text = text.split(b"\n")
            for line in lines:
                message = _parse(line, passed)
                yield message
                if isinstance(message, bytes):
                    return
            if not data or len(text) > LONGEST_LINE:
                if text:
                    yield text
                return
    finally:
        for descriptor in passed:
            os.close(descriptor)


def _parse(line: bytes, passed: deque[int]) -> Said | bytes:
    try:
        match json.loads(line):
            case {"kind": "tcp", "ip": str(ip), "port": int(port)} if passed and 0 < port < 65536:
                if stat.S_ISSOCK(os.fstat(passed[0]).st_mode):
                    return Connected(ip, port, socket.socket(fileno=passed.popleft()))
            case {"kind": "dns", "name": str(name), "type": str() | int() as kind}:
                return LookedUp(name, str(kind))
            case {"kind": "udp", "ip": str(ip), "port": int(port)}:
                return Datagram(ip, port)
    except (ValueError, OSError):
        pass
    return line
