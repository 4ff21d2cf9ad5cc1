"""What maintainers and voters do with one candidate: try it, build it, review it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import (
    CONSOLE,
    EXIT_INELIGIBLE,
    CandidateName,
    Mirror,
    OfRound,
    PagePort,
    Reports,
    Runtime,
    SandboxName,
    Seed,
    ask_for,
)
from harness.forks.mirrors import add_to_environment

app = typer.Typer()
PANEL = "One candidate"


@app.command("try", rich_help_panel=PANEL)
def try_command(
    candidate: CandidateName,
    seconds: Annotated[
        float, typer.Option("--for", min=5, max=1500, metavar="SECONDS", help="How long it trades.")
    ] = 600,
    file: OfRound = Path("candidates.yml"),
    reports: Reports = Path("reports"),
    connector: Annotated[str | None, typer.Option(help="The connector, if it has several.")] = None,
    dialect: Annotated[
        str | None,
        typer.Option(help="The simulated exchange, or a description's path; by default the candidate's."),
    ] = None,
    page_port: PagePort = 8421,
    seed: Seed = 1,
    sandbox: SandboxName = "auto",
    runtime: Runtime = None,
    mirror: Mirror = None,
) -> None:
    """Let a candidate's connector make markets on a simulated exchange, in the sandbox, and watch it live.

    Nothing reaches the real exchange. The exit code is 1 if the connector stopped early.
    """
    from harness.commands.try_ import try_candidate

    add_to_environment(mirror or ())
    ask_for(runtime)
    went_on = try_candidate(
        candidate,
        round_file=file,
        reports=reports,
        connector=connector,
        exchange=dialect,
        seconds=seconds,
        page_port=page_port,
        seed=seed,
        sandbox=sandbox,
        console=CONSOLE,
    )
    raise typer.Exit(0 if went_on else EXIT_INELIGIBLE)


@app.command(rich_help_panel=PANEL)
def image(
    candidate: CandidateName,
    file: OfRound = Path("candidates.yml"),
    reports: Reports = Path("reports"),
    out: Annotated[
        Path | None, typer.Option("--to", metavar="DIR", help="The folder to write; by default image/NAME.")
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            metavar="NAME@sha256:…", help="A Debian image with the Python that it was screened with."
        ),
    ] = None,
    with_source: Annotated[
        bool,
        typer.Option("--with-source", help="Put the fork's files beside it, e.g. if the fork is gone."),
    ] = False,
    mirror: Mirror = None,
) -> None:
    """Write a Dockerfile and a compose file for a Hummingbot with a candidate's commit.

    The image trades on the real exchange, with real money.
    """
    from harness.commands.image import write_image

    add_to_environment(mirror or ())
    write_image(
        candidate,
        round_file=file,
        reports=reports,
        out=out,
        base=base,
        with_source=with_source,
        console=CONSOLE,
    )


@app.command(rich_help_panel=PANEL)
def review(
    candidate: CandidateName,
    file: OfRound = Path("candidates.yml"),
    reports: Reports = Path("reports"),
    out: Annotated[
        Path | None, typer.Option("--to", metavar="DIR", help="The folder to write; by default review/NAME.")
    ] = None,
    mirror: Mirror = None,
) -> None:
    """Write the packet for a candidate's reviewers: a branch that merges it, open findings, a checklist.

    Reads the screening, the fork and upstream; runs no code of the fork.
    """
    from harness.commands.review import review_candidate

    add_to_environment(mirror or ())
    review_candidate(candidate, round_file=file, reports=reports, out=out, console=CONSOLE)
