"""What tests of several rooms need, made once a session and only when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.checking import LONG, MARK

if TYPE_CHECKING:
    from tests.zoo.keeping import Zoo


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--whole-zoo", action="store_true", help="all planted defects and all merged connectors")


def pytest_configure(config: pytest.Config) -> None:
    """Some tests import checks as they are, marks and all, and call them by hand."""
    config.addinivalue_line("markers", f"{MARK}(*slugs): the requirements that a check verifies")
    config.addinivalue_line("markers", f"{LONG}: told after all others")
    config.addinivalue_line("markers", "whole_zoo: left out of every run but `make zoo`'s")


# Fixtures that take minutes to make, and what each is made anew for: a parameter of the test.
SHARED = {"finished": "backend", "merged": "merged", "rig": "rig"}


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that share such a fixture stay together, in one of the processes that tests are spread over."""
    if not config.getoption("--whole-zoo"):
        left_out = [item for item in items if item.get_closest_marker("whole_zoo") is not None]
        items[:] = [item for item in items if item.get_closest_marker("whole_zoo") is None]
        config.hook.pytest_deselected(items=left_out)
    for item in items:
        parameters = (
            item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        )
        for fixture, parameter in SHARED.items():
            if fixture in getattr(item, "fixturenames", ()) and parameter in parameters:
                item.add_marker(pytest.mark.xdist_group(f"{item.path.stem}-{parameters[parameter]}"))


@pytest.fixture(scope="session")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Zoo:
    """The released framework with all its connectors, built."""
    from harness.sandbox import choose
    from tests.zoo.keeping import Zoo

    folder = tmp_path_factory.mktemp("zoo")
    folder.chmod(0o755)
    return Zoo(choose("auto"), folder)
