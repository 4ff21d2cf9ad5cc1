"""What an outcome is worth on an exchange that only the fork describes: pure."""

from __future__ import annotations

from collections.abc import Sequence

from harness.outcome import Basis, Evidence, EvidenceKind, Outcome, Severity, Status

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
