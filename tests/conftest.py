"""What tests of several rooms need, made once a session and only when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.checking import MARK

if TYPE_CHECKING:
    from tests.zoo.keeping import Zoo


def pytest_configure(config: pytest.Config) -> None:
    """Some tests import checks as they are, marks and all, and call them by hand."""
    config.addinivalue_line("markers", f"{MARK}(*slugs): the requirements that a check verifies")


@pytest.fixture(scope="session")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Zoo:
    """The released framework with all its connectors, built."""
    from harness.sandbox import choose
    from tests.zoo.keeping import Zoo

    folder = tmp_path_factory.mktemp("zoo")
    folder.chmod(0o755)
    return Zoo(choose("auto"), folder)
