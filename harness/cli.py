"""The `harness` command. Thin: each command reads its options, calls one room, and shows what came of it."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import nullcontext
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from harness import __version__
from harness.checking.plan import PACE
from harness.commands.terminal import say
from harness.errors import HarnessError, of_storage
from harness.forks.mirrors import MIRRORS, add_to_environment
from harness.sandbox import Choice
from harness.sandbox.choosing import RUNTIME
from harness.text import plain

EXIT_ELIGIBLE, EXIT_INELIGIBLE, EXIT_BAD_INPUT, EXIT_OUR_FAILURE, EXIT_UNDETERMINED = 0, 1, 2, 3, 4

app = typer.Typer(
    name="harness",
    help="Screens the forks submitted to a Hummingbot connector vote and publishes scored reports.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    epilog="Ends with 0 done (eligible), 1 ineligible, 2 something for you to put right, 3 our own failure, "
    "4 undetermined.",
)
sandbox_app = typer.Typer(help="The sandbox that forks run in.", no_args_is_help=True)
app.add_typer(sandbox_app, name="sandbox")
venue_app = typer.Typer(help="Simulated exchanges.", no_args_is_help=True)
app.add_typer(venue_app, name="venue")

trace_app = typer.Typer(help="What was seen of a connector in a scenario.", no_args_is_help=True)
app.add_typer(trace_app, name="trace")

# A screening mostly waits for the connector's own timers, so two fit on a core.
JOBS = 2 * (os.cpu_count() or 1)

RoundFile = Annotated[Path, typer.Argument(help="The round's file.", metavar="[FILE]")]
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
        help=f"Read that address from a git repository on this machine (repeatable; also ${MIRRORS}).",
    ),
]
Reports = Annotated[Path, typer.Option("--reports", metavar="DIR", help="Where reports are published.")]
Seed = Annotated[int, typer.Option("--seed", help="The seed that decides prices, names and schedules.")]
RoundSeed = Annotated[
    int | None,
    typer.Option("--seed", help="The seed; by default of the frozen commits, or 1.", show_default=False),
]
Speed = Annotated[float, typer.Option("--speed", min=1, max=50, help="How fast the connector's time runs.")]


@app.command()
def run(
    file: RoundFile = Path("candidates.yml"),
    only: Only = None,
    jobs: Jobs = JOBS,
    sandbox: SandboxName = "auto",
    runtime: Runtime = None,
    reports: Reports = Path("reports"),
    seed: RoundSeed = None,
    speed: Speed = PACE,
    again: Annotated[bool, typer.Option("--again", help="Screen again what is already finished.")] = False,
    mirror: Mirror = None,
) -> None:
    """Screen every candidate of a round and publish its reports.

    What an earlier run finished for the same commits is kept, so a run that was killed goes on where it
    stopped. Ends with 0 when the round was completed, whatever the verdicts.
    """
    from harness.commands.run import run_round

    _ask_for(runtime)
    add_to_environment(mirror or ())
    page = run_round(
        file,
        reports,
        only=tuple(only or ()),
        jobs=jobs,
        sandbox=sandbox,
        seed=seed,
        scale=speed,
        again=again,
        console=CONSOLE,
    )
    CONSOLE.print(f"Report: {page}", markup=False, soft_wrap=True)


@app.command()
def check(
    path: Annotated[Path, typer.Argument(help="Your fork's work tree.")] = Path(),
    connector: Annotated[str | None, typer.Option(help="The connector, where the fork adds several.")] = None,
    expression: Annotated[
        str | None, typer.Option("-k", metavar="EXPR", help="Only checks that match.")
    ] = None,
    round_file: Annotated[Path | None, typer.Option("--round", help="The round to be checked for.")] = None,
    upstream: Annotated[
        str | None,
        typer.Option(help="Upstream as URL@REF or pypi:hummingbot==VERSION, instead of the round's."),
    ] = None,
    dialect: Annotated[
        str | None, typer.Option(help="The simulated exchange; by default the connector's.")
    ] = None,
    derive: Annotated[
        bool, typer.Option("--derive", help="Derive the exchange from the connector, its tests and ccxt.")
    ] = False,
    descriptions: Annotated[
        Path, typer.Option("--descriptions", help="Where NAME.review.yml of a derived exchange lies.")
    ] = Path("descriptions"),
    sandbox: SandboxName = "auto",
    runtime: Runtime = None,
    reports: Annotated[Path | None, typer.Option("--reports", help="Write the report here too.")] = None,
    seed: Seed = 1,
    speed: Speed = PACE,
    mirror: Mirror = None,
) -> None:
    """Check your own fork before you submit it: the same checks as the official round.

    Uncommitted changes count. Ends with 0 eligible, 1 ineligible, 4 undetermined or, with -k, no verdict.
    """
    from harness.commands.check import check_work_tree
    from harness.grading import Verdict

    _ask_for(runtime)
    add_to_environment(mirror or ())
    verdict = check_work_tree(
        path,
        connector=connector,
        select=expression,
        round_file=round_file,
        upstream=upstream,
        exchange=dialect,
        derived=derive,
        descriptions=descriptions,
        sandbox=sandbox,
        reports=reports,
        seed=seed,
        scale=speed,
        console=CONSOLE,
    )
    codes = {Verdict.ELIGIBLE: EXIT_ELIGIBLE, Verdict.INELIGIBLE: EXIT_INELIGIBLE}
    raise typer.Exit(codes.get(verdict, EXIT_UNDETERMINED) if verdict else EXIT_UNDETERMINED)


@app.command()
def describe(
    what: Annotated[str, typer.Argument(help="A fork's work tree, or a candidate's name.")] = ".",
    connector: Annotated[str | None, typer.Option(help="The connector, where the fork adds several.")] = None,
    round_file: Annotated[Path | None, typer.Option("--round", help="The round of the candidate.")] = None,
    upstream: Annotated[
        str | None,
        typer.Option(help="Upstream as URL@REF or pypi:hummingbot==VERSION, instead of the round's."),
    ] = None,
    ccxt: Annotated[
        str | None, typer.Option(help="ccxt's name of the exchange; by default the connector's.")
    ] = None,
    folder: Annotated[Path, typer.Option("--to", help="Where descriptions are kept.")] = Path("descriptions"),
    sandbox: SandboxName = "auto",
    again: Annotated[bool, typer.Option("--again", help="Derive it again even if nothing changed.")] = False,
    mirror: Mirror = None,
) -> None:
    """Derive a description of a connector's exchange from its requests, its tests and ccxt.

    What a person has to answer is asked at the end, with the line to write into NAME.review.yml beside it.
    """
    from harness.commands.describe import describe as derive

    add_to_environment(mirror or ())
    derive(
        what,
        connector=connector,
        round_file=round_file,
        upstream=upstream,
        ccxt=ccxt,
        folder=folder,
        sandbox=sandbox,
        again=again,
        console=CONSOLE,
    )


@app.command()
def submit(
    url: Annotated[str | None, typer.Argument(metavar="[URL]", help="The fork's address.")] = None,
    ref: Annotated[
        str | None, typer.Option(help="Branch, tag or commit; master where nothing is said.")
    ] = None,
    issue: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The text of an issue or pull request made from templates/."),
    ] = None,
    connector: Annotated[
        list[str] | None, typer.Option(help="The connector, where the fork adds several (repeatable).")
    ] = None,
    host: Annotated[
        list[str] | None, typer.Option(help="A host that its code does not name in full (repeatable).")
    ] = None,
    ccxt: Annotated[str | None, typer.Option(help="ccxt's id of the exchange.")] = None,
    contact: Annotated[str | None, typer.Option(help="Who answers questions, and where.")] = None,
    maintenance: Annotated[str | None, typer.Option(help="Who keeps it working, for how long.")] = None,
    name: Annotated[
        str | None, typer.Option(help="The candidate's name; by default the connector's.")
    ] = None,
    file: Annotated[Path, typer.Option("--round", metavar="FILE", help="The round's file.")] = Path(
        "candidates.yml"
    ),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the row and write nothing.")] = False,
    mirror: Mirror = None,
) -> None:
    """Add a fork to the round: look at it, fill in its row, show it, say what is missing.

    Reads the fork's files and history; nothing of it runs. Refused after the deadline.
    """
    from harness.commands.submit import form_of
    from harness.commands.submit import submit as submit_fork

    add_to_environment(mirror or ())
    form = form_of(
        url,
        issue,
        ref=ref,
        connectors=tuple(connector or ()),
        hosts=tuple(host or ()),
        ccxt=ccxt,
        contact=contact,
        maintenance=maintenance,
    )
    submit_fork(
        file,
        form,
        name=name,
        from_others=issue is not None,
        dry_run=dry_run,
        now=datetime.now(UTC),
        console=CONSOLE,
    )


@app.command()
def report(
    round_dir: Annotated[Path, typer.Argument(help="A published round, e.g. reports/2020-08.")],
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


@app.command()
def judge(
    folder: Annotated[Path, typer.Argument(help="A published round, or one candidate's folder in it.")],
    select: Annotated[
        str | None, typer.Option("-k", metavar="TEXT", help="Only checks and requirements named so.")
    ] = None,
) -> None:
    """Judge kept traces again with today's checks, and say what changed. Starts no sandbox.

    `harness report` then publishes it.
    """
    from harness.commands.judge import judge_folder

    judge_folder(folder, select, CONSOLE)


@app.command("diff")
def diff_command(
    before: Annotated[Path, typer.Argument(help="A published round, or one candidate's folder in it.")],
    after: Annotated[Path, typer.Argument(help="Another of the same kind.")],
) -> None:
    """Say what newly failed, is newly met or undecided from one report to another, and what differs.

    Ends with 1 where something newly failed.
    """
    from harness.commands.diff import diff as compare

    raise typer.Exit(EXIT_INELIGIBLE if compare(before, after, CONSOLE) else 0)


TraceFile = Annotated[Path, typer.Argument(help="A trace, e.g. reports/ROUND/NAME/traces/trade-12-first….")]


@trace_app.command("list")
def trace_list(
    folder: Annotated[Path, typer.Argument(help="A round's or a candidate's folder of reports.")],
) -> None:
    """List the traces of a candidate, or of a whole round."""
    from harness.commands.trace import list_traces

    list_traces(folder, CONSOLE)


@trace_app.command("show")
def trace_show(
    file: TraceFile,
    market_data: Annotated[bool, typer.Option("--market-data", help="Order books and trades too.")] = False,
) -> None:
    """Print a trace's time line."""
    from harness.commands.trace import show

    show(file, CONSOLE, market_data=market_data)


@trace_app.command("har")
def trace_har(
    file: TraceFile,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file to write.")] = None,
) -> None:
    """Write what went over the wire as HAR 1.2, which browsers' developer tools open."""
    from harness.commands.trace import write_har

    CONSOLE.print(f"Wrote {write_har(file, output)}", markup=False, soft_wrap=True)


@trace_app.command("diff")
def trace_diff(
    first: TraceFile, second: Annotated[Path, typer.Argument(help="Another of the same scenario.")]
) -> None:
    """Show what happened in one trace and not in another. Ends with 1 where they differ."""
    from harness.commands.trace import diff

    raise typer.Exit(1 if diff(first, second, CONSOLE) else 0)


@app.command()
def requirements(
    requirement: Annotated[str | None, typer.Argument(metavar="[ID]", help="Explain this one.")] = None,
) -> None:
    """List what is demanded of a connector, or explain one requirement."""
    from harness.commands.catalogue_page import explain_in_terminal, list_in_terminal

    CONSOLE.print(explain_in_terminal(requirement) if requirement else list_in_terminal())


@app.command()
def doctor(runtime: Runtime = None) -> None:
    """Say what this machine has, what is missing, and the command that gets it."""
    from harness.commands.doctor import examine

    _ask_for(runtime)
    table, complete = examine()
    CONSOLE.print(table)
    raise typer.Exit(0 if complete else EXIT_BAD_INPUT)


@app.command()
def freeze(file: RoundFile = Path("candidates.yml"), mirror: Mirror = None) -> None:
    """Write the commits that the round's refs point at now into a lock file beside it.

    Later runs screen those commits: a commit's own date can be set back, what was seen at a time cannot.
    """
    from harness.commands.run import freeze_round

    add_to_environment(mirror or ())
    CONSOLE.print(f"Wrote {freeze_round(file, CONSOLE, datetime.now(UTC))}", markup=False, soft_wrap=True)


@app.command()
def status(file: RoundFile = Path("candidates.yml"), reports: Reports = Path("reports")) -> None:
    """Say where the round stands, what is next, and the command for it."""
    from harness.commands.status import status_lines

    for line in status_lines(file, reports, datetime.now(UTC)):
        say(CONSOLE, line)


@app.command()
def ballot(
    round_dir: Annotated[Path, typer.Argument(help="A published round, e.g. reports/2020-08.")],
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
        str | None, typer.Option(metavar="URL", help="The https address that the round's folder has.")
    ] = None,
) -> None:
    """Write the ballot for Discord, Snapshot, Reddit and as plain text, and post it to Discord on demand."""
    from harness.commands.ballot import ballot_round

    ballot_round(
        round_dir, webhook=webhook, dry_run=dry_run, site=site, now=datetime.now(UTC), console=CONSOLE
    )


@app.command()
def publish(
    site: Annotated[Path, typer.Option("--site", metavar="DIR", help="Where the site is written.")],
    base_url: Annotated[
        str, typer.Option("--base-url", metavar="URL", help="The https address that DIR will have.")
    ],
    reports: Reports = Path("reports"),
) -> None:
    """Write a static site of every published round, e.g. for GitHub Pages: pages, feeds, badges, JSON.

    The same reports give the same bytes. Other files in DIR are left alone.
    """
    from harness.commands.publish import publish as publish_site

    page = publish_site(reports, site, base_url, CONSOLE)
    CONSOLE.print(f"Site: {page}", markup=False, soft_wrap=True)


@app.command()
def tally(
    round_dir: Annotated[Path, typer.Argument(help="A published round, e.g. reports/2020-08.")],
    source: Annotated[
        Path,
        typer.Option("--from", metavar="FILE", help="Discord or Snapshot JSON, CSV, or `name: votes` YAML."),
    ],
) -> None:
    """Count the votes of a round that is over, write `result.json`, and show it on the round's page."""
    from harness.commands.tally import tally_round

    page = tally_round(round_dir, source, datetime.now(UTC), CONSOLE)
    CONSOLE.print(f"Report: {page}", markup=False, soft_wrap=True)


@app.command("next")
def next_command(
    round_dir: Annotated[Path, typer.Argument(help="A round whose votes are counted, e.g. reports/2020-08.")],
    id_: Annotated[str, typer.Option("--id", help="The next round's id, e.g. 2020-09.")],
    release: Annotated[str, typer.Option(help="The release it feeds, e.g. v0.32.0.")],
    title: Annotated[
        str | None, typer.Option(help="Its title; by default this one's with the month moved.")
    ] = None,
    days: Annotated[int, typer.Option(help="How many days later it is.")] = 28,
    winner: Annotated[str | None, typer.Option(help="Who of those that tie has won.")] = None,
    out: Annotated[Path, typer.Option(help="The file to write.")] = Path("candidates.next.yml"),
) -> None:
    """Write the next round's file: the winner leaves, the others carry over with what is known of them."""
    from harness.commands.next_round import write_next

    path = write_next(round_dir, out, id_=id_, release=release, title=title, days=days, winner=winner)
    CONSOLE.print(f"Wrote {path}", markup=False, soft_wrap=True)


CandidateName = Annotated[
    str, typer.Argument(metavar="CANDIDATE", help="A name in the round, or its folder of reports.")
]
OfRound = Annotated[Path, typer.Option("--round", metavar="FILE", help="The round's file.")]


@app.command("try")
def try_command(
    candidate: CandidateName,
    seconds: Annotated[
        float, typer.Option("--for", min=5, max=1500, metavar="SECONDS", help="How long it trades.")
    ] = 600,
    file: OfRound = Path("candidates.yml"),
    reports: Reports = Path("reports"),
    connector: Annotated[str | None, typer.Option(help="The connector, where it has several.")] = None,
    dialect: Annotated[
        str | None,
        typer.Option(help="The simulated exchange, or a description's path; by default the candidate's."),
    ] = None,
    page_port: Annotated[
        int, typer.Option("--page-port", min=0, max=65535, help="Of the live page; 0: any free one.")
    ] = 8421,
    seed: Seed = 1,
    sandbox: SandboxName = "auto",
    runtime: Runtime = None,
    mirror: Mirror = None,
) -> None:
    """Let a candidate's connector make markets on a simulated exchange, in the sandbox, and watch it live.

    Nothing reaches the real exchange. Ends with 1 where the connector did not go on to the end.
    """
    from harness.commands.try_ import try_candidate

    add_to_environment(mirror or ())
    _ask_for(runtime)
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


@app.command()
def image(
    candidate: CandidateName,
    file: OfRound = Path("candidates.yml"),
    reports: Reports = Path("reports"),
    out: Annotated[
        Path | None, typer.Option("--to", metavar="DIR", help="Where it goes; by default image/NAME.")
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            metavar="NAME@sha256:…", help="A Debian image with the Python that it was screened with."
        ),
    ] = None,
    with_source: Annotated[
        bool,
        typer.Option("--with-source", help="Put the fork's files beside it, say because the fork is gone."),
    ] = False,
    mirror: Mirror = None,
) -> None:
    """Write a Dockerfile and a compose file for a whole Hummingbot with a candidate's commit.

    What is built from them trades on the real exchange, with real money.
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


@app.command()
def review(
    candidate: CandidateName,
    file: OfRound = Path("candidates.yml"),
    reports: Reports = Path("reports"),
    out: Annotated[
        Path | None, typer.Option("--to", metavar="DIR", help="Where it goes; by default review/NAME.")
    ] = None,
    mirror: Mirror = None,
) -> None:
    """Write the packet for whoever reviews a candidate: a branch that merges it, open findings, a checklist.

    Reads what was screened, the fork and upstream; runs nothing of the fork.
    """
    from harness.commands.review import review_candidate

    add_to_environment(mirror or ())
    review_candidate(candidate, round_file=file, reports=reports, out=out, console=CONSOLE)


@venue_app.command("serve")
def venue_serve(
    dialect: Annotated[
        str, typer.Argument(help="Which exchange: its connector's name, or a description's path.")
    ],
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Of the proxy.")] = 8420,
    page_port: Annotated[int, typer.Option("--page-port", min=1, max=65535, help="Of the live page.")] = 8421,
    seed: Seed = 1,
) -> None:
    """Serve a simulated exchange on this machine, to point ccxt or a bot at, with a live page."""
    from harness.commands.venue import serve

    serve(dialect, host, port, page_port, seed)


@sandbox_app.command("build")
def sandbox_build(
    base: Annotated[
        str | None, typer.Option(metavar="IMAGE", help="Build on this one; a Debian or what derives from it.")
    ] = None,
) -> None:
    """Build the sandbox's image for the container engine, from Debian packages where no registry answers."""
    from harness.sandbox.image import build

    tag = build(lambda line: say(CONSOLE, line), base)
    say(CONSOLE, f"Built {tag}")


@app.command(hidden=True)
def generate() -> None:
    """Write every file that is generated from the code and the catalogue."""
    from harness.commands.generate import write_all

    for path in write_all():
        CONSOLE.print(f"Wrote {path}", markup=False)


def _ask_for(runtime: str | None) -> None:
    """Hand it to the processes that run the checks, too."""
    if runtime:
        os.environ[RUNTIME] = runtime


def _version(wanted: bool) -> None:
    if wanted:
        CONSOLE.print(f"harness {__version__}", markup=False)
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    """Screens the forks submitted to a Hummingbot connector vote and publishes scored reports."""


CONSOLE = Console()
ERRORS = Console(stderr=True)


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
