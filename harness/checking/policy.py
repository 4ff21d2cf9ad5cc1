"""When what a check found is believed. Pure: the same for rounds, `harness check`, the zoo and the tests.

A failure on the running connector is tried again calmly; what passes then is tried a third time, in another
sandbox. One that comes back is tried on a merged connector in the fork's place, the control, and with other
prices; see `attribution`. What a scenario showed too little of is tried calmly too. A blocker never passes on
what the fork says alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from harness.checking import ON_ITS_WORD, witnessed
from harness.checking.attribution import Trial, judge_failure
from harness.checking.plan import calm
from harness.outcome import Basis, Evidence, EvidenceKind, Severity, Status


@dataclass(frozen=True)
class Try:
    """Whom a check is tried on, and how many times as fast as the wall its time runs."""

    trial: Trial
    pace: float


@dataclass(frozen=True)
class Ending:
    """What a check found on one try. An empty summary stands for the requirement's title.

    `traces` are the names of the files that it rests on. `saw_too_little`: the check could not decide by what
    the scenario showed, which may be for want of time.
    """

    status: Status
    summary: str = ""
    evidence: tuple[Evidence, ...] = ()
    traces: tuple[str, ...] = ()
    saw_too_little: bool = False


Tried = tuple[Try, Ending]


@dataclass(frozen=True)
class Policy:
    """`running`: the check is of a running connector; `repeats`: a failure may be chance;
    `elsewhere`: it judges nothing but scenarios, which others can play too.

    `control` is the merged connector that failures are tried on too, None where there is none. `doubted`: a
    failure hangs on what only the fork says of its exchange, and decides nothing whoever else fails.
    """

    pace: float
    running: bool = True
    repeats: bool = True
    elsewhere: bool = True
    control: str | None = None
    doubted: bool = False

    @property
    def calm(self) -> float:
        return calm(self.pace)

    def next_try(self, done: Sequence[Tried]) -> Try | None:
        """What is to be tried next, None when enough is known."""
        if not done:
            return Try(Trial.FIRST, self.pace)
        firsts = [ending for each, ending in done if each.trial is Trial.FIRST]
        if not self.running or not self.repeats:
            return None
        last, failed = firsts[-1], [each for each in firsts if each.status is Status.FAILED]
        hurried = self.calm < self.pace and len(firsts) == 1
        if hurried and (failed or (self.elsewhere and last.saw_too_little)):
            return Try(Trial.FIRST, self.calm)
        if not self.elsewhere or not failed:
            return None
        return self._elsewhere(last.status, {each.trial: ending.status for each, ending in done})

    def _elsewhere(self, last: Status, ended: Mapping[Trial, Status]) -> Try | None:
        """After a failure: where else, when the `last` try at home ended so."""
        if last is not Status.FAILED:
            if last is Status.PASSED and Trial.AGAIN not in ended:
                return Try(Trial.AGAIN, self.calm)
            if ended.get(Trial.AGAIN) is not Status.FAILED:
                return None
        if self.doubted:
            return None
        if self.control is not None and Trial.CONTROL not in ended:
            return Try(Trial.CONTROL, self.calm)
        if Trial.OTHER_SEED not in ended:
            return Try(Trial.OTHER_SEED, self.calm)
        if ended[Trial.OTHER_SEED] is Status.PASSED and Trial.AGAIN not in ended:
            return Try(Trial.AGAIN, self.calm)
        return None

    def conclude(self, done: Sequence[Tried]) -> Ending:
        """What all tries together say."""
        firsts = [(each, ending) for each, ending in done if each.trial is Trial.FIRST]
        last, ending = firsts[-1]
        if len(firsts) > 1 and self.elsewhere:
            hurried, found = firsts[0]
            pace = f"At {hurried.pace:g}× speed: {found.summary} Decided at {last.pace:g}×."
            ending = replace(ending, evidence=(*ending.evidence, _note(pace)))
        ending = _of_three(ending, firsts, done)
        if ending.status is not Status.FAILED or not self.running:
            return ending
        others = [(t.trial, found.status, found.summary) for t, found in done if t.trial is not Trial.FIRST]
        judgement = judge_failure(self.control or "", ending.summary, others)
        evidence = (*ending.evidence, *judgement.evidence)
        if not judgement.excuse:
            return replace(ending, evidence=evidence)
        summary = f"{judgement.excuse} What was seen: {ending.summary}"
        return Ending(Status.UNDETERMINED, summary, evidence, ending.traces)

    def believed(self, ending: Ending, severity: Severity) -> Ending:
        """What it counts as for a requirement of this severity."""
        doubted = ending.status is Status.PASSED and severity is Severity.BLOCKER and self.running
        if doubted and not witnessed(ending.evidence):
            return Ending(Status.UNDETERMINED, ON_ITS_WORD, ending.evidence, ending.traces)
        return ending


def _of_three(ending: Ending, firsts: Sequence[Tried], done: Sequence[Tried]) -> Ending:
    """What passed at the second try only, and failed at the third, has failed: it shows now and then."""
    again = next((found for each, found in done if each.trial is Trial.AGAIN), None)
    came_back = len(firsts) > 1 and ending.status is Status.PASSED and again is not None
    if not came_back or again is None or again.status is not Status.FAILED:
        return ending
    return replace(again, evidence=(*again.evidence, _note("It passed in one try of three.")))


def _note(text: str) -> Evidence:
    return Evidence(basis=Basis.OBSERVED, kind=EvidenceKind.NOTE, text=text)
