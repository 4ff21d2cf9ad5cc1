"""The traces that a check judges: where they come from, and those of one try of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from harness.checking import Attach, Finding
from harness.checking.observed import observed
from harness.checking.plan import calm
from harness.checking.policy import Try
from harness.driving.rpc_client import ConnectorError
from harness.errors import OurFailure
from harness.scenarios.catalogue import MARKET_DATA, QUIET, WATCHED
from harness.scenarios.played import NothingToPlay, NotReady
from harness.scenarios.scenario import Scenario
from harness.scenarios.trace.model import End, Trace
from harness.scenarios.trace.store import name_of

V = TypeVar("V")
Unconfirmed = Mapping[str, tuple[str, ...]]


class Source(Protocol):
    """Where traces come from: scenarios that are played when they are asked for, or files."""

    @property
    def control(self) -> str | None:
        """The merged connector that failures are tried on too."""

    @property
    def unconfirmed(self) -> Unconfirmed:
        """By requirement, the fields of the exchange that only the fork vouches for."""

    def trace(self, scenario: Scenario[Any], attempt: Try) -> Trace:
        """Raises Undetermined where there is none and none can be made."""

    def begin_elsewhere(self, scenario: Scenario[Any], attempt: Try) -> None:
        """Let it be played in the other places too, at the same time as on the fork."""

    def played(self) -> tuple[Trace, ...]:
        """All of the fork's so far."""


class Traces:
    """The traces of one try of a check. What we saw ourselves in a scenario is attached, once.

    `beside`: it is a calm try after a failure, and if it fails others follow; these may begin now.
    """

    def __init__(self, source: Source, attempt: Try, attach: Attach, *, beside: bool = False) -> None:
        self._source = source
        self._attempt = attempt
        self._attach = attach
        self._beside = beside
        self._witnessed: set[str] = set()
        self.given: list[Trace] = []
        self.files: list[str] = []

    def of(self, scenario: Scenario[Any]) -> Trace:
        if self._beside:
            self._source.begin_elsewhere(scenario, self._attempt)
        trace = self._source.trace(scenario, self._attempt)
        self.given.append(trace)
        if (name := name_of(trace.header)) not in self.files:
            self.files.append(name)
        finished = trace.end is not None and trace.end.how is End.FINISHED
        if finished and trace.last is not None and scenario.name not in self._witnessed:
            self._witnessed.add(scenario.name)
            self._attach(*observed(trace.last))
        return trace

    def view(self, scenario: Scenario[V]) -> V:
        """Raises what ended the scenario early."""
        return scenario.read(self.of(scenario))

    def quiet(self) -> Iterator[Trace]:
        """Those in which nothing was done to the connector.

        One that never got ready, or broke off, is judged by what it did until then; the rest is undecided.
        """
        for scenario in QUIET:
            trace = self.of(scenario)
            yield trace
            scenario.read(trace)

    def every(self) -> Iterator[Trace]:
        """All that was seen of the connector, in whatever scenario, at whatever pace, with whatever seed.

        A connector that breaks off, or never gets ready, is judged by what it did until then; where that was
        in a quiet scenario, calmly too, the rest is undecided, and what it broke off with is raised in the
        end; so is a failure of ours.
        """
        broken: Exception | None = None
        for scenario in WATCHED:
            try:
                self._play_out(scenario)
            except OurFailure as error:
                broken = broken or error
            except (NotReady, NothingToPlay, ConnectorError) as error:
                broken = broken or (error if scenario in QUIET else None)
        yield from sorted(self._source.played(), key=lambda trace: name_of(trace.header))
        if broken is not None:
            raise broken

    def _play_out(self, scenario: Scenario[Any]) -> None:
        """Raises what ended the scenario early; the calm one, where only that got ready."""
        trace = self.of(scenario)
        try:
            scenario.read(trace)
        except NotReady:
            calmly = replace(self._attempt, pace=calm(self._attempt.pace))
            hurried = calmly != self._attempt
            if scenario not in QUIET or not hurried or not gets_ready(self._source, self._attempt):
                raise
            scenario.read(self._source.trace(scenario, calmly))


def gets_ready(source: Source, attempt: Try) -> bool:
    """Whether the connector became ready with nothing done to it, at this pace or calmly.

    Then it was for want of time, perhaps, that it did not in another scenario. One that never becomes ready
    is not waited for twice in each.
    """
    for pace in dict.fromkeys((attempt.pace, calm(attempt.pace))):
        with suppress(Finding):  # there is no such trace, and none can be made
            end = source.trace(MARKET_DATA, replace(attempt, pace=pace)).end
            if end is not None and end.how in (End.FINISHED, End.BROKE_OFF):
                return True
    return False
