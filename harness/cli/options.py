"""The options that several commands have, and where their words go."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from harness.forks.mirrors import MIRRORS
from harness.sandbox import Choice
from harness.sandbox.choosing import RUNTIME

CONSOLE = Console()

EXIT_ELIGIBLE, EXIT_INELIGIBLE, EXIT_BAD_INPUT, EXIT_OUR_FAILURE, EXIT_UNDETERMINED = 0, 1, 2, 3, 4

# A screening mostly waits for the connector's own timers, so two fit on a core.
JOBS = 2 * (os.cpu_count() or 1)

RoundFile = Annotated[Path, typer.Argument(help="The round's file.", metavar="FILE")]
PublishedRound = Annotated[
    Path, typer.Argument(metavar="ROUND", help="A published round, e.g. reports/2020-08.")
]
RoundOrCandidate = Annotated[
    Path, typer.Argument(metavar="FOLDER", help="A published round, or one candidate's folder in it.")
]
Only = Annotated[
    list[str] | None, typer.Option("--only", metavar="NAME", help="Only this candidate (repeatable).")
]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=1, help="How many candidates at once.")]
SandboxName = Annotated[Choice, typer.Option("--sandbox", help="What forks run in.")]
Runtime = Annotated[
    str | None,
    typer.Option(
        "--runtime",
        metavar="NAME",
        envvar=RUNTIME,
        help="The container engine's runtime, e.g. runsc (gVisor).",
    ),
]
Mirror = Annotated[
    list[str] | None,
    typer.Option(
        "--mirror",
        metavar="URL=DIR",
        help=f"Read URL from the git repository DIR on this machine (repeatable; also ${MIRRORS}).",
    ),
]
Reports = Annotated[Path, typer.Option("--reports", metavar="DIR", help="Where reports are published.")]
Seed = Annotated[int, typer.Option("--seed", help="The seed that decides prices, names and schedules.")]
RoundSeed = Annotated[
    int | None,
    typer.Option(
        "--seed", help="The seed; by default derived from the frozen commits, else 1.", show_default=False
    ),
]
Speed = Annotated[
    float,
    typer.Option("--speed", min=1, max=50, help="How many times as fast as real time the connector runs."),
]
CandidateName = Annotated[
    str, typer.Argument(metavar="CANDIDATE", help="A name in the round, or a candidate's folder of reports.")
]
PagePort = Annotated[
    int, typer.Option("--page-port", min=0, max=65535, help="Port of the live page; 0: any free one.")
]
Proxy = Annotated[
    str | None, typer.Option(metavar="URL", help="An HTTPS proxy, e.g. that of `harness venue serve`.")
]
TrustedCa = Annotated[
    Path | None, typer.Option("--ca", metavar="FILE", help="A certificate to trust besides the system's.")
]
Expression = Annotated[
    str | None,
    typer.Option("-k", metavar="EXPR", help="Only checks whose names match, e.g. 'balance and not fee'."),
]
Reviews = Annotated[
    Path, typer.Option("--descriptions", help="Folder with NAME.review.yml of a derived exchange.")
]
Replay = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Replay a recording of `harness record`; it decides market data only."),
]
LiveData = Annotated[
    bool,
    typer.Option("--live", help="Read the real exchange's public market data for a minute, and replay it."),
]
OfRound = Annotated[Path, typer.Option("--round", metavar="FILE", help="The round's file.")]


def ask_for(runtime: str | None) -> None:
    """Hand it to the processes that run the checks, too."""
    if runtime:
        os.environ[RUNTIME] = runtime
