"""The gateway on a thread of its own, for checks, which are ordinary functions."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from harness import temporary
from harness.clock import ScaledClock
from harness.gateway.entries import Client, ClosedBy, Socket
from harness.gateway.fault import BROKEN
from harness.gateway.fault_plan import FaultPlan
from harness.gateway.record import Record
from harness.gateway.server import Gateway, GatewayError
from harness.gateway.tls import Authority
from harness.venue.dialects.base import Dialect

Result = TypeVar("Result")

PATIENCE = 10.0  # real seconds to start, stop or do anything


class GatewayThread:
    """A running gateway. Everything here may be called from any thread but its own."""

    def __init__(self, gateway: Gateway, socket_path: Path) -> None:
        self.socket_path = socket_path
        self.record: Record = gateway.record
        self.faults: FaultPlan = gateway.faults
        self.authority: Authority = gateway.authority
        self._gateway = gateway
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="gateway", daemon=True)

    def start(self) -> None:
        """Raises `GatewayError` when it cannot listen at `socket_path`."""
        self._thread.start()
        started = asyncio.run_coroutine_threadsafe(self._gateway.start(self.socket_path), self._loop)
        try:
            started.result(PATIENCE)
        except BaseException:
            self._end()
            raise

    def stop(self) -> None:
        stopped = asyncio.run_coroutine_threadsafe(self._gateway.close(), self._loop)
        try:
            stopped.result(PATIENCE)
        finally:
            self._end()

    def open_sockets(
        self,
        operation: str = "*",
        *,
        host: str = "*",
        client: Client | None = "connector",
        subscribed: bool = False,
    ) -> tuple[Socket, ...]:
        """WebSockets open now that are subscribed to `operation` (a pattern) or have passed it.

        `subscribed`: those alone that are so still; an expired key ends a subscription, not its connection.
        """

        def look() -> tuple[Socket, ...]:
            links = self._gateway.streams.matching(operation, host, client, subscribed=subscribed)
            return tuple(each.opened for each in links)

        return self._do(look)

    def close_sockets(
        self,
        code: int = BROKEN,
        operation: str = "*",
        *,
        reason: str = "",
        host: str = "*",
        client: Client | None = "connector",
    ) -> int:
        """Close those sockets now, 1006 without a close frame; how many there were."""

        def close() -> int:
            links = self._gateway.streams.matching(operation, host, client)
            for each in links:
                each.close(code, reason, ClosedBy.FAULT)
            return len(links)

        return self._do(close)

    def break_connections(self) -> None:
        """Break every connection now, also those that clients keep for their next request."""
        self._do(self._gateway.break_connections)

    def freeze_sockets(
        self, operation: str = "*", *, host: str = "*", client: Client | None = "connector"
    ) -> int:
        """Make those sockets half-open now: they stay open, deaf and mute; how many there were."""

        def freeze() -> int:
            links = self._gateway.streams.matching(operation, host, client)
            for each in links:
                each.mute("half-open")
            return len(links)

        return self._do(freeze)

    def _do(self, work: Callable[[], Result]) -> Result:
        async def call() -> Result:
            self._gateway.streams.deliver()
            return work()

        if not self._thread.is_alive():
            raise GatewayError("the gateway is not running")
        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(PATIENCE)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(self._write_down)
        self._loop.run_forever()

    def _write_down(self, _: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        error = context.get("exception")
        message = str(context.get("message", "in the gateway's loop"))
        self._gateway.trouble(message, error if isinstance(error, BaseException) else RuntimeError(message))

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        if not self._thread.is_alive():
            self._loop.close()


@contextmanager
def running_gateway(
    dialects: Sequence[Dialect],
    *,
    clock: ScaledClock | None = None,
    faults: FaultPlan | None = None,
    authority: Authority | None = None,
    record: Record | None = None,
    socket_path: Path | None = None,
) -> Iterator[GatewayThread]:
    """A gateway for as long as the block lasts, on a socket in a temporary folder unless told where.

    The dialects' venues should run on the same clock.
    """
    with temporary.folder("gateway") as folder:
        folder.chmod(0o711)  # the shim may run as another user
        gateway = Gateway(dialects, clock or ScaledClock(), faults, authority, record)
        thread = GatewayThread(gateway, socket_path or folder / "gateway.sock")
        thread.start()
        try:
            yield thread
        finally:
            thread.stop()
