"""What a person sees while a round is screened, on a terminal and elsewhere."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from harness.commands.progress import Watch, finding
from harness.outcome import Basis, Evidence, EvidenceKind, Lifecycle, Outcome, Severity, Status
from harness.screenings.screening import Progress

HOSTILE = "\x1b[2J[bold red]fine[/] \u202egnp.exe [link=https://evil.example]x[/link]"


def outcome(status: Status = Status.FAILED, text: str = "A fill is lost.") -> Outcome:
    seen = Evidence(basis=Basis.CLAIMED, kind=EvidenceKind.LOG, text=text, file="a.py", line=3)
    return Outcome(
        requirement="every-fill-reported-once",
        status=status,
        severity=Severity.BLOCKER,
        subject="order-life",
        summary=text,
        evidence=(seen,),
        check="checks/x.py::test_x",
    )


def shown(*progress: Progress, terminal: bool = False, findings: bool = False) -> str:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=120, color_system=None)
    with Watch(console, ["good"], findings=findings) as watch:
        for each in progress:
            watch(each)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_plain_lines_where_there_is_no_terminal() -> None:
    said = shown(
        Progress("good", step="fetching"),
        Progress("good", total=2),
        Progress("good", finished_checks=1, outcomes=(outcome(Status.PASSED),)),
        Progress("good", step="done", outcomes=(outcome(Status.PASSED), outcome(Status.UNDETERMINED))),
    )
    assert said.splitlines() == [
        "good: fetching",
        "good: 2 checks to run",
        "good: done (checks: 1 passed, 0 failed, 1 undecided)",
    ]


def test_a_bar_with_time_left_on_a_terminal() -> None:
    said = shown(Progress("good", total=4), Progress("good", finished_checks=1), terminal=True)
    assert "1/4" in said
    assert "left" in said


def test_a_finding_says_where_and_what_to_do() -> None:
    said = shown(Progress("good", finished_checks=1, outcomes=(outcome(),)), findings=True)
    assert "blocker every-fill-reported-once" in said
    assert "a.py:3" in said
    assert "said by the fork" in said
    assert "→" in said


@pytest.mark.parametrize("terminal", [True, False])
def test_a_forks_words_do_nothing_to_the_terminal(terminal: bool) -> None:
    said = shown(
        Progress("good", finished_checks=1, outcomes=(outcome(text=HOSTILE),)),
        terminal=terminal,
        findings=True,
    )
    assert "\x1b[2J" not in said
    assert "\u202e" not in said
    assert "[bold red]fine" in said, "markup is shown, not obeyed"
    assert "evil.example]x[/link]" in said


def test_a_finding_without_a_fix_has_no_arrow() -> None:
    assert "→" not in finding(outcome(), {})


def test_a_finding_says_that_its_requirement_is_experimental() -> None:
    said = finding(outcome().model_copy(update={"lifecycle": Lifecycle.EXPERIMENTAL}), {})
    assert "✗ blocker[/] (experimental) [bold]every-fill-reported-once" in said
    assert "✗ blocker[/] [bold]every-fill-reported-once" in finding(outcome(), {})
