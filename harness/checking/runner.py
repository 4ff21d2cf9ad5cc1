"""Runs one check as often as the policy says: in a round, on a laptop, in the zoo, on kept traces."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from harness.checking import Attach, Failed, Finding, NotApplicable, claimed, raised
from harness.checking.attribution import Trial
from harness.checking.known_failures import serves
from harness.checking.observed import observed
from harness.checking.plan import calm
from harness.checking.policy import Ending, Policy, Tried, Try
from harness.checking.unserved import named, unserved
from harness.driving.driver import ConnectorError
from harness.driving.numbers import reckoning
from harness.errors import OurFailure, full_disk
from harness.forks.errors import ContentMissing
from harness.outcome import Basis, Evidence, EvidenceKind, Status
from harness.scenarios.catalogue import MARKET_DATA, QUIET, SCENARIOS, WATCHED
from harness.scenarios.played import NothingToPlay, NotReady
from harness.scenarios.scenario import Scenario
from harness.scenarios.trace.model import End, Trace
from harness.scenarios.trace.store import name_of
from harness.scenarios.trace.view import NotInTraceError

V = TypeVar("V")
Check = Callable[..., object]
Unconfirmed = Mapping[str, tuple[str, ...]]
TRACES = "traces"
EVERY = "every_trace"  # the argument of checks that look into all there are
EVIDENCE = "evidence"
OF_A_TRY = (*SCENARIOS, TRACES, EVERY)  # arguments that every try of a check has its own of
MOST_FILES = 20  # named by an outcome


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


def judges_traces(check: Check) -> bool:
    """Whether it is a check of what scenarios showed."""
    return any(name in (TRACES, EVERY) or name in SCENARIOS for name in parameters_of(check))


def parameters_of(check: Check) -> tuple[str, ...]:
    return tuple(inspect.signature(check).parameters)


def policy_for(
    check: Check,
    pace: float,
    control: str | None,
    *,
    of_the_running: bool,
    connector: str | None = None,
    doubted: bool = False,
) -> Policy:
    """A check that looks into every trace is not tried again: what was seen once was done.

    A control that is known to fail the check is passed over, but for the `connector` that is judged itself:
    what upstream's fails, a change of it did not bring.
    """
    once = EVERY in parameters_of(check)
    elsewhere = judges_traces(check) and not once
    own = control is not None and control == connector
    control = control if own or serves(control, getattr(check, "__name__", "")) else None
    return Policy(
        pace,
        running=of_the_running,
        repeats=not once,
        elsewhere=elsewhere,
        control=control,
        doubted=doubted,
    )


def run(check: Check, policy: Policy, source: Source | None, given: Mapping[str, Any]) -> Ending:
    """Try it until the policy has enough; `given` are the arguments that are the same in every try."""
    done: list[Tried] = []
    while (attempt := policy.next_try(done)) is not None:
        failed = any(ending.status is Status.FAILED for _, ending in done)
        others = policy.elsewhere and not policy.doubted
        beside = failed and others and attempt.trial is Trial.FIRST
        done.append((attempt, try_once(check, attempt, source, given, beside=beside)))
    return policy.conclude(done)


def try_once(
    check: Check, attempt: Try, source: Source | None, given: Mapping[str, Any], *, beside: bool = False
) -> Ending:
    """How it ended, with all evidence. Raises what a full disk is behind."""
    attached: list[Evidence] = []

    def attach(*items: Evidence) -> None:
        attached.extend(items)

    traces = None if source is None else Traces(source, attempt, attach, beside=beside)
    try:
        with reckoning():  # a number that a connector made up fails a check; it does not break it
            check(**_arguments(check, traces, given, attach))
    except Exception as error:
        if full_disk(error):
            raise
        ending = ending_of(error, getattr(check, "__name__", "a check"))
        if isinstance(error, NotReady) and source is not None:
            ending = replace(ending, saw_too_little=gets_ready(source, attempt))
        if traces is not None and EVERY not in parameters_of(check):
            ending = excused(ending, traces.given)
        return replace(ending, evidence=(*ending.evidence, *attached), traces=_files(traces))
    return Ending(Status.PASSED, "", tuple(attached), _files(traces))


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


def excused(ending: Ending, given: Sequence[Trace]) -> Ending:
    """Undetermined in place of a failure, where the exchange has what was asked for and we have not.

    Checks that look into every trace judge what was sent to whom, which no lack of ours explains.
    """
    if ending.status not in (Status.FAILED, Status.UNDETERMINED) or not (routes := unserved(given)):
        return ending
    of_whom = "which the exchange has by the tables of ccxt, and the simulation has not"
    asks = f"it asks for {named(routes)}, {of_whom}"
    summary = f"Not decided: {asks}. What was seen: {ending.summary}"
    return Ending(Status.UNDETERMINED, summary, ending.evidence)


def _files(traces: Traces | None) -> tuple[str, ...]:
    return () if traces is None else tuple(traces.files[:MOST_FILES])


def _arguments(
    check: Check, traces: Traces | None, given: Mapping[str, Any], attach: Attach
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in parameters_of(check):
        if name == EVIDENCE:
            found[name] = attach
        elif name == TRACES:
            found[name] = traces
        elif name == EVERY and traces is not None:
            found[name] = traces.every()
        elif name in SCENARIOS and traces is not None:
            found[name] = traces.view(SCENARIOS[name])
        else:
            found[name] = given[name]
    return found


def evidence_of(error: NotReady) -> tuple[Evidence, ...]:
    """What a connector that never became ready was waiting for, and what it logged."""
    said = f"still waiting for: {', '.join(error.waiting_for) or 'its own reasons'}"
    return (claimed(EvidenceKind.NOTE, said), *map(raised, error.errors))


def ending_of(error: BaseException, name: str) -> Ending:
    """The outcome that the way a check ended stands for."""
    match error:
        case Failed():
            return Ending(Status.FAILED, error.summary, error.evidence)
        case NotApplicable():
            return Ending(Status.NOT_APPLICABLE, error.summary, error.evidence)
        case Finding():
            return Ending(Status.UNDETERMINED, error.summary, error.evidence, saw_too_little=True)
        case NothingToPlay():
            return Ending(Status.NOT_APPLICABLE, str(error))
        case NotReady():
            return Ending(
                Status.UNDETERMINED, f"Not tried, because the connector {error}.", evidence_of(error)
            )
        case NotInTraceError():
            return Ending(Status.UNDETERMINED, f"Not decided: {error.message}.")
        case ContentMissing():
            lacks = f"Not decided: this copy of the history lacks the content of {error.where}."
            return Ending(Status.UNDETERMINED, lacks)
        case ConnectorError():
            said = raised(str(error))
            return Ending(
                Status.UNDETERMINED, f"The connector failed during the check: {error.gist}", (said,)
            )
        case OurFailure():
            ours = Evidence(basis=Basis.OBSERVED, kind=EvidenceKind.LOG, text=str(error)[-3500:])
            return Ending(
                Status.HARNESS_ERROR, f"The harness failed in {name}: {type(error).__name__}", (ours,)
            )
        case _:
            trace = "".join(traceback.format_exception(error))
            ours = Evidence(basis=Basis.OBSERVED, kind=EvidenceKind.LOG, text=trace[-3500:])
            return Ending(
                Status.HARNESS_ERROR, f"The harness failed in {name}: {type(error).__name__}", (ours,)
            )
