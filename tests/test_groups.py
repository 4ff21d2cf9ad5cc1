"""Tests that share what takes minutes to make stay in one process: tests/conftest.py."""

from __future__ import annotations

import os

import pytest


@pytest.mark.xdist_group("kept-together")
def test_groups_are_kept_together(request: pytest.FixtureRequest) -> None:
    """pytest-xdist writes its group behind a test's name; a version of pytest that hides that loses it."""
    if "PYTEST_XDIST_WORKER" in os.environ and request.config.getoption("loadgroup", False):
        assert request.node.nodeid.endswith("@kept-together")
