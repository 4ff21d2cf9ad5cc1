"""Runs a connector's unit tests with pytest and says in one line how they went and what they reached.

`python -m inside.unit_tests ORDER`, where ORDER is a JSON object: `tree`, `tests` (folders, or beginnings of
file names, from the tree's root), `sources` (folders whose coverage is wanted) and `nonce`, which has to come
back with the answer.
"""

import glob
import importlib
import importlib.util
import json
import os
import sys
from typing import Any, Dict, List, Set

from . import wire
from .job import Job

MAX_FAILURES = 50
MAX_TEXT = 4096
MAX_NETWORK = 100
MAX_TESTS = 40  # told of each line


class Network:
    """Notes every address outside this machine that is asked for. Nothing answers in here."""

    def __init__(self) -> None:
        self.seen: Set[str] = set()
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: Any) -> None:
        if event == "socket.getaddrinfo":
            self._note(str(arguments[0]), arguments[1])
        elif event == "socket.connect" and isinstance(arguments[1], tuple):
            self._note(str(arguments[1][0]), arguments[1][1])

    def _note(self, host: str, port: Any) -> None:
        local = host in ("localhost", "::1", "None", "0.0.0.0") or host.startswith("127.")  # noqa: S104
        if not local and len(self.seen) < MAX_NETWORK:
            self.seen.add("{}:{}".format(host[:253], port))


class Collector:
    """A pytest plugin that counts how tests end; setting up and taking down count with the test."""

    def __init__(self, coverage: Any) -> None:
        self._coverage = coverage
        self.worst: Dict[str, str] = {}
        self.failures: List[Dict[str, str]] = []
        self.tests: List[str] = []

    def pytest_collection_finish(self, session: Any) -> None:
        self.tests = [item.nodeid for item in session.items]

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._coverage.switch_context(nodeid)

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            how = "failed" if report.when == "call" else "error"
            self._failed(report.nodeid, how, wire.places(str(report.longrepr)))
        elif report.skipped:
            self.worst.setdefault(report.nodeid, "skipped")
        elif report.when == "call":
            self.worst.setdefault(report.nodeid, "passed")

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self._failed(report.nodeid, "error", wire.places(str(report.longrepr)))

    def _failed(self, name: str, how: str, text: str) -> None:
        self.worst[name] = how
        if len(self.failures) < MAX_FAILURES:
            self.failures.append({"name": name, "how": how, "text": text[-MAX_TEXT:]})

    def unfinished(self) -> int:
        """Tests that were to run and never came to an end."""
        return sum(1 for name in self.tests if name not in self.worst)

    def count(self, how: str) -> int:
        return sum(1 for each in self.worst.values() if each == how)


def main() -> None:
    order = json.loads(sys.argv[1])
    job = Job(order)
    pytest = importlib.import_module("pytest")
    included = [os.path.join(order["tree"], each, "*") for each in order["sources"]]
    coverage = importlib.import_module("coverage").Coverage(
        data_file=None, config_file=False, include=included
    )
    network, collector = Network(), Collector(coverage)
    coverage.start()
    code = pytest.main(_arguments(order), plugins=[collector])
    coverage.stop()
    result = {
        "code": int(code),
        "counts": {how: collector.count(how) for how in ("passed", "failed", "error", "skipped")},
        "unfinished": collector.unfinished(),
        "failures": collector.failures,
        "tests": collector.tests,
        "ends": [collector.worst.get(name, "") for name in collector.tests],
        "files": [_reached(coverage, path, collector.tests) for path in _python_files(order)],
        "network": sorted(network.seen),
    }
    job.end(result)


def _arguments(order: Dict[str, Any]) -> List[str]:
    found: List[str] = []
    for each in order["tests"]:
        tests = os.path.join(order["tree"], each)
        found += [tests] if os.path.isdir(tests) else sorted(glob.glob(glob.escape(tests) + "*")) or [tests]
    options = ["-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", order["tree"], "--tb=short"]
    if importlib.util.find_spec("pytest_asyncio") is not None:
        options += ["-o", "asyncio_default_fixture_loop_scope=function"]
    if importlib.util.find_spec("pytest_timeout") is not None:
        options.append("--timeout=120")
    options.append("--continue-on-collection-errors")
    return options + found


def _python_files(order: Dict[str, Any]) -> List[str]:
    found = []
    for source in order["sources"]:
        for parent, _, names in os.walk(os.path.join(order["tree"], source)):
            found += [os.path.join(parent, name) for name in names if name.endswith(".py")]
    return sorted(found)


def _reached(coverage: Any, path: str, tests: List[str]) -> Dict[str, Any]:
    """The numbers of the lines that could run, of those that never did, and of the tests that ran each."""
    try:
        _, statements, _, missing, _ = coverage.analysis2(path)
    except Exception as error:
        return {"path": path, "statements": [], "missing": [], "problem": str(error)[:500]}
    numbers = {name: number for number, name in enumerate(tests)}
    reached_by = {
        line: sorted(numbers[name] for name in names if name in numbers)[:MAX_TESTS]
        for line, names in coverage.get_data().contexts_by_lineno(path).items()
    }
    return {
        "path": path,
        "statements": statements,
        "missing": missing,
        "reached_by": {line: by for line, by in reached_by.items() if by},
        "problem": "",
    }


if __name__ == "__main__":
    main()
