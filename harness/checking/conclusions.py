"""What follows from how a check ended: an outcome for each requirement, and the checks that are not tried."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from harness.checking.confirmed import believed as vouched_for
from harness.checking.policy import Ending, Policy
from harness.checking.traces import Unconfirmed
from harness.outcome import Outcome, Status
from harness.requirement import Requirement

# Without these there is nothing to build or run: the rest is left undecided and says so.
PREREQUISITES = ("adds-a-connector", "connector-files-complete", "files-parse")
LOADS = "imports-and-constructs"
UNLOADABLE = "loads"  # false in the data of a piece of evidence when the connector cannot be imported at all


def outcomes_of(
    check: str,
    requirements: Iterable[Requirement],
    policy: Policy,
    ending: Ending,
    seconds: float,
    unconfirmed: Unconfirmed = MappingProxyType({}),
) -> list[Outcome]:
    """What a check that ended so says of each requirement that it verifies.

    `unconfirmed` names, by requirement, the fields that only the fork vouches for.
    """
    found = []
    for demanded in requirements:
        believed = policy.believed(ending, demanded.severity)
        outcome = Outcome(
            requirement=demanded.id,
            status=believed.status,
            severity=demanded.severity,
            lifecycle=demanded.lifecycle,
            subject=demanded.subject,
            summary=believed.summary or demanded.title,
            evidence=believed.evidence,
            traces=believed.traces,
            check=check,
            seconds=seconds,
        )
        found.append(vouched_for(outcome, unconfirmed.get(demanded.id, ())))
    return found


def missing_prerequisite(outcomes: Iterable[Outcome]) -> Outcome | None:
    """The first finding that makes building and running the connector pointless."""
    for outcome in outcomes:
        if outcome.requirement in PREREQUISITES and outcome.status is Status.FAILED:
            return outcome
    return None


def unloadable(outcomes: Iterable[Outcome], check: str) -> Outcome | None:
    """The finding that this check's connector cannot be imported: each scenario would try that again."""
    parameters = check.partition("[")[2]
    for outcome in outcomes:
        same = outcome.requirement == LOADS and outcome.check.partition("[")[2] == parameters
        failed = same and outcome.status is Status.FAILED
        if failed and any(each.data.get(UNLOADABLE) is False for each in outcome.evidence):
            return outcome
    return None
