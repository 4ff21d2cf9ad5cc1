"""A submission's own unit tests, run in the sandbox with no way out. What they say is a claim."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from harness.frameworks.runtime import TREE, Runtime, our_program
from harness.sandbox.protocol import Backend, Completed, Limits
from harness.text import one_line

LIMITS = Limits(memory_bytes=2 << 30, cpu_seconds=600, wall_seconds=600)
MAX_RESULT = 4 << 20
MAX_SHOWN = 200
# pytest's exit codes of a run that went on to its end: all passed, some failed, none there.
FINISHED = (0, 1, 5)


class FileCoverage(BaseModel):
    """A file of the tree: the numbers of the lines that could run, and of those that never did.

    `reached_by` has, for a line that tests ran, the places of some of these in `UnitTestResult.tests`.
    """

    model_config = ConfigDict(frozen=True)

    path: str
    statements: tuple[int, ...]
    missing: tuple[int, ...]
    reached_by: dict[int, tuple[int, ...]] = {}
    problem: str = ""


class TestFailure(BaseModel):
    """One test that did not pass: `how` is failed or error, `text` the end of its traceback."""

    __test__ = False
    model_config = ConfigDict(frozen=True)

    name: str
    how: str
    text: str


class UnitTestResult(BaseModel):
    """How the tests went. `ran` says whether they got to an end at all; if not, `detail` says why.

    `ends` says of each of `tests` how it ended. `coverage` is the part, 0 to 1, of the sources' lines that
    ran, None when there are none. `network` lists addresses outside the machine that were asked for.
    `irregular` is what somebody else said in the name of our program, which prints one line and no more: that
    we saw, while the rest is claimed.
    """

    model_config = ConfigDict(frozen=True)

    ran: bool
    passed: int = 0
    failed: int = 0
    errors: int = 0
    skipped: int = 0
    coverage: float | None = None
    tests: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    files: tuple[FileCoverage, ...] = ()
    failures: tuple[TestFailure, ...] = ()
    network: tuple[str, ...] = ()
    irregular: tuple[str, ...] = ()
    detail: str = ""

    @property
    def total(self) -> int:
        return self.passed + self.failed + self.errors + self.skipped

    def that_passed(self) -> tuple[str, ...]:
        """The names of the tests that did; one that was skipped did not."""
        return tuple(name for name, end in zip(self.tests, self.ends, strict=False) if end == "passed")


class _Counts(BaseModel):
    passed: int
    failed: int
    error: int
    skipped: int


class _Said(BaseModel):
    nonce: str
    code: int
    counts: _Counts
    unfinished: int
    tests: tuple[str, ...]
    ends: tuple[str, ...]
    failures: tuple[TestFailure, ...]
    files: tuple[FileCoverage, ...]
    network: tuple[str, ...]


def run_unit_tests(
    backend: Backend,
    runtime: Runtime,
    tests: Sequence[str],
    sources: Sequence[str] = (),
    limits: Limits = LIMITS,
) -> UnitTestResult:
    """Run the tests in these folders of the runtime's tree (or in the files whose paths begin so).

    `sources` are the folders whose coverage is wanted. Raises SandboxFailure only.
    """
    nonce = secrets.token_hex(16)
    order = json.dumps({"tree": TREE, "tests": list(tests), "sources": list(sources), "nonce": nonce})
    done = backend.run(our_program(runtime, "unit_tests", order, limits, background=True))
    return _parse(done, nonce, _files(runtime, sources))


def _files(runtime: Runtime, sources: Sequence[str]) -> frozenset[str]:
    """The Python files that there are in `sources`, seen by ourselves; paths from the tree's root."""
    trees = [mount.source for mount in runtime.mounts if mount.target == TREE]
    return frozenset(
        path.relative_to(tree).as_posix()
        for tree in trees
        for source in sources
        for path in Path(tree / source).rglob("*.py")
    )


def _parse(done: Completed, nonce: str, there: frozenset[str]) -> UnitTestResult:
    words = done.stderr.decode("utf-8", "replace")[-4000:]
    found = [said for line in done.stdout.splitlines() if (said := _said(line)) and said.nonce == nonce]
    irregular = _irregular(done.stdout, nonce)
    if len(found) != 1:
        how = f"exit code {done.exit.code}" if done.exit.code is not None else done.exit.reason
        detail = f"the tests ended without a result: {how} {done.exit.detail}\n{words}"
        return UnitTestResult(ran=False, irregular=irregular, detail=detail)
    (said,) = found
    if said.code not in FINISHED or said.unfinished:
        left = f"exit code {said.code}, {said.unfinished} tests never finished"
        detail = f"pytest was broken off ({left})\n{words}"
        return UnitTestResult(ran=False, irregular=irregular, detail=detail)
    files = tuple(each.model_copy(update={"path": each.path.removeprefix(TREE + "/")}) for each in said.files)
    if {each.path for each in files} != there:
        irregular = (*irregular, "the coverage is of other files than there are")
        files = ()
    if any(
        number not in range(len(said.tests))
        for each in files
        for by in each.reached_by.values()
        for number in by
    ):
        irregular = (*irregular, "the coverage is of other tests than there are")
        files = ()
    lines = sum(len(set(each.statements)) for each in files)
    missed = sum(len(set(each.statements) & set(each.missing)) for each in files)
    return UnitTestResult(
        ran=True,
        passed=said.counts.passed,
        failed=said.counts.failed,
        errors=said.counts.error,
        skipped=said.counts.skipped,
        coverage=(lines - missed) / lines if lines else None,
        tests=said.tests,
        ends=said.ends,
        files=files,
        failures=said.failures,
        network=said.network,
        irregular=irregular,
        detail=words,
    )


def _said(line: bytes) -> _Said | None:
    try:
        return _Said.model_validate_json(line[:MAX_RESULT])
    except ValidationError:
        return None


def _irregular(stdout: bytes, nonce: str) -> tuple[str, ...]:
    """What is no answer of ours, or one too many."""
    lines = [line for line in stdout.splitlines() if line.strip()]
    ours = [line for line in lines if (said := _said(line)) and said.nonce == nonce]
    others = [line for line in lines if line not in ours]
    if others and not stdout.endswith(b"\n") and others[-1].startswith(f'{{"nonce": "{nonce}"'.encode()):
        others.pop()  # ours, cut short by the end of the job
    shown = tuple(
        "somebody printed where only our program prints: "
        + one_line(line[:MAX_SHOWN].decode("utf-8", "replace"), MAX_SHOWN)
        for line in others[:5]
    )
    return (*shown, "the result was given more than once") if len(ours) > 1 else shown
