"""What comes of a scenario that breaks off."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from harness.scenarios.played.every import SCENARIOS, every_recording

from harness.checking import Failed
from harness.driving.driver import ConnectorError
from harness.errors import OurFailure
from harness.gateway.entries import Trouble
from harness.gateway.record import Record
from harness.scenarios.played import BrokeOffError, Scenarios
from harness.scenarios.rig import Recording, Rigs


def some_rigs() -> Rigs:
    between = Recording("between", Record())
    return cast(Rigs, SimpleNamespace(playing="", recordings=[], latest=object(), between=between))


def recording(rigs: Rigs, *, broken: bool) -> Recording:
    record = Record()
    if broken:
        record.add(Trouble(1.0, "GET /time", "ValueError: a bug of ours"))
    rigs.recordings.append(Recording(rigs.playing, record))
    return rigs.recordings[-1]


def test_a_scenario_is_played_once_at_each_pace() -> None:
    played: list[float] = []

    def scenario(rigs: Rigs, pace: float) -> int:
        played.append(pace)
        return len(played)

    scenarios = Scenarios(some_rigs())
    assert [scenarios.play(scenario, pace) for pace in (3.0, 1.0, 3.0)] == [1, 2, 1]


def test_a_failure_of_ours_is_not_the_connectors() -> None:
    def scenario(rigs: Rigs, pace: float) -> None:
        recording(rigs, broken=True)
        raise Failed("the connector's book is wrong")

    scenarios = Scenarios(some_rigs())
    for _ in range(2):
        with pytest.raises(OurFailure, match="a bug of ours"):
            scenarios.play(scenario, 1.0)


def test_trouble_in_an_earlier_scenario_is_not_this_ones() -> None:
    def scenario(rigs: Rigs, pace: float) -> str:
        recording(rigs, broken=False)
        raise ConnectorError("it ended")

    rigs = some_rigs()
    recording(rigs, broken=True)
    with pytest.raises(BrokeOffError):
        Scenarios(rigs).play(scenario, 1.0)


def test_what_was_seen_is_judged_before_a_failure_of_ours_is_told() -> None:
    rigs = some_rigs()

    def play(scenario: Any) -> None:
        recording(rigs, broken=scenario is SCENARIOS[0])
        if scenario is SCENARIOS[0]:
            raise OurFailure("it broke")

    recordings = every_recording(cast(Any, play), rigs)
    seen = [next(recordings) for _ in range(2 * len(SCENARIOS) + 1)]
    assert [each for each in seen if each in rigs.recordings] == rigs.recordings
    with pytest.raises(OurFailure):
        list(recordings)
