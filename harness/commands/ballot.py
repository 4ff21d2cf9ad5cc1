"""`harness ballot`: a published round's ballot in every form, posted to Discord where a webhook is given."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from rich.console import Console

from harness.commands.terminal import say
from harness.errors import UserError
from harness.reporting.model import RoundReport
from harness.reporting.publish import ROUND_REPORT
from harness.reporting.wording import count, listed, site_address
from harness.rounds.calendar import first_instant
from harness.screenings.store import write_whole
from harness.screenings.writing import writing
from harness.text import inert_json
from harness.voting import posts
from harness.voting.discord import messages
from harness.voting.posting import post

FOLDER = "ballot"


def posted_file(round_dir: Path) -> Path:
    """Where it is written down what was posted of a round."""
    return round_dir / FOLDER / "posted.json"


def read_report(round_dir: Path) -> RoundReport:
    """A round as it was published; raises UserError where there is none."""
    path = round_dir / ROUND_REPORT
    if not path.is_file():
        raise UserError(
            f"this is not a published round: {ROUND_REPORT} is missing",
            where=str(round_dir),
            hint="give the folder that `harness run` wrote, e.g. reports/2020-08",
        )
    return RoundReport.model_validate_json(path.read_text(encoding="utf-8"))


def ballot_round(
    round_dir: Path, *, webhook: str | None, dry_run: bool, site: str | None, now: datetime, console: Console
) -> None:
    """Write every form of the ballot below `round_dir`; show what would be posted, or post it.

    `site` is the https address that the round's folder has. Raises UserError.
    """
    read_report(round_dir)  # a folder that is none gets no lock
    site = site_address(site, "--site") if site else None
    with writing(round_dir):
        report = read_report(round_dir)
        if missing := [entry.name for entry in report.with_verdict(None)]:
            raise UserError(
                f"no verdict yet for {count(len(missing), 'candidate')} of the round: {listed(missing)}",
                where=str(round_dir),
                hint="screen the whole round before the vote: `harness run`, without --only",
            )
        _write(round_dir / FOLDER, report, site)
        say(console, f"Wrote {round_dir / FOLDER}")
        if not webhook and not dry_run:
            return
        found = messages(report, now, site)
        if dry_run or not webhook:
            for number, message in enumerate(found, 1):
                say(console, f"\n--- message {number} of {len(found)}")
                say(console, json.dumps(message, indent=2, ensure_ascii=False))
            return
        opens = report.round.voting.opens
        if now < first_instant(opens):
            raise UserError(
                f"voting opens on {opens}, and a poll is open from the moment it is posted",
                where=str(round_dir),
                hint="post it then; --dry-run shows the ballot now",
            )
        new = post(webhook, found, posted_file(round_dir), lambda line: say(console, line))
        say(console, "Everything was posted before." if not new else f"{new} messages are in the channel.")


def _write(folder: Path, report: RoundReport, site: str | None) -> None:
    reddit, snapshot = posts.reddit(report, site), json.dumps(posts.snapshot(report, site), indent=2)
    write_whole(folder / "ballot.txt", posts.text(report, site))
    write_whole(folder / "reddit.md", f"{reddit['title']}\n\n{reddit['text']}\n")
    write_whole(folder / "snapshot.json", inert_json(snapshot) + "\n")
