"""Pings of an exchange and the pongs that it wants."""

from __future__ import annotations

from harness.venue.dialects.heartbeat import Heartbeat
from harness.venue.dialects.messages import Close, Outgoing, Ping

NOON = 1_790_000_000.0


def told(heart: Heartbeat, *after: float) -> list[Outgoing]:
    return [each for seconds in after for each in heart.tick(NOON + seconds)]


def test_a_ping_falls_due_again_and_again() -> None:
    first, second = told(Heartbeat(20.0, 60.0), 0, 19, 20, 21, 40)
    assert isinstance(first, Ping)
    assert isinstance(second, Ping)
    assert first.payload != second.payload


def test_a_copy_of_the_payload_keeps_the_connection() -> None:
    heart = Heartbeat(20.0, 60.0)
    for second in range(0, 600, 5):
        for each in heart.tick(NOON + second):
            assert isinstance(each, Ping)
            heart.ponged(each.payload)


def test_pongs_without_it_do_not() -> None:
    heart = Heartbeat(20.0, 60.0)
    told(heart, 0, 20)
    heart.ponged(b"")
    assert all(isinstance(each, Ping) for each in told(heart, 40, 60, 80))
    assert told(heart, 81) == [Close(1008, "Pong timeout")]
    assert list(heart.tick(NOON + 81, slack=5.0)) == []
