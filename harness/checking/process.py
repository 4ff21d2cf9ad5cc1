"""The process that runs one candidate's checks: started, followed, limited in time, its words kept."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

import checks
from harness.checking.progress_lines import PROGRESS_FD, Said, Stopped
from harness.errors import DiskFull, OurFailure, UserError, full_disk, of_full_disk
from harness.paths import cache_dir
from harness.text import plain

CHECKS = Path(checks.__file__).resolve().parent
# Long enough for the slowest honest connector; a run that takes longer is ended and reported as ours.
MAX_SECONDS = 1800
MAX_LOG = 2_000_000  # characters
MAX_LINE = 10_000
# pytest's exit codes: all passed, some failed, nothing left to run; its command is wrong.
FINISHED = (0, 1, 5)
NOTHING_CHOSEN, WRONG_COMMAND = 5, 4


def run_checks(plan_file: Path, select: str | None, log: Path, said: Callable[[Said], None]) -> None:
    """Run the checks of a plan; what they say of their progress goes to `said`, all else into `log`.

    Raises UserError where `select` chooses no check, DiskFull, and OurFailure when that process breaks, is
    killed, or runs out of time.
    """
    reading, writing = os.pipe()
    with os.fdopen(reading, encoding="utf-8") as progress:
        try:
            process = _started(plan_file, select, writing)
        finally:
            os.close(writing)
        too_late = threading.Event()

        def stop() -> None:
            too_late.set()
            process.kill()

        limit = threading.Timer(MAX_SECONDS, stop)
        unwritten: list[OSError] = []
        output = threading.Thread(target=_write_down, args=(process.stdout, log, unwritten))
        stopped: Stopped | None = None
        limit.start()
        output.start()
        try:
            for line in progress:
                news = Said.model_validate_json(line)
                stopped = stopped or news.stopped
                said(news)
            code = process.wait()
        finally:
            limit.cancel()
            process.kill()
            process.wait()
            output.join()
    if stopped is not None:
        raise DiskFull(stopped.message, where=stopped.where, hint=stopped.hint)
    if unwritten:
        raise of_full_disk(unwritten[0], [log.parent]) if full_disk(unwritten[0]) else unwritten[0]
    if too_late.is_set():
        raise OurFailure(
            f"the checks took longer than {MAX_SECONDS} s",
            where=str(log),
            hint="stop other heavy programs, or choose some checks with `harness check -k`",
        )
    _look_at(code, select, log)


def _started(plan_file: Path, select: str | None, progress: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        _command(plan_file, select), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL, pass_fds=(progress,), env=_environment(progress),
        cwd=plan_file.parent, encoding="utf-8", errors="backslashreplace",
    )  # fmt: skip


def _look_at(code: int, select: str | None, log: Path) -> None:
    """Raises what an exit code means, unless the checks were finished."""
    if select and code in (NOTHING_CHOSEN, WRONG_COMMAND):
        raise UserError(
            f"-k {select} matches no check",
            hint="give parts of the names that docs/requirements.md lists, e.g. -k 'balance and not fee'",
        )
    if code not in FINISHED:
        how = f"were killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        raise OurFailure(f"the checks {how}", where=str(log))


def _command(plan_file: Path, select: str | None) -> list[str]:
    command = [
        sys.executable, "-m", "pytest", str(CHECKS), "-p", "harness.checking.pytest_plugin",
        "-p", "harness.checking.fixtures",
        "--plan", str(plan_file), "-c", os.devnull, "--rootdir", str(CHECKS.parent),
        "--confcutdir", str(CHECKS), "--import-mode=importlib", "-p", "no:cacheprovider", "-q", "--tb=no",
    ]  # fmt: skip
    return [*command, "-k", select] if select else command


def _environment(progress: int) -> dict[str, str]:
    # Byte code of our own, whatever the caller's settings: without it each run compiles everything anew.
    byte_code = str(cache_dir() / "byte-code")
    ours = {
        "PYTHONPYCACHEPREFIX": byte_code,
        PROGRESS_FD: str(progress),
        "HARNESS_PARENT": str(os.getpid()),
    }
    unwanted = ("PYTEST_ADDOPTS", "PYTHONDONTWRITEBYTECODE")
    return {**{name: value for name, value in os.environ.items() if name not in unwanted}, **ours}


def _write_down(output: IO[str], log: Path, unwritten: list[OSError]) -> None:
    """Copy what a process prints, made safe to look at in a terminal, up to a size; the rest is dropped.

    So is what cannot be written, which `unwritten` then tells: the process must not wait for a reader.
    """
    with output:
        try:
            _copy(output, log)
        except OSError as error:
            unwritten.append(error)
            while output.read(MAX_LINE):
                pass


def _copy(output: IO[str], log: Path) -> None:
    room = MAX_LOG
    with log.open("w", encoding="utf-8") as written:
        while line := output.readline(MAX_LINE):
            shown = plain(line, lines=True)
            if 0 < room <= len(shown):
                written.write("\n… and more, left out\n")
            elif room > 0:
                written.write(shown)
                written.flush()
            room -= len(shown)
