"""What maintainers do with a round, from the freeze to the next one."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from harness.checking.plan import PACE
from harness.cli.options import (
    CONSOLE,
    EXIT_INELIGIBLE,
    JOBS,
    Jobs,
    Mirror,
    Only,
    PublishedRound,
    Reports,
    RoundFile,
    RoundOrCandidate,
    RoundSeed,
    Runtime,
    SandboxName,
    Speed,
    ask_for,
)
from harness.commands.terminal import say
from harness.forks.mirrors import add_to_environment

app = typer.Typer()
PANEL = "A round"


@app.command(rich_help_panel=PANEL)
def run(
    file: RoundFile = Path("candidates.yml"),
    only: Only = None,
    jobs: Jobs = JOBS,
    sandbox: SandboxName = "auto",
    runtime: Runtime = None,
    reports: Reports = Path("reports"),
    seed: RoundSeed = None,
    speed: Speed = PACE,
    again: Annotated[bool, typer.Option("--again", help="Screen finished candidates again.")] = False,
    live: Annotated[
        bool,
        typer.Option("--live", help="Connect to the real exchanges of rows with `mode: live`."),
    ] = False,
    mirror: Mirror = None,
) -> None:
    """Screen every candidate of a round and publish its reports.

    Results of an earlier run for the same commits are kept, so a killed run continues where it stopped.
    The exit code is 0 when the round was completed, whatever the verdicts.
    """
    from harness.commands.run import run_round

    ask_for(runtime)
    add_to_environment(mirror or ())
    try:
        page = run_round(
            file,
            reports,
            only=tuple(only or ()),
            jobs=jobs,
            sandbox=sandbox,
            seed=seed,
            scale=speed,
            again=again,
            live=live,
            console=CONSOLE,
        )
    except KeyboardInterrupt:
        CONSOLE.print("Stopped. The same command goes on from there: what was finished is kept.")
        raise
    CONSOLE.print(f"Report: {page}", markup=False, soft_wrap=True)


@app.command(rich_help_panel=PANEL)
def freeze(file: RoundFile = Path("candidates.yml"), mirror: Mirror = None) -> None:
    """Write the commits that the round's refs point at now into a lock file beside it.

    Later runs screen those commits: a commit can be backdated, the lock file cannot.
    """
    from harness.commands.run import freeze_round

    add_to_environment(mirror or ())
    CONSOLE.print(f"Wrote {freeze_round(file, CONSOLE, datetime.now(UTC))}", markup=False, soft_wrap=True)


@app.command(rich_help_panel=PANEL)
def status(file: RoundFile = Path("candidates.yml"), reports: Reports = Path("reports")) -> None:
    """Say where the round stands, what is next, and the command for it."""
    from harness.commands.status import status_lines

    for line in status_lines(file, reports, datetime.now(UTC)):
        say(CONSOLE, line)


@app.command(rich_help_panel=PANEL)
def report(
    round_dir: PublishedRound,
) -> None:
    """Grade and publish a round again from its stored outcomes. Starts no sandbox."""
    from harness.commands.run import tell_verdicts
    from harness.reporting.publish import publish_round
    from harness.screenings.store import ROUND
    from harness.screenings.writing import writing

    with writing(round_dir) if (round_dir / ROUND).is_file() else nullcontext():
        page = publish_round(round_dir)
        tell_verdicts(round_dir, CONSOLE)
    CONSOLE.print(f"Report: {page}", markup=False, soft_wrap=True)


@app.command(rich_help_panel=PANEL)
def judge(
    folder: RoundOrCandidate,
    select: Annotated[
        str | None,
        typer.Option("-k", metavar="TEXT", help="Only checks and requirements whose names contain this."),
    ] = None,
) -> None:
    """Judge stored traces again with today's checks, and say what changed. Starts no sandbox.

    `harness report` then publishes it.
    """
    from harness.commands.judge import judge_folder

    judge_folder(folder, select, CONSOLE)


@app.command("diff", rich_help_panel=PANEL)
def diff_command(
    before: Annotated[
        Path, typer.Argument(metavar="OLD", help="A published round, or one candidate's folder in it.")
    ],
    after: Annotated[Path, typer.Argument(metavar="NEW", help="The report to compare it with.")],
) -> None:
    """Say what newly failed, passed or became undecided from one report to another, and what differs.

    The exit code is 1 if something newly failed.
    """
    from harness.commands.diff import diff as compare

    raise typer.Exit(EXIT_INELIGIBLE if compare(before, after, CONSOLE) else 0)


@app.command(rich_help_panel=PANEL)
def ballot(
    round_dir: PublishedRound,
    webhook: Annotated[
        str | None,
        typer.Option(
            "--discord-webhook",
            metavar="URL",
            envvar="HARNESS_DISCORD_WEBHOOK",
            help="Post it there, each message once.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be posted.")] = False,
    site: Annotated[
        str | None, typer.Option(metavar="URL", help="The https address of the round's folder.")
    ] = None,
) -> None:
    """Write the ballot for Discord, Snapshot and Reddit and as plain text; on request, post it to Discord."""
    from harness.commands.ballot import ballot_round

    ballot_round(
        round_dir, webhook=webhook, dry_run=dry_run, site=site, now=datetime.now(UTC), console=CONSOLE
    )


@app.command(rich_help_panel=PANEL)
def publish(
    site: Annotated[Path, typer.Option("--site", metavar="DIR", help="Where the site is written.")],
    base_url: Annotated[
        str, typer.Option("--base-url", metavar="URL", help="The https address at which DIR will be served.")
    ],
    reports: Reports = Path("reports"),
) -> None:
    """Write a static site of every published round, e.g. for GitHub Pages: pages, feeds, badges, JSON.

    The same reports give the same bytes. Other files in DIR are left alone.
    """
    from harness.commands.publish import publish as publish_site

    page = publish_site(reports, site, base_url, CONSOLE)
    CONSOLE.print(f"Site: {page}", markup=False, soft_wrap=True)


@app.command(rich_help_panel=PANEL)
def tally(
    round_dir: PublishedRound,
    source: Annotated[
        Path,
        typer.Option("--from", metavar="FILE", help="Discord or Snapshot JSON, CSV, or `name: votes` YAML."),
    ],
) -> None:
    """Count the votes of a round that is over, write `result.json`, and show it on the round's page."""
    from harness.commands.tally import tally_round

    page = tally_round(round_dir, source, datetime.now(UTC), CONSOLE)
    CONSOLE.print(f"Report: {page}", markup=False, soft_wrap=True)


@app.command("next", rich_help_panel=PANEL)
def next_command(
    round_dir: Annotated[
        Path, typer.Argument(metavar="ROUND", help="A round whose votes are counted, e.g. reports/2020-08.")
    ],
    id_: Annotated[str, typer.Option("--id", help="The next round's id, e.g. 2020-09.")],
    release: Annotated[str, typer.Option(help="The release it feeds, e.g. v0.32.0.")],
    title: Annotated[
        str | None, typer.Option(help="Its title; by default this one's with the next month.")
    ] = None,
    days: Annotated[int, typer.Option(help="Days from this round to the next.")] = 28,
    winner: Annotated[str | None, typer.Option(help="The winner, if candidates tie.")] = None,
    out: Annotated[Path, typer.Option(help="The file to write.")] = Path("candidates.next.yml"),
) -> None:
    """Write the next round's file: the winner leaves, the others carry over with their results."""
    from harness.commands.next_round import write_next

    path = write_next(round_dir, out, id_=id_, release=release, title=title, days=days, winner=winner)
    CONSOLE.print(f"Wrote {path}", markup=False, soft_wrap=True)
