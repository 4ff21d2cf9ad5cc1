"""Which system calls a job may make: one policy, written for the kernel and for container engines."""

from __future__ import annotations

from harness.sandbox.seccomp.profile import docker_profile
from harness.sandbox.seccomp.program import program, why_not

__all__ = ["docker_profile", "program", "why_not"]
