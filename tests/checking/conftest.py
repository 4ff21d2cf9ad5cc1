"""What the tests of this room share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checking.tiny_checks import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)
