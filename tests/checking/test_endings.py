"""What the way in which a check ends stands for."""

from __future__ import annotations

import pytest

from harness.checking import Failed, NotApplicable, Undetermined
from harness.checking.endings import ending_of
from harness.driving.rpc_client import ConnectorError
from harness.errors import OurFailure
from harness.outcome import Status
from harness.scenarios.played import NothingToPlay, NotReady
from harness.scenarios.trace.view import NotInTraceError


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (Failed("It is wrong.", ()), Status.FAILED, "It is wrong."),
        (NotApplicable("Not asked.", ()), Status.NOT_APPLICABLE, "Not asked."),
        (Undetermined("Who knows.", ()), Status.UNDETERMINED, "Who knows."),
        (NothingToPlay("no positions"), Status.NOT_APPLICABLE, "no positions"),
        (NotReady(("balances",), ("ValueError: x",)), Status.UNDETERMINED, "never became ready (balances)"),
        (NotInTraceError("the trace was cut"), Status.UNDETERMINED, "Not decided: the trace was cut."),
        (ConnectorError("Traceback\nValueError: theirs"), Status.UNDETERMINED, "ValueError: theirs"),
        (OurFailure("no sandbox"), Status.HARNESS_ERROR, "The harness failed in test_x: OurFailure"),
        (KeyError("ours"), Status.HARNESS_ERROR, "The harness failed in test_x: KeyError"),
    ],
)
def test_each_way_to_end_stands_for_an_outcome(error: Exception, status: Status, words: str) -> None:
    ending = ending_of(error, "test_x")
    assert ending.status is status
    assert words in ending.summary


def test_what_never_got_ready_is_shown_with_what_it_waited_for_and_logged() -> None:
    ending = ending_of(NotReady(("balances",), ("ValueError: x",)), "test_x")
    assert ending.evidence[0].text == "still waiting for: balances"
    assert "ValueError: x" in ending.evidence[1].text
