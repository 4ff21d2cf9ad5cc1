"""Runs jobs under bubblewrap as a user without any rights, in a process of that user's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyseccomp
import pytest

from harness.sandbox.protocol import Limits

ROOT = Path(__file__).parents[2]
ANYBODY = 54321
_NEW_ENOUGH = "import sys; sys.exit(sys.version_info < (3, 11))"
_PROGRAM = """
import json, sys
order = json.loads(sys.argv[1])
sys.path[:0] = order["path"]
from pathlib import Path
from harness.sandbox.bubblewrap import Bubblewrap
from harness.sandbox.protocol import Job, Limits, Mount
backend = Bubblewrap()
if reason := backend.health_check(): sys.exit(reason)
mounts = tuple(Mount(Path(source), target, writable=True) for source, target in order["writable"])
gateway = Path(order["gateway"]) if order["gateway"] else None
done = backend.run(Job(tuple(order["argv"]), mounts, limits=Limits(**order["limits"]), gateway=gateway))
ended = [done.exit.code, done.exit.reason]
print(json.dumps([ended, done.stdout.decode(), done.stderr.decode("utf-8", "replace")]))
"""


def run_as_anybody(
    code: str, limits: Limits, writable: Path | None = None, gateway: Path | None = None
) -> tuple[list[Any], str, str]:
    """Run `code` in the system's Python: its code and reason, its stdout and its stderr.

    `writable` is mounted at /out, and given to the user, as `gateway` and its folder are.
    """
    python = shutil.which("python3", path="/usr/bin")
    if os.getuid() != 0:
        pytest.skip("only root can become somebody else")
    if python is None or subprocess.run([python, "-c", _NEW_ENOUGH], check=False).returncode != 0:
        pytest.skip("no Python 3.11 or newer in /usr/bin, which anybody may run")
    with tempfile.TemporaryDirectory(prefix="anybody-") as folder:
        shutil.copy(pyseccomp.__file__, folder)
        for path in (folder, writable, gateway, gateway.parent if gateway else None):
            if path:
                os.chown(path, ANYBODY, ANYBODY)
        order = {
            "path": [str(ROOT), folder],
            "argv": [python, "-I", "-S", "-c", code],
            "limits": asdict(limits),
            "writable": [[str(writable), "/out"]] if writable else [],
            "gateway": str(gateway) if gateway else None,
        }
        done = subprocess.run(
            [python, "-B", "-c", _PROGRAM, json.dumps(order)],
            user=ANYBODY, group=ANYBODY, extra_groups=[],
            env={}, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    ended, stdout, stderr = json.loads(done.stdout)
    return ended, stdout, stderr
