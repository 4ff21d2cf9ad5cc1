"""One published round, shared: reports are only read here."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.reporting.publish import publish_round
from tests.reporting.parts import catalogue
from tests.reporting.sample import write_round


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the sample round, published."""
    folder = write_round(tmp_path_factory.mktemp("reports") / "2026-11")
    publish_round(folder, site_url="https://votes.example/2026-11", catalogue=catalogue())
    return folder
