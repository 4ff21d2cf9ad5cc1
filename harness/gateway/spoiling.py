"""Replies that arrive slowly, in part, or twice: the bytes of HTTP themselves."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from http import HTTPStatus

from harness.gateway.connection import Connection
from harness.gateway.context import Context
from harness.gateway.faults import CutShort, DoubleReply, Fault, Rewrite, Trickle
from harness.venue.dialects.base import Reply

SECOND_REPLY_AFTER = 0.01  # real seconds, so that the first has left


def rewritten(reply: Reply, faults: tuple[Fault, ...]) -> Reply:
    """The reply after every change of its body."""
    for fault in faults:
        if isinstance(fault, Rewrite):
            text = reply.content().decode("utf-8", "replace")
            reply = replace(reply, headers=reply.all_headers(), body=fault.change(text).encode())
    return reply


async def spoil(context: Context, connection: Connection, reply: Reply, fault: Fault) -> bool:
    """Send the reply as `fault` has it. False when it leaves the sending to the caller."""
    whole = _as_sent(reply)
    match fault:
        case Trickle(seconds, size):
            for start in range(0, len(whole), size):
                if connection.gone.is_set():
                    break
                connection.send_raw(whole[start : start + size])
                await context.sleep(seconds)
        case CutShort():
            connection.send_raw(whole[: len(whole) - (len(reply.content()) + 1) // 2])
        case DoubleReply():
            context.spawn(_again(connection, whole), "a second reply")
            return False
        case _:
            return False
    connection.close_after_sending()
    return True


async def _again(connection: Connection, whole: bytes) -> None:
    await asyncio.sleep(SECOND_REPLY_AFTER)
    connection.send_raw(whole)


def _as_sent(reply: Reply) -> bytes:
    body = reply.content()
    lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in reply.all_headers().items()]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body
