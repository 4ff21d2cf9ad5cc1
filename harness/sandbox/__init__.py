"""Where a fork's code runs: no network, one socket, hard limits, nothing of the host in sight."""

from __future__ import annotations

from harness.sandbox.choosing import Choice, choose
from harness.sandbox.protocol import (
    WORK,
    Backend,
    Completed,
    Exit,
    Job,
    Limits,
    Mount,
    NoSandboxError,
    Process,
    SandboxFailure,
)

__all__ = [
    "WORK",
    "Backend",
    "Choice",
    "Completed",
    "Exit",
    "Job",
    "Limits",
    "Mount",
    "NoSandboxError",
    "Process",
    "SandboxFailure",
    "choose",
]
