"""What a scenario's process can tell about itself: log records, stalls, tasks, memory, sockets."""

import asyncio
import contextlib
import gc
import logging
import os
import sys
import threading
import time
import traceback
from typing import Any, Callable, Dict, List, Optional, Set, Tuple

from . import virtual_time, wire

MAX_RECORDS = 50000
MAX_MESSAGE = 8192
MAX_STALLS = 500
MAX_AWAITED = 8
_LIBRARY = os.path.dirname(os.__file__) + os.sep
# An iteration of the event loop that keeps it busy for longer than this (real seconds) is a stall.
STALL = 0.05


class LogCapture(logging.Handler):
    """Keeps every record of every logger, at every level.

    The application lets loggers debug only where a user asks for it, so a call of `debug` that a logger
    cannot take raises nothing there, and raises nothing here.
    """

    def __init__(self) -> None:
        super().__init__(level=1)
        self.records: List[Dict[str, Any]] = []
        self.dropped = 0

    def install(self) -> None:
        root = logging.getLogger()
        root.handlers[:] = [self]
        root.setLevel(1)
        logging.Logger.debug = _harmless(logging.Logger.debug)  # type: ignore[method-assign]
        logging.captureWarnings(True)

    def emit(self, record: logging.LogRecord) -> None:
        if len(self.records) >= MAX_RECORDS:
            self.dropped += 1
            return
        try:
            message = record.getMessage()
        except Exception as exception:
            message = "{!r} with {!r} cannot be formatted: {}".format(record.msg, record.args, exception)
        error = ""
        if record.exc_info and record.exc_info[0] is not None:
            error = wire.places("".join(traceback.format_exception(*record.exc_info)))[-MAX_MESSAGE:]
        self.records.append(
            {
                "at": record.created,
                "logger": record.name,
                "level": record.levelname,
                "message": str(message)[:MAX_MESSAGE],
                "error": error,
            }
        )


def _harmless(debug: Callable[..., None]) -> Callable[..., None]:
    def tried(*args: Any, **kwargs: Any) -> None:
        with contextlib.suppress(TypeError):
            debug(*args, **kwargs)

    return tried


class StallWatch:
    """Notices what keeps the event loop from turning, with the place where it was caught.

    A watching thread looks at the loop's thread while an iteration drags on; `time.sleep` in that thread
    reports itself, because in sped-up time it is over before anyone looks.
    """

    def __init__(self) -> None:
        self.stalls: List[Dict[str, Any]] = []
        self.driver_at_work = False
        self._thread = threading.get_ident()
        self._busy_since: Optional[float] = None
        self._cpu = 0.0
        self._place = ""

    def install(self) -> None:
        virtual_time.loop_watchers.append(self._loop_turned)
        virtual_time.sleep_watchers.append(self._slept)
        threading.Thread(target=self._watch, name="harness-stall-watch", daemon=True).start()

    def _loop_turned(self, busy: bool) -> None:
        if threading.get_ident() != self._thread:
            return
        if busy:
            self.driver_at_work = False
            self._place, self._cpu = "", time.thread_time()
            self._busy_since = virtual_time.real_monotonic()
            return
        since, self._busy_since = self._busy_since, None
        if since is None or self.driver_at_work:
            return
        seconds = virtual_time.real_monotonic() - since
        if seconds >= STALL:
            self._tell("busy", seconds, time.thread_time() - self._cpu, self._place)

    def _slept(self, virtual_seconds: float) -> None:
        if threading.get_ident() == self._thread:
            place = "".join(traceback.format_stack(limit=8)[:-2])
            self._tell("sleep", virtual_seconds / virtual_time.scale(), 0.0, place)

    def _watch(self) -> None:
        while True:
            virtual_time.real_sleep(STALL / 2)
            since = self._busy_since
            if since is None or self._place or virtual_time.real_monotonic() - since < STALL:
                continue
            frame = sys._current_frames().get(self._thread)
            if frame is not None:
                self._place = "".join(traceback.format_stack(frame, limit=8))

    def _tell(self, kind: str, seconds: float, cpu: float, place: str) -> None:
        if len(self.stalls) < MAX_STALLS:
            self.stalls.append(
                {
                    "at": virtual_time.now(),
                    "kind": kind,
                    "seconds": seconds,
                    "cpu_seconds": cpu,
                    "place": wire.places(place)[-2048:],
                }
            )


def tasks(ours: "Set[asyncio.Task[Any]]") -> List[str]:
    """The loop's unfinished tasks that are not the driver's own, as `who > whom it awaits at file:line`.

    The place is the innermost one outside the standard library, where there is one.
    """
    return sorted(_describe(task) for task in asyncio.all_tasks() if task not in ours and not task.done())


def _describe(task: "asyncio.Task[Any]") -> str:
    coroutine: Any = task.get_coro() if hasattr(task, "get_coro") else getattr(task, "_coro", None)
    names: List[str] = []
    place = ""
    while hasattr(coroutine, "__qualname__") and len(names) < MAX_AWAITED:
        names.append(str(coroutine.__qualname__))
        frame = getattr(coroutine, "cr_frame", None)
        if frame is not None and (not place or not frame.f_code.co_filename.startswith(_LIBRARY)):
            place = " at {}:{}".format(frame.f_code.co_filename, frame.f_lineno)
        coroutine = getattr(coroutine, "cr_await", None)
    return " > ".join(names) + wire.places(place)


def unclosed_sessions() -> int:
    """Client sessions of aiohttp that are alive and not closed."""
    aiohttp = sys.modules.get("aiohttp")
    if aiohttp is None:
        return 0
    kind = aiohttp.ClientSession
    return sum(1 for item in gc.get_objects() if type(item) is kind and not item.closed)


def sockets() -> int:
    """Open TCP sockets of this process; -1 if unknown."""
    try:
        descriptors = os.listdir("/proc/self/fd")
        inodes = {os.readlink("/proc/self/fd/" + number) for number in descriptors if _is_open(number)}
        with open("/proc/self/net/tcp", encoding="ascii") as table:
            known = {"socket:[{}]".format(row.split()[9]) for row in table.readlines()[1:]}
    except OSError:
        return -1
    return len(inodes & known)


def _is_open(number: str) -> bool:
    return os.path.lexists("/proc/self/fd/" + number)


def memory_bytes() -> int:
    """Resident memory of this process; 0 if unknown."""
    try:
        with open("/proc/self/statm", encoding="ascii") as status:
            return int(status.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def timers(loop: Any) -> int:
    """Timers of the loop that are still to fire; -1 if this loop does not tell."""
    scheduled: Optional[Tuple[Any, ...]] = getattr(loop, "_scheduled", None)
    return -1 if scheduled is None else sum(1 for handle in scheduled if not handle.cancelled())
