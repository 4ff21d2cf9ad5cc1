from __future__ import annotations

import pytest

from harness.checking import MARK


def pytest_configure(config: pytest.Config) -> None:
    """The checks are imported as they are, marks and all, but called by hand."""
    config.addinivalue_line("markers", f"{MARK}(*slugs): the requirements that a check verifies")
