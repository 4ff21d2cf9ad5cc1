"""Where a page lies in a published site, and what is known there of other rounds."""

from __future__ import annotations

from dataclasses import dataclass

from harness.reporting.model import CandidateReport, Entry, RoundReport


@dataclass(frozen=True)
class Appearance:
    """A connector in one round: its entry there, its whole report, and the page from the site's root."""

    round: RoundReport
    entry: Entry
    report: CandidateReport

    @property
    def page(self) -> str:
        return f"rounds/{self.round.round.id}/{self.entry.page}"


@dataclass(frozen=True)
class Place:
    """`base` is the site's https address, `folder` the page's folder below it; both without a last slash.

    `earlier` are the same connectors in the rounds before, the newest first; `exchanges` are the pages of
    what the candidate connects to, by name, from the site's root.
    """

    base: str
    folder: str
    earlier: tuple[Appearance, ...] = ()
    exchanges: tuple[tuple[str, str], ...] = ()

    @property
    def root(self) -> str:
        """From the page's folder to the site's root: `../../`."""
        return "../" * (self.folder.count("/") + 1) if self.folder else ""

    @property
    def address(self) -> str:
        return f"{self.base}/{self.folder}" if self.folder else self.base
