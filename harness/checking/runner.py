"""Runs one check as often as the policy says: in a round, on a laptop, in the zoo, on kept traces."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from harness.checking import Attach
from harness.checking.attribution import Trial
from harness.checking.endings import ending_of, excused
from harness.checking.known_failures import serves
from harness.checking.policy import Ending, Policy, Tried, Try
from harness.checking.traces import Source, Traces, gets_ready
from harness.driving.numbers import reckoning
from harness.errors import full_disk
from harness.outcome import Evidence, Status
from harness.scenarios.catalogue import SCENARIOS
from harness.scenarios.played import NotReady

Check = Callable[..., object]
TRACES = "traces"
EVERY = "every_trace"  # the argument of checks that look into all there are
EVIDENCE = "evidence"
OF_A_TRY = (*SCENARIOS, TRACES, EVERY)  # arguments that every try of a check has its own of
MOST_FILES = 20  # named by an outcome


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
