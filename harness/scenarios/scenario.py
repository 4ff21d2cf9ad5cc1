"""A scenario as a thing with a name, and its trace read back as what it noted of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from harness.errors import OurFailure
from harness.scenarios.played import BrokeOffError, NothingToPlay, NotReady, NotRecorded
from harness.scenarios.rig import Rigs
from harness.scenarios.trace.model import End, Logged, Part, Trace
from harness.scenarios.trace.view import view_of

V = TypeVar("V")
MOST_ERRORS = 3


@dataclass(frozen=True)
class Scenario(Generic[V]):
    """`fixture` is the name under which checks ask for its view. A `long` one takes about a minute."""

    fixture: str
    play: Callable[[Rigs, float], V]
    view: type[V]
    long: bool = False

    @property
    def name(self) -> str:
        return self.play.__name__

    def read(self, trace: Trace) -> V:
        """Its view. Raises what ended the run early: NotReady, BrokeOffError, NothingToPlay, NotRecorded or
        OurFailure.

        Raises NotInTraceError where the trace does not hold enough of it.
        """
        how, why = (trace.end.how, trace.end.why) if trace.end is not None else (None, "")
        match how:
            case End.NOT_READY if trace.end is not None:
                raise NotReady(trace.end.waiting_for, errors_logged(trace))
            case End.BROKE_OFF:
                raise BrokeOffError(why)
            case End.NOT_APPLICABLE:
                raise NothingToPlay(why)
            case End.NOT_RECORDED:
                raise NotRecorded(why)
            case End.OURS:
                raise OurFailure(why, where=trace.title)
        return view_of(trace, self.view)


def errors_logged(seen: Trace | Part) -> tuple[str, ...]:
    """The last different tracebacks that the connector logged."""
    logged = [each.line.error for each in seen.of(Logged) if each.line.error]
    return tuple(dict.fromkeys(logged))[-MOST_ERRORS:]
