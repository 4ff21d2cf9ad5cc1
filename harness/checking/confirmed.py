"""What an outcome is worth on an exchange that only the fork describes: pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.describing.questions import line
from harness.outcome import Basis, Evidence, EvidenceKind, Outcome, Severity, Status
from harness.venue.described.addresses import JOINT
from harness.venue.described.facts import known_fact
from harness.venue.described.trust import SIGNATURE

MET = "Met"
FEW = 5  # fields that a sentence names; the evidence has all
_ASK = "Ask somebody other than the fork to confirm them, in the review of the description."


def believed(outcome: Outcome, unconfirmed: Sequence[str]) -> Outcome:
    """The outcome, where its check leans on the fields in `unconfirmed`, for which only the fork vouches.

    A blocker does not pass on them. No requirement fails on them either: the field may be derived wrongly,
    which is ours. Both are then undetermined, and say what would decide them.
    """
    if not unconfirmed or outcome.status not in (Status.PASSED, Status.FAILED):
        return outcome
    if outcome.status is Status.PASSED and outcome.severity is not Severity.BLOCKER:
        return outcome
    met = MET if outcome.status is Status.PASSED else "Not met"
    named = ", ".join(f"“{each}”" for each in unconfirmed[:FEW])
    more = f" and {len(unconfirmed) - FEW} more" if len(unconfirmed) > FEW else ""
    seen = "" if outcome.status is Status.PASSED else f" What was seen: {outcome.summary}"
    summary = f"{met}, if the exchange is as the fork describes it: nobody else confirms {named}{more}.{seen}"
    text = f"Only the fork says what these fields of its exchange mean: {', '.join(unconfirmed)}. {_ASK}"
    note = Evidence(
        basis=Basis.OBSERVED, kind=EvidenceKind.NOTE, text=text, data={"unconfirmed": list(unconfirmed)}
    )
    return outcome.model_copy(
        update={
            "status": Status.UNDETERMINED, "summary": summary, "evidence": (*outcome.evidence, note),
        }
    )  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """How many blockers are met, are met or not if the exchange is as the fork describes it, and are open."""

    met: int
    met_if: int
    not_met_if: int
    open: int


def standing(outcomes: Iterable[Outcome]) -> Standing:
    """How far a connector on a derived exchange is from eligible, as far as nothing failed."""
    counts: Counter[str] = Counter()
    for outcome in outcomes:
        if outcome.severity is not Severity.BLOCKER:
            continue
        if outcome.status is Status.PASSED:
            counts["met"] += 1
        elif outcome.status in (Status.UNDETERMINED, Status.HARNESS_ERROR):
            leaning = any(_fields(item) for item in outcome.evidence)
            met = "met_if" if outcome.summary.startswith(MET) else "not_met_if"
            counts[met if leaning else "open"] += 1
    return Standing(counts["met"], counts["met_if"], counts["not_met_if"], counts["open"])


# Where a person answers for all that stands below: a route's or a channel's reply as a whole.
_WHOLES = ("takes", "reply", "tells", "first", "words", "means")


def untold_facts(outcomes: Iterable[Outcome]) -> tuple[str, ...]:
    """The facts that undecided blockers lean on and no leaf carries, most decisive first."""
    return tuple(name for name in _leaned_on(outcomes) if known_fact(name))


def confirmation_lines(outcomes: Iterable[Outcome]) -> tuple[str, ...]:
    """A line of the review for each part that undecided blockers lean on, most decisive first."""
    return tuple(line(part) for part in _leaned_on(outcomes) if not known_fact(part) and part != SIGNATURE)


def _leaned_on(outcomes: Iterable[Outcome]) -> tuple[str, ...]:
    parts: Counter[str] = Counter()
    for outcome in outcomes:
        if outcome.severity is Severity.BLOCKER and outcome.status is Status.UNDETERMINED:
            parts.update({whole(each) for item in outcome.evidence for each in _fields(item)})
    return tuple(part for part, _ in parts.most_common())


def _fields(item: Evidence) -> list[str]:
    found = item.data.get("unconfirmed")
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def whole(address: str) -> str:
    """The address of the reply, message or list of words that a field stands in."""
    keys = address.split(JOINT)
    ends = [index for index, key in enumerate(keys) if key in _WHOLES and index]
    if keys[0] == "words":
        return JOINT.join(keys[:2])
    return JOINT.join(keys[: ends[0] + 1]) if ends else address
