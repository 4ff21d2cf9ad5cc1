"""`harness doctor`: what this machine has, what is missing, and the command that gets it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from rich.table import Table

from harness.commands.finding import Finding
from harness.commands.sandbox_findings import sandbox_findings
from harness.commands.terminal import safe
from harness.forks.git_environment import GIT_NEEDED
from harness.paths import cache_dir


def examine() -> tuple[Table, bool]:
    """The table to print, and whether a round could be screened here."""
    tools, sandbox = list(_tools()), list(sandbox_findings())
    table = Table("", "what")
    for heading in ("found", "how to fix it"):
        table.add_column(heading, overflow="fold")
    for each in (*tools, *sandbox):
        table.add_row("✓" if each.ok else "✗", each.what, safe(each.state), safe(each.remedy))
    return table, all(each.ok for each in tools) and any(each.backend and each.ok for each in sandbox)


def _tools() -> Iterator[Finding]:
    yield Finding("Python", sys.version.split()[0])
    yield _git()
    compiler = shutil.which("g++")
    yield Finding("C++ compiler", compiler or "missing", "" if compiler else "sudo apt-get install g++")
    headers = Path(sysconfig.get_path("include")) / "Python.h"
    yield Finding(
        "Python headers",
        str(headers) if headers.exists() else "missing",
        "" if headers.exists() else "sudo apt-get install python3-dev",
    )
    free = shutil.disk_usage(cache_dir()).free // (1 << 30)
    remedy = "" if free >= 3 else "free 3 GiB, or set HARNESS_CACHE to another disk"
    yield Finding("room in the cache", f"{free} GiB at {cache_dir()}", remedy)


def _git() -> Finding:
    try:
        said = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return Finding("git", "missing", "sudo apt-get install git")
    version = said.split()[2]
    new_enough = tuple(int(part) for part in version.split(".")[:2]) >= GIT_NEEDED
    return Finding("git", version, "" if new_enough else "install git 2.38 or newer")
