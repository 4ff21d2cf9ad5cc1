"""What a submission's changes to the framework's own code do to the framework's own tests.

They are run twice, on what the submission's changes are counted from and on the submission. What they say is
a claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict

from harness.forks.submission import Submission
from harness.frameworks.runtime import TREE, Runtime
from harness.frameworks.unit_tests import TestFailure, UnitTestResult, run_unit_tests
from harness.sandbox.protocol import Backend

CODE, TESTS = "hummingbot", "test/hummingbot"
SOURCES = (".py", ".pyx", ".pxd")
MOST_FILES = 30


class CoreTests(BaseModel):
    """How the framework's `tests` (files) went on the submission, of those that pass without it.

    `decided`: they could be run without the submission; if not, `detail` says more and nothing else counts.
    `broken` fail with it, `lost` do not pass for another reason: they are gone or skipped, did not run, or
    are among more failures than are told of. `held` is how many still pass.
    """

    model_config = ConfigDict(frozen=True)

    tests: tuple[str, ...]
    decided: bool
    held: int = 0
    broken: tuple[TestFailure, ...] = ()
    lost: tuple[str, ...] = ()
    detail: str = ""


def changed_core(submission: Submission) -> tuple[str, ...]:
    """Source files of the framework that it changes or takes away; its connectors' own are not among them."""
    own = tuple(f"{each.path}/" for each in submission.connectors)
    changed = (change.old_path or change.path for change in submission.changes if change.status != "added")
    return tuple(
        path
        for path in changed
        if path.startswith(f"{CODE}/") and path.endswith(SOURCES) and not path.startswith(own)
    )


def files_testing(changed: Iterable[str], tree: Path) -> tuple[str, ...]:
    """Files of the framework's tests in `tree`: those of these sources, then what names their modules."""
    changed = tuple(changed)
    own = [path for path in map(_test_file, changed) if (tree / path).is_file()]
    modules = tuple({path.rpartition(".")[0].replace("/", ".") for path in changed})
    naming = [path for path in _test_files(tree) if path not in own and _names(tree / path, modules)]
    return tuple(dict.fromkeys([*own, *naming]))[:MOST_FILES]


def _test_file(path: str) -> str:
    source = PurePosixPath(path)
    return str(PurePosixPath("test") / source.parent / f"test_{source.stem}.py")


def _test_files(tree: Path) -> Iterator[str]:
    for path in sorted((tree / TESTS).rglob("test_*.py")):
        if path.is_file() and not path.is_symlink():
            yield path.relative_to(tree).as_posix()


def _names(test: Path, modules: Iterable[str]) -> bool:
    words = test.read_bytes()
    return any(module.encode() in words for module in modules)


def run_core_tests(
    backend: Backend, submission: Submission, before: Runtime, after: Runtime
) -> CoreTests | None:
    """None where it changes nothing of the framework's that is tested. Raises SandboxFailure only.

    Where a file of tests is gone only its own are lost: pytest runs none at all if it is asked for it.
    """
    tests = files_testing(changed_core(submission), _tree(before))
    if not tests:
        return None
    there = [path for path in tests if (_tree(after) / path).is_file()]
    now = run_unit_tests(backend, after, there) if there else UnitTestResult(ran=True)
    return compared(tests, run_unit_tests(backend, before, tests), now)


def _tree(runtime: Runtime) -> Path:
    (tree,) = (mount.source for mount in runtime.mounts if mount.target == TREE)
    return tree


def compared(tests: tuple[str, ...], before: UnitTestResult, after: UnitTestResult) -> CoreTests:
    """Only a test that passed before can be broken."""
    if not before.ran:
        return CoreTests(tests=tests, decided=False, detail=before.detail)
    good, still = before.that_passed(), set(after.that_passed())
    gone = [name for name in good if name not in still]
    broken = tuple(failure for failure in after.failures if failure.name in gone)
    named = {failure.name for failure in broken}
    lost = tuple(name for name in gone if name not in named)
    return CoreTests(
        tests=tests, decided=True, held=len(good) - len(gone), broken=broken, lost=lost, detail=after.detail
    )
