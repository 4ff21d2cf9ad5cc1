"""One scenario: a fresh process in which one connector lives and obeys requests until its channel closes."""

import asyncio
import inspect
import json
import socket
import time
from typing import Any, Dict, Optional, Set

from . import integrity, observe, virtual_time, wire

MAX_REQUEST = wire.MAX_LINE
MAX_RECORDS = 400  # an answer; each record may be as long as 16 KiB


class Scenario:
    """Answers requests one task each, so that a slow one does not hold up the others."""

    def __init__(
        self, adapter: Any, seal: integrity.Seal, logs: observe.LogCapture, stalls: observe.StallWatch
    ) -> None:
        self._adapter = adapter
        self._seal = seal
        self._logs = logs
        self._stalls = stalls
        self._ours: "Set[asyncio.Task[Any]]" = set()

    async def serve(self, channel: socket.socket) -> None:
        """Obey until the channel is closed."""
        reader, writer = await asyncio.open_connection(sock=channel, limit=MAX_REQUEST)
        self._ours.update(asyncio.all_tasks())
        while True:
            text = await reader.readline()
            if not text:
                return
            self._stalls.driver_at_work = True
            task = asyncio.ensure_future(self._answer(json.loads(text.decode("utf-8")), writer))
            self._ours.add(task)
            task.add_done_callback(self._ours.discard)

    async def _answer(self, request: Dict[str, Any], writer: asyncio.StreamWriter) -> None:
        answer: Dict[str, Any] = {"id": request.get("id")}
        try:
            value = self._obey(str(request["command"]), request.get("arguments") or {})
            if inspect.isawaitable(value):
                value = await value
            self._stalls.driver_at_work = True
            answer["value"] = wire.plain(value)
            text = wire.line(answer)
        except (Exception, asyncio.CancelledError) as exception:
            text = wire.line({"id": request.get("id"), "error": wire.error(exception)})
        writer.write(text)
        await writer.drain()

    def _obey(self, command: str, arguments: Dict[str, Any]) -> Any:
        if command == "logs":
            return self._said_since(int(arguments.get("since", 0)))
        if command == "usage":
            return self._usage()
        if command == "pace":
            return virtual_time.change(*(float(number) for number in arguments["clock"]))
        if command in ("start", "tick"):
            return self._begun(getattr(self._adapter, command)(**arguments))
        if command not in self._adapter.COMMANDS:
            raise ValueError("unknown command {!r}".format(command))
        return getattr(self._adapter, command)(**arguments)

    def _begun(self, task: "Optional[asyncio.Task[Any]]") -> None:
        """What a command leaves running is the driver's own: the clock's turning, a tick that waits."""
        if task is not None:
            self._ours.add(task)
            task.add_done_callback(self._ours.discard)

    def _said_since(self, first: int) -> Any:
        return {"records": self._logs.records[first : first + MAX_RECORDS], "dropped": self._logs.dropped}

    def _usage(self) -> Any:
        return {
            "tasks": observe.tasks(self._ours),
            "timers": observe.timers(asyncio.get_event_loop()),
            "sockets": observe.sockets(),
            "unclosed_sessions": observe.unclosed_sessions(),
            "memory_bytes": observe.memory_bytes(),
            "cpu_seconds": time.process_time(),
            "stalls": self._stalls.stalls,
            "at": virtual_time.now(),
            "changed": self._seal.broken() + integrity.shadowed(self._adapter),
        }


def run(adapter: Any, seal: integrity.Seal, channel: socket.socket) -> None:
    """Live one scenario's life in this process."""
    logs = observe.LogCapture()
    logs.install()
    stalls = observe.StallWatch()
    stalls.install()
    asyncio.run(Scenario(adapter, seal, logs, stalls).serve(channel))
