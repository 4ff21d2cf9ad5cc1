"""What developers do with their own fork."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from harness.checking.plan import PACE, LiveWay
from harness.cli.options import (
    CONSOLE,
    EXIT_ELIGIBLE,
    EXIT_INELIGIBLE,
    EXIT_UNDETERMINED,
    Expression,
    LiveData,
    Mirror,
    Proxy,
    Replay,
    Reviews,
    Runtime,
    SandboxName,
    Seed,
    Speed,
    TrustedCa,
    ask_for,
)
from harness.forks.mirrors import add_to_environment

app = typer.Typer()
PANEL = "Your own fork"
CcxtName = Annotated[
    str | None,
    typer.Option(
        metavar="NAME[@RELEASE]",
        help="ccxt's name of the exchange, by default the connector's; of an earlier release, if one had it.",
    ),
]


@app.command(rich_help_panel=PANEL)
def check(
    path: Annotated[Path, typer.Argument(metavar="FORK", help="Your fork's work tree.")] = Path(),
    connector: Annotated[str | None, typer.Option(help="The connector, if the fork adds several.")] = None,
    expression: Expression = None,
    round_file: Annotated[Path | None, typer.Option("--round", help="The round to check it for.")] = None,
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
    ccxt: CcxtName = None,
    descriptions: Reviews = Path("descriptions"),
    replay: Replay = None,
    live: LiveData = False,
    proxy: Proxy = None,
    ca: TrustedCa = None,
    sandbox: SandboxName = "auto",
    runtime: Runtime = None,
    reports: Annotated[
        Path | None, typer.Option("--reports", help="Folder to write the report into.")
    ] = None,
    seed: Seed = 1,
    speed: Speed = PACE,
    mirror: Mirror = None,
) -> None:
    """Check your own fork before you submit it: the same checks as the official round.

    Uncommitted changes count. Exit codes: 0 eligible, 1 ineligible, 4 undetermined or, with -k, no verdict.
    """
    from harness.commands.check import check_work_tree
    from harness.grading import Verdict

    ask_for(runtime)
    add_to_environment(mirror or ())
    verdict = check_work_tree(
        path,
        connector=connector,
        select=expression,
        round_file=round_file,
        upstream=upstream,
        exchange=dialect,
        derived=derive,
        ccxt=ccxt,
        descriptions=descriptions,
        replay=replay,
        live=LiveWay(proxy=proxy, ca=ca) if live else None,
        sandbox=sandbox,
        reports=reports,
        seed=seed,
        scale=speed,
        console=CONSOLE,
    )
    codes = {Verdict.ELIGIBLE: EXIT_ELIGIBLE, Verdict.INELIGIBLE: EXIT_INELIGIBLE}
    raise typer.Exit(codes.get(verdict, EXIT_UNDETERMINED) if verdict else EXIT_UNDETERMINED)


@app.command(rich_help_panel=PANEL)
def describe(
    what: Annotated[
        str, typer.Argument(metavar="FORK", help="A fork's work tree, or a candidate's name.")
    ] = ".",
    connector: Annotated[str | None, typer.Option(help="The connector, if the fork adds several.")] = None,
    round_file: Annotated[Path | None, typer.Option("--round", help="The round of the candidate.")] = None,
    upstream: Annotated[
        str | None,
        typer.Option(help="Upstream as URL@REF or pypi:hummingbot==VERSION, instead of the round's."),
    ] = None,
    ccxt: CcxtName = None,
    folder: Annotated[Path, typer.Option("--to", help="Folder of the descriptions.")] = Path("descriptions"),
    sandbox: SandboxName = "auto",
    again: Annotated[bool, typer.Option("--again", help="Derive it again even if nothing changed.")] = False,
    recording: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A recording of `harness record`: confirms or contradicts fields."),
    ] = None,
    mirror: Mirror = None,
) -> None:
    """Derive a description of a connector's exchange from its requests, its tests and ccxt.

    Questions for a person are printed at the end, with their lines for NAME.review.yml.
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
        recording=recording,
        console=CONSOLE,
    )


@app.command(rich_help_panel=PANEL)
def record(
    exchange: Annotated[
        str,
        typer.Argument(
            metavar="EXCHANGE", help="Which exchange: its connector's name, or a description's path."
        ),
    ],
    fork: Annotated[
        Path | None, typer.Option("--fork", metavar="DIR", help="Record this work tree's connector, too.")
    ] = None,
    merged: Annotated[bool, typer.Option("--merged", help="Record upstream's connector, too.")] = False,
    connector: Annotated[
        str | None, typer.Option(help="The connector, if its name is not the exchange's.")
    ] = None,
    pair: Annotated[str | None, typer.Option(help="The market, as BASE-QUOTE.")] = None,
    seconds: Annotated[float, typer.Option(min=5, max=3600, help="How long each client reads.")] = 60.0,
    keys: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File with testnet keys, one `FIELD: value` a line."),
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Talk to the real exchange; without it nothing is sent.")
    ] = False,
    to: Annotated[Path | None, typer.Option("--to", metavar="FILE", help="The file to write.")] = None,
    proxy: Proxy = None,
    ca: TrustedCa = None,
    upstream: Annotated[
        str | None,
        typer.Option(help="Upstream as URL@REF or pypi:hummingbot==VERSION, for --fork and --merged."),
    ] = None,
    sandbox: SandboxName = "auto",
    mirror: Mirror = None,
) -> None:
    """Record a real exchange's answers to ccxt and to a connector, through the harness's gateway.

    Only the hosts of the description are contacted; they are shown first. Private look-ups are signed
    outside the sandbox. The file holds no key and no signature; `harness describe --recording` reads it.
    """
    from harness.commands.record import Wanted, record_exchange
    from harness.recordings.far_end import Way

    add_to_environment(mirror or ())
    wanted = Wanted(exchange, pair, seconds, keys, fork, merged, connector, upstream, Way(proxy, ca), to)
    record_exchange(wanted, sandbox, CONSOLE, live=live)


@app.command(rich_help_panel=PANEL)
def submit(
    url: Annotated[str | None, typer.Argument(metavar="URL", help="The fork's address.")] = None,
    ref: Annotated[str | None, typer.Option(help="Branch, tag or commit; master by default.")] = None,
    issue: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The text of an issue or pull request made from templates/."),
    ] = None,
    connector: Annotated[
        list[str] | None, typer.Option(help="The connector, if the fork adds several (repeatable).")
    ] = None,
    host: Annotated[
        list[str] | None, typer.Option(help="A host that its code builds from parts (repeatable).")
    ] = None,
    ccxt: Annotated[str | None, typer.Option(help="ccxt's id of the exchange.")] = None,
    contact: Annotated[str | None, typer.Option(help="Who answers questions, and where.")] = None,
    maintenance: Annotated[str | None, typer.Option(help="Who maintains it, for how long.")] = None,
    name: Annotated[
        str | None, typer.Option(help="The candidate's name; by default the connector's.")
    ] = None,
    file: Annotated[Path, typer.Option("--round", metavar="FILE", help="The round's file.")] = Path(
        "candidates.yml"
    ),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the row and write nothing.")] = False,
    mirror: Mirror = None,
) -> None:
    """Add a fork to the round: read it, fill in its row, show the row, say what is missing.

    Reads the fork's files and history and runs no code of it. Refused after the deadline.
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
