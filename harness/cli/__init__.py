"""The `harness` command. Thin: each command reads its options, calls one package and shows the result."""

from __future__ import annotations

import sys
import traceback
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from harness import __version__
from harness.cli import candidates, forks, rounds, tools
from harness.cli.options import CONSOLE, EXIT_OUR_FAILURE
from harness.commands.terminal import say
from harness.errors import HarnessError, of_storage
from harness.text import plain

ERRORS = Console(stderr=True)

app = typer.Typer(
    name="harness",
    help="Screen the forks submitted to a Hummingbot connector vote and publish scored reports.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    epilog="Exit codes: 0 done (eligible), 1 ineligible, 2 an error that you can correct, 3 our own failure, "
    "4 undetermined.",
)
for part in (rounds, forks, candidates, tools):
    app.add_typer(part.app)


def _version(wanted: bool) -> None:
    if wanted:
        CONSOLE.print(f"harness {__version__}", markup=False)
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    """Screen the forks submitted to a Hummingbot connector vote and publish scored reports."""


def main() -> None:
    """Run a command; a person's mistake ends in a sentence and 2, ours in a log to send us and 3."""
    try:
        app()
    except HarnessError as error:
        say(ERRORS, f"harness: {error}")
        sys.exit(error.exit_code)
    except Exception as error:
        told = of_storage(error) if isinstance(error, OSError) else None
        if told is not None:
            say(ERRORS, f"harness: {told}")
            sys.exit(told.exit_code)
        say(
            ERRORS,
            f"harness: our own failure: {type(error).__name__}: {error}\n"
            f"→ please report it with {_bug_report(error)}",
        )
        sys.exit(EXIT_OUR_FAILURE)


def _bug_report(error: Exception) -> Path | str:
    """A file that says all we need to know of a failure of ours, else it is printed."""
    from harness.paths import cache_dir

    name = f"failure-{date.today():%Y-%m-%d}.log"  # noqa: DTZ011 - for the person's own eyes
    details = plain("".join(traceback.format_exception(error)), lines=True)
    text = f"harness {__version__}\nPython {sys.version}\n$ {' '.join(sys.argv)}\n\n{details}"
    try:
        path = cache_dir() / name
        path.write_text(text, encoding="utf-8")
    except (OSError, HarnessError):
        say(ERRORS, text)
        return "what stands above"
    return path
