"""The TCP front of a served venue: an HTTPS proxy, and TLS for those who send the exchange's names here.

Accepted connections are handed to the gateway as a sandbox's shim does it: as a file descriptor, beside a
line that says where they were meant to go.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
from pathlib import Path

from harness.errors import UserError
from harness.gateway.waiting import first_byte, readable

TLS_HELLO = 0x16  # the first byte of every TLS connection
PATIENCE = 20.0  # real seconds that a client may take to say what it wants
LONGEST_HEAD = 16 << 10
_CONNECT = re.compile(rb"CONNECT ([A-Za-z0-9.-]{1,253}):([0-9]{1,5}) HTTP/1\.[01]\r\n")
_WELCOME = b"HTTP/1.1 200 Connection established\r\n\r\n"
_HELP = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"
    b"This is a proxy for https and wss. Set it as the client's HTTPS proxy, with the printed CA.\n"
)


class Front:
    """Listens on `host:port` (0: any free one) until its task is cancelled."""

    def __init__(self, gateway: Path, host: str, port: int) -> None:
        self._gateway = gateway
        try:
            self._listener = socket.create_server((host, port))
        except (OSError, OverflowError) as error:
            raise UserError(
                f"cannot listen on port {port}: {error}",
                where=host,
                hint="choose others with --host and --port",
            ) from error
        self._listener.setblocking(False)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    async def serve(self) -> None:
        loop = asyncio.get_running_loop()
        with self._listener:
            while True:
                connection, _ = await loop.sock_accept(self._listener)
                task = asyncio.create_task(self._take(connection))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _take(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError, TimeoutError):
            if await first_byte(connection, PATIENCE) == TLS_HELLO:
                self._pass_on(connection, 443)
                return
            head = await self._head(connection)
            asked = _CONNECT.match(head)
            loop = asyncio.get_running_loop()
            if asked is None:
                await loop.sock_sendall(connection, _HELP)
                return
            await loop.sock_sendall(connection, _WELCOME)
            self._pass_on(connection, int(asked[2]))

    async def _head(self, connection: socket.socket) -> bytes:
        """What stands before the first empty line, and no byte more."""
        head = b""
        while not head.endswith(b"\r\n\r\n") and len(head) < LONGEST_HEAD:
            if not await readable(connection, PATIENCE):
                break
            waiting = connection.recv(LONGEST_HEAD, socket.MSG_PEEK)
            if not waiting:
                break
            end = (head + waiting).find(b"\r\n\r\n")
            head += connection.recv(len(waiting) if end < 0 else end + 4 - len(head))
        return head

    def _pass_on(self, connection: socket.socket, port: int) -> None:
        line = json.dumps({"kind": "tcp", "ip": "127.0.0.1", "port": port}) + "\n"
        with socket.socket(socket.AF_UNIX) as upward:
            upward.connect(str(self._gateway))
            socket.send_fds(upward, [line.encode()], [connection.fileno()])
