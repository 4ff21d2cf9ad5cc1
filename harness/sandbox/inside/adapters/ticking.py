"""The clock that turns a connector: started, told that time has jumped ahead, and stopped."""

import asyncio
import importlib
from typing import Any, Optional

from .. import virtual_time
from .calls import Part

LONGEST_POLL = 60.0  # virtual seconds


class Ticking(Part):
    """A part of an adapter. Times are virtual seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._clock: Any = None
        self._turning: "Optional[asyncio.Task[Any]]" = None
        self._ticking: "Optional[asyncio.Task[Any]]" = None
        self._jumped = (0.0, 0.0)  # what the clock showed, and how far ahead of it was told

    def _take_clock(self, tick_size: float) -> None:
        clock_module = importlib.import_module("hummingbot.core.clock")
        mode = importlib.import_module("hummingbot.core.clock_mode").ClockMode.REALTIME
        self._clock = clock_module.Clock(mode, tick_size=tick_size)

    def start(self) -> "asyncio.Task[Any]":
        """Let the clock turn; the connector checks its network and starts by itself."""
        self._clock.add_iterator(self._connector)
        self._turning = asyncio.ensure_future(self._turn())
        return self._turning

    async def _turn(self) -> None:
        with self._clock as clock:
            await clock.run()

    def tick(self, seconds: float) -> "Optional[asyncio.Task[Any]]":
        """Tell the connector that time has jumped ahead, so that whatever it polls for is due at once.

        The framework forgets at the end of a poll what it was told meanwhile: it is told again then. It
        polls once for a time, so that a second jump before its clock has turned goes further than the first.
        Returns the task that waits for the end of a poll, if it is a new one.
        """
        poll = getattr(self._connector, "_poll_notifier", None)
        under_way = isinstance(poll, asyncio.Event) and poll.is_set()
        self._jump(seconds)
        if not under_way or (self._ticking is not None and not self._ticking.done()):
            return None
        self._ticking = asyncio.ensure_future(self._tick_after(poll, seconds))
        return self._ticking

    async def _tick_after(self, poll: Any, seconds: float) -> None:
        end = virtual_time.now() + LONGEST_POLL
        while self._connector._poll_notifier is poll and virtual_time.now() < end:  # noqa: ASYNC110 - it is replaced
            await asyncio.sleep(0.1)
        self._jump(seconds)

    def _jump(self, seconds: float) -> None:
        now = self._connector.current_timestamp
        before, ahead = self._jumped
        self._jumped = (now, ahead + seconds if now == before else seconds)
        self._connector.tick(now + self._jumped[1])

    async def stop(self, settle: float = 1.0) -> None:
        """Take the connector off its clock, as the application does, and give it `settle` to clean up."""
        for task in (self._turning, self._ticking):
            if task is not None:
                task.cancel()
                await asyncio.wait([task])
        self._turning = self._ticking = None
        await asyncio.sleep(settle)
