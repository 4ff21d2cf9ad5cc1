"""When a connector polls by itself: what a poll may find shows nothing of a stream."""

from __future__ import annotations

from harness.scenarios.rig import Rig

POLLS = 120.0  # virtual seconds; today's framework polls at whole multiples of this while a stream is up
CLEAR = 15.0


def keep_clear_of_polls(rig: Rig) -> None:
    """Wait until no regular poll is near."""
    left = POLLS - rig.clock.now() % POLLS
    if left < CLEAR:
        rig.pause(left + 3)
