"""Stories told elsewhere: at the same time, once, and to an end before the laboratories close."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from checks.conformance.rigs import Labs
from harness.checking.attribution import Trial
from harness.scenarios.rig import Lab

PATIENCE = 10.0


class Opened:
    """Laboratories that do nothing, by the trial that they were opened for; `closed` in order."""

    def __init__(self) -> None:
        self.closed: list[str] = []

    def lab(self, name: str) -> Lab:
        made = SimpleNamespace(name=name, telling="", scenes=[], latest=None)
        made.close = lambda: self.closed.append(name)
        return cast(Lab, made)

    def labs(self, **others: Callable[[], Lab]) -> Labs:
        trials = {Trial(name.replace("_", " ")): open_lab for name, open_lab in others.items()}
        return Labs(self.lab("first"), trials)


def who(lab: Lab, pace: float) -> Any:
    return f"{cast(Any, lab).name} at {pace:g}"


def test_a_story_is_told_there_and_here() -> None:
    opened = Opened()
    labs = opened.labs(control=lambda: opened.lab("kucoin"))
    assert labs.tell(Trial.FIRST, who, 12) == "first at 12"
    assert labs.tell(Trial.CONTROL, who, 6) == "kucoin at 6"
    labs.close()
    assert opened.closed == ["kucoin"], "the first is its maker's to close"


def test_others_tell_it_while_we_do() -> None:
    opened, together, told = Opened(), threading.Barrier(3), list[str]()

    def meet(lab: Lab, pace: float) -> Any:
        together.wait(PATIENCE)
        told.append(cast(Any, lab).name)

    labs = opened.labs(control=lambda: opened.lab("control"), other_seed=lambda: opened.lab("other"))
    labs.begin_elsewhere(meet, 6)
    labs.tell(Trial.FIRST, meet, 6)
    for trial in (Trial.CONTROL, Trial.OTHER_SEED):
        labs.tell(trial, meet, 6)
    labs.close()
    assert sorted(told) == ["control", "first", "other"], "and each of them once"


def test_a_laboratory_is_opened_only_when_it_is_wanted() -> None:
    def never() -> Lab:
        raise AssertionError

    labs = Opened().labs(control=never, other_seed=never, again=never)
    labs.tell(Trial.FIRST, who, 12)
    labs.close()


def test_what_cannot_be_opened_is_told_to_who_asks() -> None:
    def broken() -> Lab:
        raise OSError("no sandbox")

    labs = Opened().labs(control=broken)
    labs.begin_elsewhere(who, 6)
    with pytest.raises(OSError, match="no sandbox"):
        labs.tell(Trial.CONTROL, who, 6)
    labs.close()


def test_closing_waits_for_what_has_begun_and_drops_the_rest() -> None:
    opened, begun, go_on, told = Opened(), threading.Event(), threading.Event(), list[str]()

    def long(lab: Lab, pace: float) -> Any:
        begun.set()
        go_on.wait(PATIENCE)
        told.append("long")

    def later(lab: Lab, pace: float) -> Any:
        told.append("later")

    labs = opened.labs(control=lambda: opened.lab("control"))
    labs.begin_elsewhere(long, 6)
    labs.begin_elsewhere(later, 6)
    assert begun.wait(PATIENCE)
    threading.Timer(0.2, go_on.set).start()
    labs.close()
    assert (told, opened.closed) == (["long"], ["control"])
