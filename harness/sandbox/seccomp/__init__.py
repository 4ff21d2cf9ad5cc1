"""Which system calls a job may make: one policy, written for the kernel and for container engines."""

from __future__ import annotations

from harness.sandbox.seccomp.compiled import program, why_not
from harness.sandbox.seccomp.profile import docker_profile

__all__ = ["docker_profile", "program", "why_not"]
