"""Speeds time up for everything in this process: clocks, sleeps, event loops and their time-outs.

`install()` has to run before the framework is imported, because modules keep what they import by name.
The pace is set later, by `configure()`, so that one warm process can serve scenarios of different paces.
"""

import asyncio
import datetime
import selectors
import time
from typing import Any, Callable, List, Optional

_real_time_ns = time.time_ns
_real_monotonic = time.monotonic
_real_sleep = time.sleep
_real_gmtime = time.gmtime
_real_localtime = time.localtime
_real_strftime = time.strftime
_RealDatetime = datetime.datetime
# Blocking the thread for longer than this (virtual seconds) is worth telling.
LONG_SLEEP = 0.05


class _Pace:
    """Virtual Unix time = epoch + (CLOCK_MONOTONIC - monotonic) · scale, all in seconds.

    The virtual monotonic clock is `lag` behind it: it stood at CLOCK_MONOTONIC when the first pace began.
    """

    def __init__(self, epoch: float, monotonic: float, scale: float, lag: Optional[float] = None) -> None:
        self.epoch = epoch
        self.monotonic = monotonic
        self.scale = scale
        self.lag = epoch - monotonic if lag is None else lag

    def at(self, monotonic: float) -> float:
        return self.epoch + (monotonic - self.monotonic) * self.scale


_pace = _Pace(_real_time_ns() / 1e9, _real_monotonic(), 1.0)
_next: Optional[_Pace] = None
# Called with the virtual seconds of every long time.sleep.
sleep_watchers: List[Callable[[float], None]] = []
# Called when an event loop starts to wait (False) and when it has woken up (True).
loop_watchers: List[Callable[[bool], None]] = []


def configure(epoch: float, monotonic: float, scale: float) -> None:
    """Set the pace of this process; the numbers are those of the harness's clock."""
    global _pace, _next
    _pace, _next = _Pace(epoch, monotonic, _positive(scale)), None


def change(epoch: float, monotonic: float, scale: float) -> None:
    """Go on at another pace from CLOCK_MONOTONIC = `monotonic`, which is soon, when it is `epoch`."""
    global _next
    _next = _Pace(epoch, monotonic, _positive(scale), _current().lag)


def _positive(scale: float) -> float:
    if not scale > 0:
        raise ValueError("the scale of time must be positive, not {!r}".format(scale))
    return scale


def _current() -> _Pace:
    global _pace, _next
    if _next is not None and _real_monotonic() >= _next.monotonic:
        _pace, _next = _next, None
    return _pace


def _real_wait(seconds: float) -> float:
    """How long a wait of so many virtual seconds may last before it is looked at again."""
    pace = _current()
    wait = seconds / pace.scale
    return wait if _next is None else min(wait, max(_next.monotonic - _real_monotonic(), 0.001))


def scale() -> float:
    return _current().scale


def now() -> float:
    """Virtual Unix time in seconds."""
    return _current().at(_real_monotonic())


def now_ns() -> int:
    return int(now() * 1e9)


def monotonic() -> float:
    return now() - _current().lag


def monotonic_ns() -> int:
    return int(monotonic() * 1e9)


def sleep(seconds: float) -> None:
    if seconds >= LONG_SLEEP:
        for watcher in sleep_watchers:
            watcher(seconds)
    _real_sleep(seconds / scale())


def real_monotonic() -> float:
    """The machine's own clock, for measuring what code really costs."""
    return _real_monotonic()


def real_sleep(seconds: float) -> None:
    _real_sleep(seconds)


def gmtime(seconds: Optional[float] = None) -> time.struct_time:
    return _real_gmtime(now() if seconds is None else seconds)


def localtime(seconds: Optional[float] = None) -> time.struct_time:
    return _real_localtime(now() if seconds is None else seconds)


def strftime(layout: str, moment: Optional[Any] = None) -> str:
    return _real_strftime(layout, localtime() if moment is None else moment)


class _DatetimeType(type(_RealDatetime)):  # type: ignore[misc]
    """Values made by C code are plain datetimes: they have to count as instances of the replacement too."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, _RealDatetime)

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, _RealDatetime)


def _datetime_replacement() -> type:
    def current(cls: Any, tz: Optional[datetime.tzinfo] = None) -> Any:
        return cls.fromtimestamp(now(), tz)

    def utcnow(cls: Any) -> Any:
        return cls.fromtimestamp(now(), datetime.timezone.utc).replace(tzinfo=None)

    members = {
        "__module__": "datetime",
        "__slots__": (),
        "__doc__": _RealDatetime.__doc__,
        "now": classmethod(current),
        "utcnow": classmethod(utcnow),
        "today": classmethod(lambda cls: current(cls)),
    }
    return _DatetimeType("datetime", (_RealDatetime,), members)


class ScaledSelector(selectors.DefaultSelector):
    """Waits `scale` times shorter than asked, and tells the watchers when a loop is busy."""

    def select(self, timeout: Optional[float] = None) -> Any:
        for watcher in loop_watchers:
            watcher(False)
        try:
            if timeout is None:
                return super().select(None if _next is None else _real_wait(3600.0))
            return super().select(_real_wait(timeout) if timeout > 0 else timeout)
        finally:
            for watcher in loop_watchers:
                watcher(True)


def _scaled_loops() -> None:
    original = asyncio.SelectorEventLoop.__init__

    def create(loop: Any, selector: Any = None) -> None:
        original(loop, ScaledSelector() if selector is None else selector)

    setattr(asyncio.SelectorEventLoop, "__init__", create)  # noqa: B010 - a method is replaced on purpose


def install() -> None:
    """Replace the clocks of `time` and asyncio in this process. Call once, before other imports."""
    replacements = (
        ("time", now), ("time_ns", now_ns), ("monotonic", monotonic), ("monotonic_ns", monotonic_ns),
        ("perf_counter", monotonic), ("perf_counter_ns", monotonic_ns), ("sleep", sleep),
        ("gmtime", gmtime), ("localtime", localtime), ("strftime", strftime),
    )  # fmt: skip
    for name, function in replacements:
        setattr(time, name, function)
    _scaled_loops()


def install_datetime() -> None:
    """Replace `datetime.datetime` by one that knows the virtual time. Call once.

    Only after C extensions that derive from the original (pandas) were imported: they crash on a replacement.
    """
    setattr(datetime, "datetime", _datetime_replacement())  # noqa: B010 - a class is replaced on purpose
