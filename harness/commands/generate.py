"""`harness generate`: every file that is made from the code and the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.commands.catalogue_page import page
from harness.reporting.schema import write_schemas
from harness.requirement import Catalogue

REQUIREMENTS_PAGE = Path(__file__).resolve().parents[2] / "docs" / "requirements.md"


def write_all() -> Iterator[Path]:
    """Write them all, telling each path as it is done."""
    yield from write_schemas()
    REQUIREMENTS_PAGE.write_text(page(Catalogue.load()), encoding="utf-8")
    yield REQUIREMENTS_PAGE
