"""The outcome that the way in which a check ended stands for."""

from __future__ import annotations

import traceback
from collections.abc import Sequence

from harness.checking import Failed, Finding, NotApplicable, claimed, raised
from harness.checking.policy import Ending
from harness.checking.unserved import named, unserved
from harness.driving.rpc_client import ConnectorError
from harness.errors import OurFailure
from harness.forks.errors import ContentMissing
from harness.outcome import Basis, Evidence, EvidenceKind, Status
from harness.scenarios.played import NothingToPlay, NotReady, NotRecorded
from harness.scenarios.trace.model import Trace
from harness.scenarios.trace.view import NotInTraceError


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
        case NotInTraceError() | NotRecorded():
            missing = error.message if isinstance(error, NotInTraceError) else str(error)
            return Ending(Status.UNDETERMINED, f"Not decided: {missing}.")
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
