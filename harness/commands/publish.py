"""`harness publish`: a static site of every published round."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from harness.commands.terminal import say
from harness.errors import UserError
from harness.reporting.site.build import site_files
from harness.reporting.site.writing import write_site
from harness.reporting.wording import count, link
from harness.requirement import Catalogue
from harness.screenings.writing import writing


def publish(reports: Path, site: Path, base_url: str, console: Console) -> Path:
    """Write the site of the rounds below `reports` into `site`; returns its first page.

    Raises UserError for an address that is no plain https one, and where there is no round.
    """
    base = link(base_url.rstrip("/"))
    if base is None or "?" in base or "#" in base:
        raise UserError(
            f"{base_url!r} is not the https address of a site",
            where="--base-url",
            hint="give where the folder will be served, e.g. https://owner.github.io/votes",
        )
    files = site_files(reports, base, Catalogue.load())
    with writing(site):
        write_site(site, files)
    say(console, f"Wrote {count(len(files), 'file')} for {base}")
    return site / "index.html"
