"""What an outcome is worth on an exchange that only the fork describes: pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from harness.describing.questions import line
from harness.outcome import Basis, Evidence, EvidenceKind, Outcome, Severity, Status
from harness.venue.described.addresses import JOINT

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
    met = "Met" if outcome.status is Status.PASSED else "Not met"
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


# Where a person answers for all that stands below: a route's or a channel's reply as a whole.
_WHOLES = ("takes", "reply", "tells", "first", "words", "means")


def confirmation_lines(outcomes: Iterable[Outcome]) -> tuple[str, ...]:
    """A line of the review for each part that undecided blockers lean on, most decisive first."""
    parts: Counter[str] = Counter()
    for outcome in outcomes:
        if outcome.severity is Severity.BLOCKER and outcome.status is Status.UNDETERMINED:
            fields = {whole(each) for item in outcome.evidence for each in _fields(item)}
            parts.update(fields)
    return tuple(line(part) for part, _ in parts.most_common())


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
