"""Scenarios played elsewhere: at the same time, once, and to an end before the rigs close."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from checks.conformance.rigs import TrialRigs
from harness.checking.attribution import Trial
from harness.scenarios.rig import Rigs

PATIENCE = 10.0


class Opened:
    """Rigs that do nothing, by the trial that they were opened for; `closed` in order."""

    def __init__(self) -> None:
        self.closed: list[str] = []

    def rigs(self, name: str) -> Rigs:
        made = SimpleNamespace(name=name, playing="", recordings=[], latest=None)
        made.close = lambda: self.closed.append(name)
        return cast(Rigs, made)

    def trial_rigs(self, **others: Callable[[], Rigs]) -> TrialRigs:
        trials = {Trial(name.replace("_", " ")): open_rigs for name, open_rigs in others.items()}
        return TrialRigs(self.rigs("first"), trials)


def who(rigs: Rigs, pace: float) -> Any:
    return f"{cast(Any, rigs).name} at {pace:g}"


def test_a_scenario_is_played_there_and_here() -> None:
    opened = Opened()
    trial_rigs = opened.trial_rigs(control=lambda: opened.rigs("kucoin"))
    assert trial_rigs.play(Trial.FIRST, who, 12) == "first at 12"
    assert trial_rigs.play(Trial.CONTROL, who, 6) == "kucoin at 6"
    trial_rigs.close()
    assert opened.closed == ["kucoin"], "the first is its maker's to close"


def test_others_play_it_while_we_do() -> None:
    opened, together, played = Opened(), threading.Barrier(3), list[str]()

    def meet(rigs: Rigs, pace: float) -> Any:
        together.wait(PATIENCE)
        played.append(cast(Any, rigs).name)

    trial_rigs = opened.trial_rigs(
        control=lambda: opened.rigs("control"), other_seed=lambda: opened.rigs("other")
    )
    trial_rigs.begin_elsewhere(meet, 6)
    trial_rigs.play(Trial.FIRST, meet, 6)
    for trial in (Trial.CONTROL, Trial.OTHER_SEED):
        trial_rigs.play(trial, meet, 6)
    trial_rigs.close()
    assert sorted(played) == ["control", "first", "other"], "and each of them once"


def test_a_laboratory_is_opened_only_when_it_is_wanted() -> None:
    def never() -> Rigs:
        raise AssertionError

    trial_rigs = Opened().trial_rigs(control=never, other_seed=never, again=never)
    trial_rigs.play(Trial.FIRST, who, 12)
    trial_rigs.close()


def test_what_cannot_be_opened_is_told_to_who_asks() -> None:
    def broken() -> Rigs:
        raise OSError("no sandbox")

    trial_rigs = Opened().trial_rigs(control=broken)
    trial_rigs.begin_elsewhere(who, 6)
    with pytest.raises(OSError, match="no sandbox"):
        trial_rigs.play(Trial.CONTROL, who, 6)
    trial_rigs.close()


def test_closing_waits_for_what_has_begun_and_drops_the_rest() -> None:
    opened, begun, go_on, played = Opened(), threading.Event(), threading.Event(), list[str]()

    def long(rigs: Rigs, pace: float) -> Any:
        begun.set()
        go_on.wait(PATIENCE)
        played.append("long")

    def later(rigs: Rigs, pace: float) -> Any:
        played.append("later")

    trial_rigs = opened.trial_rigs(control=lambda: opened.rigs("control"))
    trial_rigs.begin_elsewhere(long, 6)
    trial_rigs.begin_elsewhere(later, 6)
    assert begun.wait(PATIENCE)
    threading.Timer(0.2, go_on.set).start()
    trial_rigs.close()
    assert (played, opened.closed) == (["long"], ["control"])
