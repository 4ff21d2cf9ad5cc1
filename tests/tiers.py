"""Which tests run by default, which in `make test-all` or `make zoo` only, and in what order.

`durations.json` has the seconds of each test that takes a while, so that xdist starts with the longest; a run
with `--store-durations` brings it up to date.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import fmean

import pytest

from tests.sandbox.fixtures import home

TIERS = ("default", "all", "zoo")
FULL, WHOLE_ZOO, REAL_FORKS = "full", "whole_zoo", "real_forks"
ROOT = Path(__file__).resolve().parents[1]
DURATIONS = Path(__file__).with_name("durations.json")
UNKNOWN = 0.2  # seconds, of a test that is not in the table: quick, or new
WORTH_KEEPING = 0.5  # seconds; what takes less is spread well enough by chance


def tier_of(item: pytest.Item) -> str:
    """The smallest tier that the test belongs to."""
    if item.get_closest_marker(WHOLE_ZOO) is not None:
        return "zoo"
    backend = parameters(item).get("backend")
    if item.get_closest_marker(FULL) is not None or (backend is not None and backend != home()):
        return "all"
    return "default"


def parameters(item: pytest.Item) -> Mapping[str, object]:
    """What the test is parametrised with."""
    if isinstance(item, pytest.Function) and hasattr(item, "callspec"):
        return item.callspec.params
    return {}


def test_of(nodeid: str) -> str:
    """A test's id without its parameters and its group, to which durations are kept."""
    return nodeid.split("[", 1)[0].split("@", 1)[0]


def load_durations() -> dict[str, float]:
    kept: dict[str, float] = json.loads(DURATIONS.read_text(encoding="utf-8"))
    return kept


def longest_first(items: Iterable[pytest.Item], durations: Mapping[str, float]) -> list[pytest.Item]:
    """Groups, and tests that have none, in the order of the seconds they take; a group stays together."""
    groups: defaultdict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        mark = item.get_closest_marker("xdist_group")
        groups[str(mark.args[0]) if mark is not None else item.nodeid].append(item)

    def seconds(group: list[pytest.Item]) -> float:
        return sum(durations.get(test_of(item.nodeid), UNKNOWN) for item in group)

    return [item for group in sorted(groups.values(), key=seconds, reverse=True) for item in group]


class Durations:
    """Gathers what each test takes, set-up and end included, and keeps it."""

    def __init__(self) -> None:
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[report.nodeid] += report.duration

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """In the process that sees all reports; what was not run keeps its figure."""
        if hasattr(session.config, "workerinput"):
            return
        by_test: defaultdict[str, list[float]] = defaultdict(list)
        for nodeid, seconds in self._seconds.items():
            by_test[test_of(nodeid)].append(seconds)
        found = load_durations() | {test: round(fmean(each), 1) for test, each in by_test.items()}
        lasting = {
            test: seconds
            for test, seconds in sorted(found.items())
            if seconds >= WORTH_KEEPING and (ROOT / test.split("::")[0]).is_file()
        }
        DURATIONS.write_text(json.dumps(lasting, indent=1) + "\n", encoding="utf-8")
