"""What comes of a story that breaks off."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from checks.conformance.scenarios import BrokeOffError, Stories
from checks.conformance.scenarios.every import STORIES, every_scene
from harness.checking import Failed
from harness.driving.driver import ConnectorError
from harness.errors import OurFailure
from harness.gateway.entries import Trouble
from harness.gateway.record import Record
from harness.scenarios.rig import Lab, Scene


def a_lab() -> Lab:
    between = Scene("between", Record())
    return cast(Lab, SimpleNamespace(telling="", scenes=[], latest=object(), between=between))


def scene(lab: Lab, *, broken: bool) -> Scene:
    record = Record()
    if broken:
        record.add(Trouble(1.0, "GET /time", "ValueError: a bug of ours"))
    lab.scenes.append(Scene(lab.telling, record))
    return lab.scenes[-1]


def test_a_story_is_told_once_at_each_pace() -> None:
    told: list[float] = []

    def story(lab: Lab, pace: float) -> int:
        told.append(pace)
        return len(told)

    stories = Stories(a_lab())
    assert [stories.tell(story, pace) for pace in (3.0, 1.0, 3.0)] == [1, 2, 1]


def test_a_failure_of_ours_is_not_the_connectors() -> None:
    def story(lab: Lab, pace: float) -> None:
        scene(lab, broken=True)
        raise Failed("the connector's book is wrong")

    stories = Stories(a_lab())
    for _ in range(2):
        with pytest.raises(OurFailure, match="a bug of ours"):
            stories.tell(story, 1.0)


def test_trouble_in_an_earlier_story_is_not_this_ones() -> None:
    def story(lab: Lab, pace: float) -> str:
        scene(lab, broken=False)
        raise ConnectorError("it ended")

    lab = a_lab()
    scene(lab, broken=True)
    with pytest.raises(BrokeOffError):
        Stories(lab).tell(story, 1.0)


def test_what_was_seen_is_judged_before_a_failure_of_ours_is_told() -> None:
    lab = a_lab()

    def tell(story: Any) -> None:
        scene(lab, broken=story is STORIES[0])
        if story is STORIES[0]:
            raise OurFailure("it broke")

    scenes = every_scene(cast(Any, tell), lab)
    seen = [next(scenes) for _ in range(2 * len(STORIES) + 1)]
    assert [each for each in seen if each in lab.scenes] == lab.scenes
    with pytest.raises(OurFailure):
        list(scenes)
