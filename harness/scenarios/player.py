"""Plays each scenario once at each pace, and keeps what was seen as a trace: redacted, stored, read back."""

from __future__ import annotations

import os
import platform
import threading
import traceback
from collections.abc import Callable
from typing import Any

from harness import __version__
from harness.driving.numbers import trusting
from harness.driving.rpc_client import ConnectorError
from harness.errors import full_disk
from harness.gateway.entries import Trouble
from harness.scenarios.played import NothingToPlay, NotReady, NotRecorded
from harness.scenarios.recording import leaks_in
from harness.scenarios.rig import Rigs
from harness.scenarios.scenario import Scenario
from harness.scenarios.trace.model import End, Ended, Entry, Header, Trace
from harness.scenarios.trace.store import packed, unpacked
from harness.scenarios.trace.view import noted

BETWEEN = "between_scenarios"
Keep = Callable[[Header, bytes], None]


def machine() -> str:
    """What of this machine may matter to whoever reads a trace elsewhere."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors"


class Player:
    """`about` is what all headers share; `keep` gets each trace as the contents of a file. Thread-safe.

    `among` tells it from others of the same connector, seed and trial.
    """

    def __init__(
        self, rigs: Rigs, about: Header, keep: Keep = lambda _header, _contents: None, among: str = ""
    ) -> None:
        self._rigs = rigs
        self._about = about.model_copy(update={"harness": __version__, "machine": machine()})
        self._keep = keep
        self._between_scenarios = f"{BETWEEN}_{among}" if among else BETWEEN
        self._traces: dict[tuple[str, float], Trace] = {}
        self._lock = threading.RLock()

    @property
    def redact(self) -> Callable[[str], str]:
        return self._rigs.canaries.redact

    def trace(self, scenario: Scenario[Any], pace: float) -> Trace:
        """What was seen in it; played now unless it was before."""
        with self._lock:
            key = (scenario.name, pace)
            if key not in self._traces:
                self._rigs.begin()
                view, how, why, waiting_for = self._play(scenario, pace)
                seen = list(self._rigs.seen)
                if ours := [each for each in seen if isinstance(each, Trouble)]:
                    how, why = End.OURS, f"the exchange that we play broke: {ours[0].detail}"
                at = max((each.at for each in seen), default=0.0)
                if view is not None:
                    seen.append(noted(view, at))
                seen.append(Ended(at, how, why, waiting_for))
                self._traces[key] = self._stored(scenario.name, pace, seen)
            return self._traces[key]

    def played(self) -> tuple[Trace, ...]:
        """Those so far, oldest first, and what was tried while none was played."""
        with self._lock:
            return (*self._traces.values(), self._between())

    def close(self) -> None:
        """End the sandbox. What was tried between two scenarios is kept too."""
        with self._lock:
            self._between()
            self._rigs.close()

    def _play(self, scenario: Scenario[Any], pace: float) -> tuple[object | None, End, str, tuple[str, ...]]:
        try:
            with trusting():
                return scenario.play(self._rigs, pace), End.FINISHED, "", ()
        except NotReady as error:
            return None, End.NOT_READY, str(error), error.waiting_for
        except ConnectorError as error:
            return None, End.BROKE_OFF, str(error), ()
        except NotRecorded as error:
            return None, End.NOT_RECORDED, str(error), ()
        except NothingToPlay as error:
            return None, End.NOT_APPLICABLE, str(error), ()
        except Exception as error:
            if full_disk(error):
                raise
            return None, End.OURS, traceback.format_exc()[-3500:], ()

    def _between(self) -> Trace:
        record, rigs = self._rigs.between, self._rigs
        entries = record.entries()
        leaks = leaks_in(record, rigs.canaries, rigs.guarded, rigs.dialect)
        at = entries[-1].at if entries else 0.0
        return self._stored(self._between_scenarios, 0.0, [*entries, *leaks, *rigs.news_of_the_driver(at)])

    def _stored(self, scenario: str, pace: float, entries: list[Entry]) -> Trace:
        header = self._about.model_copy(update={"scenario": scenario, "pace": pace})
        contents = packed(header, entries, self._rigs.canaries.redact)
        self._keep(header, contents)
        return unpacked(contents)
