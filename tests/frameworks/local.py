"""Plain processes in place of a sandbox: for what the tests themselves wrote, never for a fork."""

from __future__ import annotations

import io
import os
import subprocess
from pathlib import Path
from typing import BinaryIO, cast

from harness.frameworks.runtime import INSIDE, Runtime
from harness.sandbox.protocol import Completed, Exit, Job

TINY = Path(__file__).parent / "tiny"


class LocalProcess:
    def __init__(self, job: Job, folder: Path) -> None:
        self._errors = folder / "stderr"
        with self._errors.open("wb") as errors:
            self._popen = subprocess.Popen(
                job.argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**job.env, "PATH": os.defpath},
                cwd=folder,
                bufsize=0,
            )
        self.stdin = cast(BinaryIO, self._popen.stdin)
        self.stdout = io.BufferedReader(cast(io.RawIOBase, self._popen.stdout))

    def stderr_tail(self) -> str:
        return self._errors.read_text(errors="replace")[-16384:]

    def poll(self) -> Exit | None:
        return None if self._popen.poll() is None else self.wait()

    def wait(self, timeout: float | None = None) -> Exit:
        try:
            return Exit(self._popen.wait(timeout), "exited")
        except subprocess.TimeoutExpired as error:
            raise TimeoutError from error

    def kill(self) -> None:
        self._popen.kill()
        self._popen.wait()


class LocalBackend:
    name = "local"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started = 0

    def health_check(self) -> str | None:
        return None

    def start(self, job: Job) -> LocalProcess:
        self.started += 1
        return LocalProcess(job, self.folder)

    def run(self, job: Job) -> Completed:
        raise NotImplementedError


def tiny_runtime(python: str) -> Runtime:
    """The tiny framework, run in place."""
    env = {"PYTHONPATH": f"{INSIDE.parent}:{TINY}", "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    return Runtime("v2", python, (), env)
