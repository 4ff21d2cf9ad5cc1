"""Plants defects in a connector, one a process, and says which of them its unit tests notice.

`python -m inside.mutants FILE`, where FILE holds a JSON object: `tree`, `nonce`, which has to come back with
the answer, and `mutants`: each has `path`, `line` (from 1), `column` (bytes), `old`, `new` and its `tests`.
"""

import ast
import importlib
import importlib.machinery
import json
import os
import signal
import sys
import tempfile
import time
from typing import Any, Callable, Dict, List, Optional, Set

from .job import Job

LONGEST, ALL_OF_THEM = 30.0, 120.0  # seconds for the tests of one defect, and for all; what hangs is noticed
NOTICED, MISSED, UNTRIED = "noticed", "missed", "untried"  # untried: its tests fail by themselves


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        order = json.load(file)
    job = Job(order)
    importlib.import_module("pytest")
    mutants = order["mutants"]
    _import_what_is_not_mutated(order["tree"], mutants)
    failing = _failing(order["tree"], sorted({test for each in mutants for test in each["tests"]}))
    fates = []  # type: List[str]
    if failing is not None:
        for each in mutants:
            tests = [test for test in each["tests"] if test not in failing]
            fates.append(_fate(order["tree"], tests, each))
    job.end({"sound": failing is not None, "fates": fates})


def _import_what_is_not_mutated(tree: str, mutants: List[Dict[str, Any]]) -> None:
    """What the connector and its tests import of others: once, for all the processes that follow."""
    paths = {each["path"] for each in mutants}
    own = tuple({os.path.dirname(path).replace("/", ".") for path in paths})
    tests = {test.split("::")[0] for each in mutants for test in each["tests"]}
    names = {name for path in paths | tests for name in _imported(os.path.join(tree, path))}
    for name in sorted(names):
        if not name.startswith(own):
            try:
                importlib.import_module(name)
            except Exception as error:
                sys.stderr.write("{}: {}\n".format(name, error))


def _imported(path: str) -> List[str]:
    with open(path, encoding="utf-8") as file:
        nodes = ast.walk(ast.parse(file.read()))
    return [
        node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level
    ]


def _failing(tree: str, tests: List[str]) -> Optional[Set[str]]:
    """Those of the tests that fail with nothing planted, in a process of their own; None if it never ends."""
    with tempfile.TemporaryFile("w+") as file:

        def run() -> int:
            failed = _Failed()
            _run(tree, tests, failed)
            json.dump(sorted(failed.names), file)
            file.flush()
            return 0

        if not _apart(run, ALL_OF_THEM):
            return None
        file.seek(0)
        return set(json.load(file))


def _fate(tree: str, tests: List[str], mutant: Dict[str, Any]) -> str:
    def run() -> int:
        _plant(tree, mutant)
        return _run(tree, tests, _Failed(), "-x")

    if not tests:
        return UNTRIED
    return MISSED if _apart(run, LONGEST) else NOTICED


def _apart(run: Callable[[], int], longest: float) -> bool:
    """Whether that returned 0, and in time, in a process of its own."""
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        code = 1
        try:
            code = run()
        finally:
            os._exit(code)
    end = time.monotonic() + longest
    while time.monotonic() < end:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status == 0
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


class _Failed:
    """A pytest plugin that notes which tests do not pass."""

    def __init__(self) -> None:
        self.names = set()  # type: Set[str]

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.names.add(report.nodeid)


def _run(tree: str, tests: List[str], failed: _Failed, *more: str) -> int:
    pytest = importlib.import_module("pytest")
    options = ["-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", tree, "--tb=line", *more]
    options += ["-o", "asyncio_default_fixture_loop_scope=function", "--timeout=20"]
    return int(pytest.main(options + [os.path.join(tree, each) for each in tests], plugins=[failed]))


def _plant(tree: str, mutant: Dict[str, Any]) -> None:
    """Let the import system read the file as if the defect were in it."""
    path = os.path.join(tree, mutant["path"])
    with open(path, "rb") as file:
        lines = file.read().splitlines(True)
    line, column, old = lines[mutant["line"] - 1], mutant["column"], mutant["old"].encode()
    lines[mutant["line"] - 1] = line[:column] + mutant["new"].encode() + line[column + len(old) :]
    source = b"".join(lines)
    loader = importlib.machinery.SourceFileLoader
    get_code = loader.get_code

    def get_mutated(self: Any, name: str) -> Any:
        if self.path == path:
            return compile(source, path, "exec", dont_inherit=True)
        return get_code(self, name)

    loader.get_code = get_mutated  # type: ignore[assignment,method-assign]


if __name__ == "__main__":
    main()
