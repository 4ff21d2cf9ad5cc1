"""The real command in a process tree of its own, and everything on this machine that it may leave behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.ownership import PATTERN, Owner
from harness.paths import cache_dir
from harness.sandbox import engine
from harness.sandbox.protocol import NoSandboxError
from harness.sandbox.reaper import LABEL
from harness.temporary import DEEPEST

PR_SET_CHILD_SUBREAPER = 36
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Household:
    """Runs `harness` with folders of its own. Orphans below it become this process's children."""

    temporary: Path
    _before: frozenset[int]

    def start(self, *arguments: str, folder: Path) -> subprocess.Popen[bytes]:
        """The command in a session of its own, its words in `<folder>/said`."""
        env = {**os.environ, "TMPDIR": str(self.temporary), "NO_COLOR": "1", "PYTHONPATH": str(ROOT)}
        with (folder / "said").open("wb") as said:
            return subprocess.Popen(
                [sys.executable, "-m", "harness", *arguments], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                stdout=said, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def processes(self) -> list[str]:
        """What still runs of anything started here; what has ended is reaped."""
        found = []
        for pid in _children() - self._before:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            if words := _words(pid):
                found.append(f"{pid} {words}")
        return found

    def left_running(self, seconds: float) -> list[str]:
        """What is still there after that time of patience: processes, mounts and containers."""
        return _after(seconds, lambda: [*self.processes(), *mounts(), *_containers()])

    def left_behind(self, seconds: float) -> list[str]:
        """The same with files and control groups, which the next start may be the one to remove."""
        return _after(seconds, lambda: [*self.left_running(0), *self._files(), *_groups()])

    def _files(self) -> list[str]:
        """All in our temporary folder, and what gone processes left in the cache."""
        named = [*cache_dir().glob(".harness-*"), *cache_dir().glob("*/.harness-*")]
        owned = [re.search(rf"harness-({PATTERN})-", path.name) for path in named]
        owners = [Owner.parse(found[1]) for found in owned if found]
        gone = [f"a folder of {owner} in the cache" for owner in owners if owner and owner.gone()]
        return [*map(str, self.temporary.iterdir()), *gone]

    def end(self) -> None:
        """End what is left, each by its own id."""
        for line in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(line.split()[0]), signal.SIGKILL)


@contextlib.contextmanager
def household() -> Iterator[Household]:
    # Of its own, so that what is left can be counted, and short, or the harness takes another one.
    temporary = Path(tempfile.mkdtemp(prefix="household-", dir="/tmp"))
    assert len(str(temporary)) <= DEEPEST
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    home = Household(temporary, frozenset(_children()))
    try:
        yield home
    finally:
        home.end()
        shutil.rmtree(temporary)
        libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def _after(seconds: float, look: Callable[[], list[str]]) -> list[str]:
    deadline = time.monotonic() + seconds
    while (found := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def _groups() -> list[str]:
    """Control groups whose maker is gone; their names end in its process id."""
    found = Path("/sys/fs/cgroup").glob("**/connector-harness-*")
    return [str(path) for path in found if not Path("/proc", path.name.rpartition("-")[2]).exists()]


def mounts() -> list[str]:
    """Our launcher's, were they ever seen outside of the namespace that they are made in."""
    lines = Path("/proc/self/mounts").read_text().splitlines()
    return [line for line in lines if line.split()[0] in ("staging", "scratch")]


def _containers() -> list[str]:
    """Those whose owner is gone; where no engine answers there are none."""
    try:
        client = engine.client()
    except NoSandboxError:
        return []
    found = client.api.containers(all=True, filters={"label": LABEL})
    owners = ((each["Id"], Owner.parse(each["Labels"].get(LABEL, ""))) for each in found)
    return [f"container {id_}" for id_, owner in owners if owner and owner.gone()]


def _children() -> set[int]:
    return {
        int(path.parent.name) for path in Path("/proc").glob("[0-9]*/stat") if _parent(path) == os.getpid()
    }


def _parent(stat: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(stat.read_text().rpartition(")")[2].split()[1])
    return None


def descendants(pid: int) -> set[int]:
    """All processes below one, by now."""
    parents = {int(path.parent.name): _parent(path) for path in Path("/proc").glob("[0-9]*/stat")}
    found, size = {pid}, 0
    while len(found) > size:
        size = len(found)
        found |= {child for child, parent in parents.items() if parent in found}
    return found - {pid}


def _words(pid: int) -> str:
    """Its command; nothing once it has ended, waited for or not."""
    with contextlib.suppress(OSError, IndexError):
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return ""
        words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        return words.strip()[:200] or "unnamed"
    return ""
