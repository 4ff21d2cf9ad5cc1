"""The catalogue, this machine, and parts of the harness by themselves: traces, exchanges, the sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import CONSOLE, EXIT_BAD_INPUT, PagePort, Runtime, Seed, ask_for
from harness.commands.terminal import say

app = typer.Typer()
PANEL = "The harness and its parts"
sandbox_app = typer.Typer(help="The sandbox that forks run in.", no_args_is_help=True)
app.add_typer(sandbox_app, name="sandbox", rich_help_panel=PANEL)
venue_app = typer.Typer(help="Simulated exchanges.", no_args_is_help=True)
app.add_typer(venue_app, name="venue", rich_help_panel=PANEL)
trace_app = typer.Typer(help="Stored traces: all that was seen in a scenario.", no_args_is_help=True)
app.add_typer(trace_app, name="trace", rich_help_panel=PANEL)


@app.command(rich_help_panel=PANEL)
def requirements(
    requirement: Annotated[
        str | None, typer.Argument(metavar="ID", help="The requirement to explain.")
    ] = None,
) -> None:
    """List the requirements, or explain one."""
    from harness.commands.catalogue_page import explain_in_terminal, list_in_terminal

    CONSOLE.print(explain_in_terminal(requirement) if requirement else list_in_terminal())


@app.command(rich_help_panel=PANEL)
def doctor(runtime: Runtime = None) -> None:
    """Say what this machine has, what is missing, and the command that gets it."""
    from harness.commands.doctor import examine

    ask_for(runtime)
    table, complete = examine()
    CONSOLE.print(table)
    raise typer.Exit(0 if complete else EXIT_BAD_INPUT)


TraceFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="A trace, e.g. reports/ROUND/NAME/traces/trade-12-first….")
]


@trace_app.command("list")
def trace_list(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="A round's or a candidate's folder of reports.")
    ],
) -> None:
    """List the traces of a candidate, or of a whole round."""
    from harness.commands.trace import list_traces

    list_traces(folder, CONSOLE)


@trace_app.command("show")
def trace_show(
    file: TraceFile,
    market_data: Annotated[
        bool, typer.Option("--market-data", help="Show order books and public trades too.")
    ] = False,
) -> None:
    """Print a trace's time line."""
    from harness.commands.trace import show

    show(file, CONSOLE, market_data=market_data)


@trace_app.command("har")
def trace_har(
    file: TraceFile,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file to write.")] = None,
) -> None:
    """Write the network traffic as HAR 1.2, which browsers' developer tools open."""
    from harness.commands.trace import write_har

    CONSOLE.print(f"Wrote {write_har(file, output)}", markup=False, soft_wrap=True)


@trace_app.command("diff")
def trace_diff(
    first: TraceFile,
    second: Annotated[Path, typer.Argument(metavar="OTHER", help="The trace to compare it with.")],
) -> None:
    """Show what happened in only one of two traces. The exit code is 1 if they differ."""
    from harness.commands.trace import diff

    raise typer.Exit(1 if diff(first, second, CONSOLE) else 0)


@venue_app.command("serve")
def venue_serve(
    dialect: Annotated[
        str,
        typer.Argument(
            metavar="EXCHANGE", help="Which exchange: its connector's name, or a description's path."
        ),
    ],
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port of the proxy; 0: any free one.")
    ] = 8420,
    page_port: PagePort = 8421,
    seed: Seed = 1,
) -> None:
    """Serve a simulated exchange on this machine, to point ccxt or a bot at, with a live page."""
    from harness.commands.venue import serve

    serve(dialect, host, port, page_port, seed)


@sandbox_app.command("build")
def sandbox_build(
    base: Annotated[
        str | None, typer.Option(metavar="IMAGE", help="The base image: Debian, or one derived from it.")
    ] = None,
) -> None:
    """Build the sandbox's image for the container engine; from Debian packages if no registry answers."""
    from harness.sandbox.image import build

    tag = build(lambda line: say(CONSOLE, line), base)
    say(CONSOLE, f"Built {tag}")


@app.command(hidden=True)
def generate() -> None:
    """Write every file that is generated from the code and the catalogue."""
    from harness.commands.generate import write_all

    for path in write_all():
        CONSOLE.print(f"Wrote {path}", markup=False)
