"""The lines of a review, which lies over a description."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, JsonValue, StringConstraints

from harness.venue.described.model import Part


class Correction(Part):
    """A line of `<exchange>.review.yml`: confirms what stands at `at`, or puts `is` in its place.

    An address that is not there yet is added; `remove` takes it out. Named by whom, when and after which
    page.
    """

    at: str
    is_: JsonValue = Field(default=None, alias="is")
    remove: bool = False
    by: str
    date: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    page: str | None = None
    note: str = ""

    @property
    def source(self) -> str:
        """As `known` writes it."""
        who = "maintainer" if self.page is None else "reviewer"
        return " ".join(part for part in (who, self.by, self.date, self.page) if part)


class Review(Part):
    corrections: tuple[Correction, ...]
