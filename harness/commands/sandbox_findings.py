"""What `harness doctor` says of the sandboxes and of what they stand on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from docker.errors import DockerException

from harness.commands.finding import Finding
from harness.sandbox import engine, image, seccomp
from harness.sandbox.choosing import BACKENDS, RUNTIME
from harness.sandbox.launcher import group
from harness.sandbox.protocol import NoSandboxError
from harness.sandbox.traits import Traits


def sandbox_findings() -> Iterator[Finding]:
    """The engine and what it stands on, then each backend after a trial."""
    yield from _engine()
    yield from _kernel()
    for name, make in BACKENDS.items():
        problem, _, remedy = (make().health_check() or "").partition(" → ")
        yield Finding(
            f"sandbox {name}", problem or "works", remedy or (problem and "see above"), backend=True
        )


def _engine() -> Iterator[Finding]:
    try:
        traits, where = engine.traits(), engine.address()
        image_there = image.exists(engine.client())
    except NoSandboxError as error:
        yield Finding("container engine", error.message, error.hint or "")
        return
    except (DockerException, OSError) as error:
        yield Finding("container engine", f"gives unexpected answers: {error}", "restart it")
        return
    yield Finding("container engine", f"{traits} at {where}, {traits.storage}")
    yield _runtime(traits)
    lacking = traits.why_not(None)
    yield Finding(
        "its control groups",
        f"{traits.cgroup}, {lacking.partition(' → ')[0] if lacking else 'all limits'}",
        lacking.partition(" → ")[2] if lacking else "",
    )
    yield Finding(
        "its seccomp filters",
        "yes" if traits.seccomp else "none",
        "" if traits.seccomp else "use an engine and a kernel built with seccomp",
    )
    yield Finding(
        "its image for jobs",
        image.tag() if image_there else f"{image.tag()} is not built",
        "" if image_there else "harness sandbox build",
    )


def _runtime(traits: Traits) -> Finding:
    asked = os.environ.get(RUNTIME)
    lacking = traits.why_not(asked) if asked and asked not in traits.runtimes else None
    known = ", ".join(sorted(traits.runtimes))
    state = f"{asked or traits.default_runtime} of {known}"
    return Finding("its runtime", state, lacking.partition(" → ")[2] if lacking else "")


def _kernel() -> Iterator[Finding]:
    made = group.make(64 << 20)
    if made:
        made.remove()
    yield Finding(
        "bubblewrap's control groups",
        f"at {Path(made.folder).parent}" if made else "none: memory is watched instead",
    )
    problem, _, remedy = (seccomp.why_not() or "").partition(" → ")
    yield Finding("bubblewrap's seccomp filter", problem or "yes", remedy or (problem and "see above"))
