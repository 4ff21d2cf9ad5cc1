"""What every part of one gateway shares."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.clock import ScaledClock
from harness.gateway.entries import Trouble
from harness.gateway.fault_plan import FaultPlan
from harness.gateway.record import Record
from harness.gateway.tls import Authority
from harness.venue.dialects.base import Dialect


@dataclass
class Context:
    """Used from the gateway's own thread, except `record` and `faults`, which are thread-safe."""

    dialects: Sequence[Dialect]
    clock: ScaledClock
    faults: FaultPlan
    authority: Authority
    record: Record
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def now(self) -> float:
        return self.clock.now()

    async def sleep(self, virtual_seconds: float) -> None:
        await asyncio.sleep(self.clock.real_seconds(virtual_seconds))

    def dialect_for(self, host: str, port: int) -> Dialect | None:
        return next((each for each in self.dialects if each.serves(host, port)), None)

    def knows_host(self, host: str) -> bool:
        return any(host in (*each.rest_hosts, *each.stream_hosts) for each in self.dialects)

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run `work` beside everything else; what it raises is written down as trouble."""
        task = asyncio.create_task(work, name=name)
        self.tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.trouble(task.get_name(), error)

    def trouble(self, where: str, error: BaseException) -> None:
        """Write down that something of ours broke."""
        detail = "".join(traceback.format_exception(error)).strip()
        self.record.add(Trouble(self.now(), where, detail))
