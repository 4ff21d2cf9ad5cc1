"""Waiting for a raw, non-blocking socket in the event loop, without reading from it."""

from __future__ import annotations

import asyncio
import socket


async def readable(connection: socket.socket, seconds: float | None) -> bool:
    """Whether there is something to read (or the end) within so many real seconds (None: wait for ever)."""
    loop = asyncio.get_running_loop()
    ready = loop.create_future()

    def wake() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(connection, wake)
    try:
        async with asyncio.timeout(seconds):
            await ready
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(connection)
    return True


async def first_byte(connection: socket.socket, seconds: float) -> int | None:
    """The first byte, left unread; None when the other side closes or stays silent."""
    connection.setblocking(False)
    if not await readable(connection, seconds):
        return None
    try:
        peeked = connection.recv(1, socket.MSG_PEEK)
    except OSError:
        return None
    return peeked[0] if peeked else None
