"""`harness generate`: every file that is made from the code and the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.behaviour import Behaviours
from harness.commands import behaviours_page, catalogue_page, messages_page
from harness.reporting.schema import write_schemas
from harness.requirement import Catalogue

DOCS = Path(__file__).resolve().parents[2] / "docs"
REQUIREMENTS_PAGE = DOCS / "requirements.md"
MESSAGES_PAGE = DOCS / "messages.md"
BEHAVIOURS_PAGE = DOCS / "behaviours.md"


def write_all() -> Iterator[Path]:
    """Write them all, telling each path as it is done."""
    yield from write_schemas()
    REQUIREMENTS_PAGE.write_text(catalogue_page.page(Catalogue.load()), encoding="utf-8")
    yield REQUIREMENTS_PAGE
    MESSAGES_PAGE.write_text(messages_page.page(), encoding="utf-8")
    yield MESSAGES_PAGE
    BEHAVIOURS_PAGE.write_text(behaviours_page.page(Behaviours.load()), encoding="utf-8")
    yield BEHAVIOURS_PAGE
