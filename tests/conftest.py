"""What tests of several rooms need, made once a session and only when asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from harness.checking import LONG, MARK
from tests.tiers import (
    FULL,
    REAL_FORKS,
    TIERS,
    WHOLE_ZOO,
    Durations,
    load_durations,
    longest_first,
    parameters,
    tier_of,
)

if TYPE_CHECKING:
    from tests.zoo.keeping import Zoo


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--tier", choices=TIERS, default=TIERS[0], help="how much is run: tests/README.md")
    parser.addoption("--store-durations", action="store_true", help="bring tests/durations.json up to date")


def pytest_configure(config: pytest.Config) -> None:
    """Some tests import checks as they are, marks and all, and call them by hand."""
    config.addinivalue_line("markers", f"{MARK}(*slugs): the requirements that a check verifies")
    config.addinivalue_line("markers", f"{LONG}: played after all others")
    config.addinivalue_line("markers", f"{FULL}: left out by default, where a smaller test stands for it")
    config.addinivalue_line("markers", f"{WHOLE_ZOO}: left out of every run but `make zoo`'s")
    config.addinivalue_line("markers", f"{REAL_FORKS}: needs mirrors of the forks; run where it is asked for")
    if config.getoption("--store-durations"):
        config.pluginmanager.register(Durations())


# Fixtures that take long to make, and what each is made anew for: a parameter of the test.
SHARED = {"finished": "backend", "merged": "merged", "rig": "rig", "planted": "payload"}


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the tier does not have; keep tests that share a fixture together, longest first."""
    wanted = TIERS[: TIERS.index(config.getoption("--tier")) + 1]
    unasked = REAL_FORKS not in config.getoption("-m")
    left_out = [
        item
        for item in items
        if tier_of(item) not in wanted or (unasked and item.get_closest_marker(REAL_FORKS) is not None)
    ]
    if left_out:
        out = frozenset(left_out)
        items[:] = [item for item in items if item not in out]
        config.hook.pytest_deselected(items=left_out)
    for item in items:
        for fixture, parameter in SHARED.items():
            if fixture in getattr(item, "fixturenames", ()) and parameter in parameters(item):
                group = f"{item.path.stem}-{parameters(item)[parameter]}"
                item.add_marker(pytest.mark.xdist_group(group))
    if hasattr(config, "workerinput"):
        items[:] = longest_first(items, load_durations())


@pytest.fixture(scope="session")
def zoo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zoo]:
    """The released framework with all its connectors, built."""
    from tests.sandbox.fixtures import at_hand
    from tests.zoo.keeping import Zoo

    folder = tmp_path_factory.mktemp("zoo")
    folder.chmod(0o755)
    kept = Zoo(at_hand(), folder, thorough=request.config.getoption("--tier") == TIERS[-1])
    yield kept
    kept.close()
