"""`harness publish`: a static site of every published round."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from harness.commands.terminal import say
from harness.reporting.site.build import site_files
from harness.reporting.site.writing import write_site
from harness.reporting.wording import count, site_address
from harness.requirement import Catalogue
from harness.screenings.writing import writing


def publish(reports: Path, site: Path, base_url: str, console: Console) -> Path:
    """Write the site of the rounds below `reports` into `site`; returns its first page.

    Raises UserError for an address that is no plain https one, and where there is no round.
    """
    base = site_address(base_url, "--base-url")
    files = site_files(reports, base, Catalogue.load())
    with writing(site):
        write_site(site, files)
    say(console, f"Wrote {count(len(files), 'file')} for {base}")
    return site / "index.html"
