"""Checks are marked with what they verify; here they are called as functions."""

from __future__ import annotations

import pytest

from harness.checking import MARK


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARK}(*slugs): the requirements that a check verifies")
