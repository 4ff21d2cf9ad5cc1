"""What the process of the checks says while it runs: JSON lines on a file descriptor of their own."""

from __future__ import annotations

import json
import os
import threading

from pydantic import BaseModel, ConfigDict

from harness.outcome import Outcome

PROGRESS_FD = "HARNESS_PROGRESS_FD"  # the variable that names the descriptor


class Stopped(BaseModel):
    """What `DiskFull` says, from the process of the checks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    message: str
    where: str | None
    hint: str | None


class Said(BaseModel):
    """A line of progress: how many checks there are, which one starts, what it found, that the exchange was
    derived, or why all end.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    total: int | None = None
    check: str | None = None
    outcomes: tuple[Outcome, ...] | None = None
    derived: bool = False
    stopped: Stopped | None = None


_telling = threading.Lock()


def report_progress(**what: object) -> None:
    descriptor = os.environ.get(PROGRESS_FD)
    if descriptor:
        with _telling:  # a long line is written in pieces
            os.write(int(descriptor), (json.dumps(what) + "\n").encode())
