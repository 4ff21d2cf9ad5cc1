"""What a job wrote to stderr, read while it comes."""

from __future__ import annotations

import os
import threading

from harness.sandbox.pipes import Collector, CountedReader


def test_the_last_words_are_waited_for() -> None:
    ours, theirs = os.pipe()
    collector = Collector(CountedReader(ours, 100, lambda: None))

    def die() -> None:
        os.write(theirs, b"no such program")
        os.close(theirs)

    later = threading.Timer(0.2, die)
    later.start()

    assert collector.last_words() == "no such program"
    later.join()


def test_a_pipe_that_stays_open_is_not_waited_for_for_ever() -> None:
    ours, theirs = os.pipe()
    collector = Collector(CountedReader(ours, 100, lambda: None))

    assert collector.last_words(patience=0.01) == ""

    os.close(theirs)
    assert collector.everything() == b""
